"""Who is let in at the operator's page, and when it closes."""

import contextlib
import re

import pytest

from tests.desktop.kiosk.browser.operator_page import PIN, entered, set_pin
from tests.desktop.kiosk.browser.running import RunningKiosk


def test_a_wrong_pin_is_refused_and_the_right_one_opens_the_history_by_touch_as_by_keyboard(operator):
    someone = operator()
    someone.page.click("[data-language=en]")
    someone.page.get_by_role("heading", name="Operator").wait_for()
    someone.page.click("[data-language=es]")
    someone.page.get_by_role("heading", name="Operador").wait_for()
    someone.type_pin("1111")
    someone.page.get_by_text("Ese PIN no es correcto.").wait_for()
    assert someone.page.locator(".pin-field").input_value() == ""
    assert someone.page.locator(".pin-field").get_attribute("type") == "password"

    for digit in PIN[:3]:
        someone.page.click(f".key:text-is('{digit}')")
    someone.page.keyboard.type("7")
    someone.page.keyboard.press("Backspace")
    someone.page.keyboard.type(f"{PIN[3:]}6")
    someone.page.click(".key[aria-label='Borrar la última cifra']")
    someone.page.click(".key.go")
    someone.shown("history")


def test_without_a_pin_the_page_says_how_to_set_one_and_after_too_many_wrong_ones_counts_down(operator, tmp_path):
    with contextlib.closing(RunningKiosk(tmp_path)) as kiosk:
        someone = operator(entered(kiosk), "en")
        someone.type_pin(PIN)
        someone.page.locator(".command").wait_for()
        assert "lipgate kiosk --set-pin" in someone.words()
        assert someone.barriers() == []

        set_pin(tmp_path)
        someone.page.click("text=I have set one")
        for _ in range(5):
            with someone.page.expect_response("**/login"):
                someone.type_pin("0000")
            someone.page.locator(".pin-field:enabled").wait_for()
        someone.type_pin(PIN)
        clock = someone.page.locator("[role=timer]")
        clock.wait_for()
        first = clock.inner_text()
        assert re.fullmatch(r"0:[01]\d", first)
        assert someone.page.locator(".key:enabled").count() == 0
        someone.page.wait_for_function("(first) => document.querySelector('[role=timer]')?.textContent !== first", arg=first)
        assert someone.barriers() == []


def test_who_is_no_longer_known_comes_back_to_the_pin_and_then_to_where_they_were(operator, office):
    someone = operator(language="en")
    someone.log_in()
    assert office.client.post("/api/operator/login", json={"pin": PIN}).status_code == 204  # another one takes the desk
    someone.page.click("[data-tab=audit]")
    someone.page.get_by_text("Closed after ten minutes without use.").wait_for()
    assert someone.page.locator(".rows").count() == 0
    someone.type_pin(PIN)
    someone.shown("audit")

    someone.page.click("text=Log out")
    someone.page.get_by_text("You have logged out.").wait_for()
    assert someone.page.evaluate("fetch('/api/operator/audit').then((answer) => answer.status)") == 401


def test_after_ten_idle_minutes_nothing_stays_on_the_screen(operator):
    someone = operator(language="en")
    someone.page.clock.install()
    someone.log_in()
    someone.page.clock.fast_forward("09:00")
    assert someone.page.locator(".rows").count() == 1
    someone.page.clock.fast_forward("01:30")
    someone.page.locator(".pin-card").wait_for()
    assert someone.page.locator(".rows").count() == 0


@pytest.mark.parametrize("width", [1280, 360])
def test_who_leaves_for_the_station_is_logged_out_and_nobody_comes_back_to_what_was_shown(operator, width):
    someone = operator()
    someone.log_in()
    someone.open("audit")
    someone.page.set_viewport_size({"width": width, "height": 740})
    someone.page.click("text=A la estación")
    someone.page.locator("body[data-screen=welcome]").wait_for()
    someone.page.go_back()
    someone.page.locator(".pin-field").wait_for()

    assert someone.page.locator(".rows").count() == 0


def test_a_pin_pad_that_nobody_touches_gives_the_station_back(operator):
    someone = operator()
    someone.page.clock.install()
    someone.page.reload()
    someone.page.locator(".pin-field").wait_for()
    someone.page.clock.fast_forward("00:55")
    someone.page.keyboard.type("1")
    someone.page.clock.fast_forward("00:55")
    assert someone.page.locator(".pin-field").input_value() == "1"
    someone.page.clock.fast_forward("00:10")

    someone.page.locator("body[data-screen=welcome]").wait_for()


def test_an_operator_who_logs_in_is_not_sent_away_by_the_pin_pad(operator):
    someone = operator()
    someone.page.clock.install()
    someone.page.reload()
    someone.page.locator(".pin-field").wait_for()
    someone.log_in()
    someone.page.clock.fast_forward("01:30")

    someone.shown("history")
