"""The station for everybody: keyboard, screen reader, colours, small and tall screens."""

import json
import re
from pathlib import Path

import pytest

from tests.desktop.kiosk.browser.conftest import HURRY

STATIC = Path(__file__).parents[4] / "desktop/kiosk/static"


@pytest.mark.parametrize("language", ["es", "en"])
def test_no_screen_of_a_visit_has_barriers(person, language):
    someone = person(offset_frames=-8, language=language, station={"countdown_seconds": 2, "longest_recording_seconds": 60})
    found = {"welcome": someone.barriers()}
    someone.press("start")
    someone.at("consent")
    found["consent"] = someone.barriers()
    someone.press("leave")
    someone.at("welcome")
    someone.page.route("**/attempts?*", lambda route: (found.update(sending=someone.barriers()), route.fallback()))
    someone.begin()
    someone.see("good")
    found["ready"] = someone.barriers()
    someone.press("begin")
    someone.phase("countdown")
    found["countdown"] = someone.barriers()
    someone.phase("recording")
    found["recording"] = someone.barriers()
    someone.press("done")
    found["verdict"] = someone.judged() and someone.barriers()

    assert len(found) == 7
    assert {screen: barriers for screen, barriers in found.items() if barriers} == {}


def test_the_keyboard_is_enough(person):
    someone = person(language="en", station=HURRY)
    keys = someone.page.keyboard
    someone.page.reload()
    someone.at("welcome")
    assert someone.focused() == "Comprobación de voz y labios"
    for _ in range(2):
        keys.press("Shift+Tab")
    assert someone.focused() == "Español"
    keys.press("Tab")
    keys.press("Space")
    keys.press("Tab")
    assert someone.focused() == "Start"
    keys.press("Enter")
    someone.at("consent")
    assert someone.focused() == "Do you agree?"
    keys.press("Tab")
    assert someone.focused() == "I agree"
    keys.press("Enter")
    someone.at("capture")
    assert someone.focused() == "You will read this"
    someone.see("good")
    keys.press("Tab")
    assert someone.focused() == "I am ready"
    keys.press("Space")
    someone.phase("recording")
    assert someone.focused() == "I have finished"
    someone.read_for_a_while()
    keys.press("Enter")
    kind = someone.judged()
    assert someone.focused() == someone.heading()
    keys.press("Tab")
    assert someone.focused() == {"allow": "Finish", "next": "Try again with a new phrase"}[kind]


def test_escape_cancels(person, kiosk):
    someone = person()
    session = someone.begin()
    someone.page.keyboard.press("Escape")
    someone.at("welcome")

    assert kiosk.ended(session["id"]) == "cancelled"


def test_the_question_whether_somebody_is_there_has_no_barriers(person, kiosk):
    someone = person()
    someone.page.clock.install()
    session = someone.begin()
    someone.page.clock.fast_forward(61_000)
    someone.page.get_by_role("dialog", name="¿Sigue ahí?").wait_for()

    assert someone.barriers() == []
    assert someone.focused() == "Sí, continuar"
    someone.page.keyboard.press("Escape")
    someone.page.get_by_role("dialog").wait_for(state="hidden")
    someone.page.clock.run_for(1000)

    assert kiosk.state(session["id"]) == "open"
    assert someone.heading() == "Va a leer esto"


def test_hints_are_told_to_screen_readers_but_nothing_is_said_while_a_voice_is_recorded(person):
    someone = person(language="en")
    someone.begin()
    told = someone.page.locator("#announcer")
    told.get_by_text("We see you well.").wait_for(state="attached")
    someone.press("begin")
    told.get_by_text("Recording starts in 3 seconds").wait_for(state="attached")
    someone.phase("recording")

    assert told.inner_text() == ""
    assert someone.page.locator("#digits-spoken").inner_text().startswith("Phrase: ")


@pytest.mark.parametrize("size", [(1080, 1920), (1280, 800), (360, 740), (320, 640)])
@pytest.mark.parametrize("language", ["es", "en"])
def test_everything_fits_and_can_be_touched(person, size, language):
    someone = person(language=language)
    someone.page.set_viewport_size({"width": size[0], "height": size[1]})
    small = []

    def look():
        assert someone.page.evaluate("document.documentElement.scrollWidth") <= size[0]
        for button in someone.page.locator("button:visible").all():
            box = button.bounding_box()
            if box["width"] < 48 or box["height"] < 48:
                small.append((button.inner_text(), box))

    look()
    someone.begin()
    someone.see("good")
    look()
    button = someone.page.locator("#capture-button").bounding_box()

    assert small == []
    assert button["y"] + button["height"] <= size[1]


@pytest.mark.parametrize("size", [(640, 400), (667, 375), (320, 256)])
def test_digits_and_button_are_in_sight_while_they_are_read_on_a_low_screen(person, size):
    someone = person()
    someone.page.set_viewport_size({"width": size[0], "height": size[1]})
    someone.begin()
    someone.see("good")
    someone.page.locator("#capture-button").press("Enter")
    for phase in ("countdown", "recording"):
        someone.phase(phase)
        digits, button = (someone.page.locator(place).bounding_box() for place in ("#digits", "#capture-button"))
        assert digits["y"] >= 0, phase
        assert digits["y"] + digits["height"] <= button["y"], phase
        assert button["y"] + button["height"] <= size[1], phase


@pytest.mark.parametrize("size", [(800, 1280), (1280, 800)])
def test_nothing_is_cut_off_where_text_is_twice_as_large(person, size):
    someone = person()
    someone.page.set_viewport_size({"width": size[0], "height": size[1]})
    someone.page.evaluate("document.documentElement.style.fontSize = '200%'")
    someone.begin()
    tiles = "[...document.querySelectorAll('.digit')].filter((tile) => tile.scrollWidth > tile.clientWidth).length"

    assert someone.page.evaluate("document.documentElement.scrollWidth") <= size[0]
    assert someone.page.evaluate(tiles) == 0


def test_both_languages_have_the_same_words_with_the_same_gaps():
    words = {language: json.loads((STATIC / f"i18n/{language}.json").read_text("utf-8")) for language in ("es", "en")}
    gaps = {
        language: {key: set(re.findall(r"\{\w+\}", text)) for key, text in texts.items()} for language, texts in words.items()
    }

    assert gaps["es"] == gaps["en"]
    assert set(re.findall(r'data-i18n(?:-label)?="([^"]+)"', (STATIC / "index.html").read_text("utf-8"))) <= set(words["en"])
