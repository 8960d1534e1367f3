"""The whole way of a person at the station, in both languages, with lips and voice that belong together and that do not."""

from tests.desktop.kiosk.browser.conftest import HURRY
from tests.desktop.kiosk.browser.running import MAX_ATTEMPTS


def test_lips_and_voice_that_belong_together_pass(person, kiosk, on_film):
    someone = person(film=on_film())
    session = someone.begin()
    assert someone.digits() == "".join(session["challenge"]["digits"])
    assert sorted(someone.running_devices()) == ["audio", "video"]
    someone.read_until_whole()

    assert someone.judged() == "allow", someone.figures()
    assert someone.heading() == "Verificación correcta"
    assert "No se comprobó que se leyera la frase" in someone.words()
    assert kiosk.state(session["id"]) == "allowed"
    assert someone.running_devices() == []
    assert someone.barriers() == []
    someone.press("leave")
    someone.at("welcome")


def test_a_voice_that_is_early_does_not_pass(person, kiosk, on_film):
    someone = person(film=on_film(offset_frames=8), language="en", station=HURRY)
    session = someone.begin()
    someone.read_until_whole()

    assert someone.judged() == "next", someone.figures()
    assert someone.figures()[-1]["reason"] == "delayed", someone.figures()
    assert "do not run together" in someone.words()
    assert kiosk.state(session["id"]) == "open"


def test_words_of_somebody_else_are_blocked_at_once_and_a_recording_ends_by_itself(person, kiosk):
    someone = person(dubbed=True, station={"longest_recording_seconds": 6})
    session = someone.begin()
    someone.see("good")
    someone.press("begin")
    while someone.judged() == "next":  # a busy machine may play too little of it to judge
        someone.press("again")
        someone.see("good")
        someone.press("begin")

    assert someone.judged() == "block", someone.figures()
    assert someone.heading() == "Verificación no superada"
    assert kiosk.state(session["id"]) == "blocked"
    assert someone.barriers() == []


def test_who_is_not_seen_is_asked_before_an_attempt_is_wasted_and_blocked_after_the_last(person, kiosk):
    someone = person(no_face=True, language="en", station=HURRY)
    session = someone.begin()
    phrases = set()
    for kind, left in (("next", "You have 2 attempts left"), ("next", "You have 1 attempt left"), ("block", "no attempts left")):
        phrases.add(someone.digits())
        someone.see("adjust")
        assert "We do not see your face." in someone.words()
        someone.press("begin")
        assert "Press again to start anyway." in someone.words()
        someone.press("begin")
        someone.phase("recording")
        someone.press("done")
        assert someone.judged() == kind, someone.figures()
        assert left in someone.words()
        if kind == "next":
            someone.press("again")
            someone.at("capture")

    assert len(phrases) == MAX_ATTEMPTS
    assert someone.heading() == "Verification not passed"
    assert kiosk.state(session["id"]) == "blocked"


def test_another_language_is_a_new_session_in_that_language(person, kiosk):
    someone = person()
    session = someone.begin()
    with someone.page.expect_response(f"{kiosk.base}/api/sessions") as answer:
        someone.speak("en")
    someone.at("capture")

    assert someone.heading() == "You will read this"
    assert someone.page.evaluate("document.documentElement.lang") == "en"
    assert answer.value.json()["language"] == "en"
    assert kiosk.ended(session["id"]) == "cancelled"


def test_who_cancels_leaves_no_session_and_no_camera_behind(person, kiosk):
    someone = person()
    session = someone.begin()
    someone.see("good")
    someone.press("begin")
    someone.phase("recording")
    someone.page.click("#cancel")
    someone.at("welcome")

    assert kiosk.ended(session["id"]) == "cancelled"
    assert "video" not in someone.running_devices()


def test_who_walks_away_is_asked_and_then_forgotten(person, kiosk):
    someone = person(language="en")
    someone.page.clock.install()
    session = someone.begin()
    asks = someone.page.get_by_role("dialog", name="Are you still there?")
    someone.page.clock.fast_forward(61_000)
    asks.get_by_role("button", name="Yes, go on").click()
    asks.wait_for(state="hidden")
    someone.page.clock.fast_forward(61_000)
    asks.wait_for()
    someone.page.clock.fast_forward(20_000)
    someone.at("welcome")

    assert kiosk.ended(session["id"]) == "cancelled"
    someone.page.clock.fast_forward(31_000)
    someone.page.locator("html[lang=es]").wait_for()


def test_an_expired_phrase_is_replaced_before_it_is_read(person, kiosk):
    someone = person(language="en")

    def soon(route):
        answer = route.fetch()
        session = answer.json()
        session["challenge"]["expires_in_seconds"] = 0
        route.fulfill(response=answer, json=session)

    def renewed(route):
        answer = route.fetch()
        session = answer.json()
        session["challenge"] = {"id": "renewed", "digits": list("31415926"), "expires_in_seconds": 90}
        route.fulfill(response=answer, json=session)

    someone.page.route(f"{kiosk.base}/api/sessions", soon)
    someone.page.route(
        f"{kiosk.base}/api/sessions/*", lambda route: renewed(route) if route.request.method == "GET" else route.fallback()
    )
    someone.begin()
    someone.page.get_by_text("The phrase has expired. The new one is: three, one, four").wait_for(state="attached")

    assert someone.digits() == "31415926"


def test_who_presses_while_they_are_out_of_sight_for_a_moment_starts_when_they_are_back(person):
    someone = person(station=HURRY)
    seen = {"hints": [], "face": None}
    someone.page.route("**/api/preview", lambda route: route.fulfill(json=seen))
    someone.begin()
    someone.see("good")
    seen["hints"] = ["no_face"]
    someone.see("adjust")
    seen["hints"] = []
    someone.press("begin")

    someone.phase("recording")


def test_who_is_in_sight_is_seen_although_the_picture_is_scrolled_out_of_the_screen(person):
    someone = person()
    someone.page.set_viewport_size({"width": 320, "height": 256})
    someone.begin()
    assert someone.page.evaluate("document.getElementById('stage').getBoundingClientRect().top >= innerHeight")

    someone.see("good")
