"""What a person agrees to before anything is recorded, and what they are called by afterwards."""

import pytest


@pytest.mark.parametrize(
    ("station", "language", "said"),
    [
        ({"keeps_videos": False, "retention_days": 30}, "en", "The result, without picture and sound, is kept for 30 days."),
        ({"keeps_videos": True, "retention_days": 1}, "en", "The recording and the result are kept for 1 day and then deleted."),
        ({"keeps_videos": True, "retention_days": 90}, "es", "La grabación y el resultado se guardan 90 días"),
    ],
)
def test_it_is_told_what_is_recorded_and_for_how_long_it_is_kept(person, station, language, said):
    someone = person(language=language, station=station)
    assert {"en": "Voice and lips check", "es": "Comprobación de voz y labios"}[language] == someone.heading()
    someone.press("start")
    someone.at("consent")
    assert said in someone.words()


def test_nothing_is_switched_on_and_no_session_begins_without_consent(person, kiosk):
    someone = person(language="en")
    asked = []
    someone.page.on("request", lambda request: asked.append(request.url) if request.url.endswith("/api/sessions") else None)
    someone.press("start")
    someone.at("consent")
    assert someone.running_devices() == []
    someone.press("leave")
    someone.at("welcome")
    someone.press("start")
    someone.at("consent")
    someone.page.keyboard.press("Escape")
    someone.at("welcome")
    assert asked == []
    assert "video" not in someone.running_devices()


def test_the_reference_is_on_the_screen_during_a_visit_and_no_longer(person, kiosk):
    someone = person(language="en")
    shown = someone.page.locator("#reference")
    assert not shown.is_visible()
    session = someone.begin()
    assert shown.inner_text() == f"Reference: {session['reference']}"
    someone.page.click("#cancel")
    someone.at("welcome")
    assert not shown.is_visible()


@pytest.mark.parametrize("size", [(640, 400), (1280, 800), (400, 640)])
def test_nothing_covers_the_face_or_the_button_where_the_page_is_twice_as_large(person, size):
    someone = person(language="en")
    someone.page.set_viewport_size({"width": size[0], "height": size[1]})
    someone.begin()
    someone.see("good")
    for place in ("#capture-button", "#stage"):
        someone.page.locator(place).scroll_into_view_if_needed()
        above = """(place) => {
          const box = document.querySelector(place).getBoundingClientRect();
          const seen = document.elementFromPoint(box.left + box.width / 2, box.top + box.height * 0.45);
          return seen?.closest(place) ? (seen.closest('#hint, #live, #countdown')?.id ?? "") : (seen?.outerHTML ?? "nothing");
        }"""
        assert someone.page.evaluate(above, place) == "", place
