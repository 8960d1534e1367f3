"""The operator's page on a real kiosk with a history of real verdicts, in both languages."""

import contextlib
import csv
import io
import json
import re
import sqlite3
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.kiosk.browser.conftest import ACCEPT, DEVICES, RunningKiosk
from tests.kiosk.browser.operator_page import PIN, TITLES, Operator, entered, set_pin, visit

STATIC = Path(__file__).parents[3] / "desktop/kiosk/static/operator"


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory, puppet: Callable[..., Path]) -> Iterator[RunningKiosk]:
    """A kiosk with a PIN, where three persons have been: one allowed, one blocked, one who left."""
    folder = tmp_path_factory.mktemp("office")
    set_pin(folder)
    with contextlib.closing(RunningKiosk(folder)) as running:
        entered(running)
        for recording in (puppet(seconds=5.0), puppet(seconds=5.0, start=27.0, dubbed=True), None):
            visit(running, recording)
        yield running


@pytest.fixture
def operator(chromium: Callable[..., Any], office: RunningKiosk) -> Iterator[Callable[..., Operator]]:
    """A function that brings an operator to the page of a kiosk, the office's if none is named.

    When the test is over, the page must not have complained.
    """
    with contextlib.ExitStack() as stack:
        come: list[Operator] = []

        def comes(kiosk: RunningKiosk = office, language: str = "es") -> Operator:
            locale = {"es": "es-ES", "en": "en-GB"}[language]
            context = chromium(DEVICES, ACCEPT).new_context(viewport={"width": 1280, "height": 900}, locale=locale)
            stack.callback(context.close)
            context.set_default_timeout(20_000)
            value = kiosk.client.cookies["lipgate_station"]
            context.add_cookies([{"name": "lipgate_station", "value": value, "url": kiosk.base}])
            come.append(Operator(context.new_page(), kiosk, language))
            return come[-1]

        yield comes
        complaints = [complaint for one in come for complaint in one.complaints]
    assert complaints == []


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
        assert re.fullmatch(r"0:1\d", first)
        assert someone.page.locator(".key:enabled").count() == 0
        assert someone.barriers() == []
        someone.page.wait_for_function("(first) => document.querySelector('[role=timer]').textContent !== first", arg=first)


def test_the_history_tells_who_was_there_and_the_filter_is_part_of_the_address(operator):
    someone = operator(language="en")
    someone.log_in()
    rows = someone.page.locator(".rows tbody tr")
    assert [row.split("\n")[0].split("\t")[1] for row in rows.all_inner_texts()] == ["Cancelled", "Blocked", "Allowed"]
    counts = {
        chip.get_attribute("data-state"): chip.locator(".count").all_inner_texts() for chip in someone.page.locator(".chip").all()
    }
    assert counts == {"all": [], "allowed": ["1"], "blocked": ["1"], "cancelled": ["1"], "abandoned": ["0"], "open": ["0"]}

    someone.page.click("[data-state=blocked]")
    someone.page.locator(".chip[data-state=blocked][aria-pressed=true]").wait_for()
    someone.page.locator(".view:not([aria-busy])").wait_for()
    assert rows.count() == 1
    someone.page.fill("input[type=date] >> nth=0", "2001-01-01")
    someone.page.fill("input[type=date] >> nth=1", "2001-01-31")
    someone.page.get_by_text("No session fits this choice.").wait_for()
    someone.page.go_back()
    someone.page.go_back()
    someone.page.go_back()
    someone.page.locator(".chip[data-state=all][aria-pressed=true]").wait_for()


def test_a_long_history_is_read_page_by_page(operator):
    someone = operator(language="en")
    someone.page.route(
        "**/api/operator/sessions?limit=50*", lambda route: route.continue_(url=route.request.url.replace("limit=50", "limit=2"))
    )
    someone.log_in()
    rows = someone.page.locator(".rows tbody tr")
    assert rows.count() == 2
    someone.page.click("text=Older")
    someone.page.get_by_text("Page 2").wait_for()
    assert rows.count() == 1
    assert someone.page.locator("button:text('Older')").is_disabled()
    someone.page.click("text=Newer")
    someone.page.get_by_text("Page 1").wait_for()
    assert rows.count() == 2


@pytest.mark.parametrize(
    ("language", "said"), [("es", "Los labios y la voz concuerdan."), ("en", "Lips and voice belong together.")]
)
def test_a_session_shows_what_was_measured_with_plots_in_the_language_of_the_page(operator, language, said):
    someone = operator(language=language)
    someone.log_in()
    someone.page.click("[data-state=allowed]")
    someone.page.locator(".chip[data-state=allowed][aria-pressed=true]").wait_for()
    someone.page.click(".rows tbody a")
    someone.page.locator("article.attempt").wait_for()
    (row,) = someone.asked("sessions", state="allowed")["sessions"]
    (attempt,) = someone.asked(f"sessions/{row['id']}")["attempts"]

    words = someone.words()
    decimal = {"es": ",", "en": "."}[language]
    for value in (attempt["score"], attempt["confidence"], attempt["min_dist"]):
        assert f"{value:.2f}".replace(".", decimal) in words
    assert said in words
    assert attempt["model"] in words
    assert someone.page.locator(".digits li").all_inner_texts() == attempt["digits"]
    points = someone.page.locator("svg .series").evaluate_all("(lines) => lines.map((line) => line.points.numberOfItems)")
    assert points[0] == 31
    assert points[1] > 50
    labels = [text for text in someone.page.locator("svg.plot text").all_text_contents() if re.search("[a-z]{3}", text)]
    english = {"sound late", "sound early", "shift: frames, ms", "mean distance", "median", "confidence", "time in the video, s"}
    assert len(labels) >= 9
    assert bool(english & set(labels)) == (language == "en")
    described = someone.page.locator("svg.plot desc").all_text_contents()
    assert all(("Distance" in text or "distance" in text or "Confidence" in text) == (language == "en") for text in described)


def test_what_the_program_tells_becomes_text_and_never_markup(operator):
    someone = operator(language="en")
    hostile = "<img src=x onerror=alert(1)>"

    def spoil(route: Any) -> None:
        document = route.fetch().json()
        document["attempts"] = [{**one, "model": hostile, "digits": [hostile], "reason": hostile} for one in document["attempts"]]
        for one in document["attempts"]:
            one["plots"] = {"curve": "<svg><script>alert(1)</script></svg>", "framewise": "<svg onload='alert(1)'><g/></svg>"}
        route.fulfill(json=document)

    someone.page.route(re.compile("/api/operator/sessions/"), spoil)
    someone.log_in()
    someone.page.click(".rows tbody tr:last-child a")
    someone.page.locator("article.attempt").wait_for()
    assert someone.words().count(hostile) == 3
    assert someone.page.locator("main img, main script, figure svg").count() == 0
    assert someone.page.get_by_text("The plot cannot be shown.").count() == 2
    someone.complaints = [one for one in someone.complaints if "inline event handler violates" not in one]


def test_a_setting_is_marked_when_it_is_changed_and_holds_when_it_is_saved(operator, office):
    someone = operator()
    someone.log_in()
    someone.open("settings")
    assert someone.page.locator(".save-bar").is_hidden()
    field = someone.page.locator("[data-setting=allow_threshold]")
    field.get_by_role("button", name="más").click()
    field.get_by_text("Antes: 0,90").wait_for()
    someone.page.locator("[data-setting=keep_videos] input").check()
    assert "2 cambios sin guardar" in someone.words()

    someone.open("audit")
    someone.open("settings")
    assert "2 cambios sin guardar" in someone.words()
    someone.page.click(".save-bar .primary")
    someone.page.locator(".save-bar").wait_for(state="hidden")
    assert (someone.setting("allow_threshold"), someone.setting("keep_videos")) == (0.91, True)

    visit(office, None)
    for name in ("allow_threshold", "keep_videos"):
        someone.page.locator(f"[data-setting={name}]").get_by_role("button", name="Devolver").click()
    someone.page.click(".save-bar .primary")
    someone.page.locator(".save-bar").wait_for(state="hidden")
    assert (someone.setting("allow_threshold"), someone.setting("keep_videos")) == (0.9, False)


def test_a_value_that_cannot_be_is_named_and_not_sent(operator):
    someone = operator(language="en")
    someone.log_in()
    someone.open("settings")
    before = someone.asked("settings")
    someone.page.locator("[data-setting=phrase_digits]").get_by_role("button", name="more").click()
    for name, value, said in (
        ("retention_days", "99999", "This must lie between 1 and 3,650."),
        ("max_attempts", "2.5", "This must be a whole number."),
        ("max_attempts", "", "This must be a number."),
        ("next_threshold", "0.95", "The score for NEXT cannot lie above the score for ALLOW."),
    ):
        field = someone.page.locator(f"[data-setting={name}] input")
        usual = field.input_value()
        field.fill(value)
        someone.page.click(".save-bar .primary")
        assert said in someone.words()
        assert someone.page.evaluate("document.activeElement.id") == field.get_attribute("id")
        field.fill(usual)
        assert said not in someone.words()
    assert someone.asked("settings") == before


def test_what_the_program_refuses_to_set_is_said(operator):
    someone = operator(language="en")
    someone.log_in()
    someone.open("settings")
    someone.page.route("**/api/operator/settings", lambda route: route.continue_(post_data='{"nonsense": 1}'))
    someone.page.locator("[data-setting=phrase_digits]").get_by_role("button", name="more").click()
    someone.page.click(".save-bar .primary")
    someone.page.get_by_text("nonsense is no setting of the station").wait_for()
    assert someone.setting("phrase_digits") == 8


@pytest.mark.parametrize("form", ["csv", "json"])
def test_an_export_is_a_download_of_every_session(operator, form):
    someone = operator()
    someone.log_in()
    someone.open("export")
    someone.page.check(f"[value={form}]")
    with someone.page.expect_download() as loading:
        someone.page.click("text=Descargar")
    content = Path(loading.value.path()).read_text(encoding="utf-8")
    assert loading.value.suggested_filename == f"lipgate-sessions.{form}"
    rows = list(csv.DictReader(io.StringIO(content))) if form == "csv" else json.loads(content)["sessions"]
    shown = someone.asked("sessions", limit=200)["sessions"]
    assert {row.get("session") or row["id"] for row in rows} == {row["id"] for row in shown}
    someone.page.get_by_text(f"lipgate-sessions.{form} pasó a las descargas").wait_for()


def test_the_audit_log_is_shown_whole_and_its_newest_hash_can_be_taken_along(operator):
    someone = operator(language="en")
    someone.page.context.grant_permissions(["clipboard-read", "clipboard-write"], origin=someone.kiosk.base)
    someone.log_in()
    someone.open("audit")
    log = someone.asked("audit")
    words = someone.words()
    assert "The log is intact" in words
    assert log["head"] in words
    for event in ("Session started", "Attempt judged", "Session ended", "PIN set", "Operator logged in"):
        assert event in words
    assert someone.page.locator(".rows tbody tr").count() == log["count"]
    someone.page.click("text=Copy the newest hash")
    someone.page.get_by_text("Copied.").wait_for()
    assert someone.page.evaluate("navigator.clipboard.readText()") == log["head"]
    with someone.page.expect_download() as loading:
        someone.page.click("text=Save the entries shown")
    assert json.loads(Path(loading.value.path()).read_text(encoding="utf-8"))["head"] == log["head"]


def test_an_audit_log_that_was_tampered_with_is_shown_as_broken(operator, tmp_path):
    set_pin(tmp_path)
    with contextlib.closing(sqlite3.connect(tmp_path / "kiosk" / "kiosk.sqlite3")) as database, database:
        database.execute("DROP TRIGGER audit_stands")
        database.execute("UPDATE audit SET event = 'nothing_happened' WHERE sequence = 1")
    with contextlib.closing(RunningKiosk(tmp_path)) as kiosk:
        someone = operator(entered(kiosk))
        someone.log_in()
        assert "Aún no hay sesiones." in someone.words()
        someone.open("audit")
        assert "El registro está roto en la entrada 1" in someone.words()
        assert "roto aquí" in someone.page.locator(".rows tr.broken").inner_text()
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


def test_a_test_recording_measures_the_delay_of_the_equipment_and_sets_it(operator, puppet):
    """The browser's own camera shows no face, so that its recording is exchanged for one with a known delay."""
    someone = operator()
    late = puppet(seconds=6.0, offset_frames=-4)
    recorded = []

    def exchange(route: Any) -> None:
        recorded.append(route.request)
        route.continue_(post_data=late.read_bytes(), headers={**route.request.headers, "content-type": "video/mp4"})

    someone.page.route("**/api/operator/recording", exchange)
    someone.page.clock.install()
    someone.log_in()
    someone.open("device")
    assert "ffmpeg" in someone.page.locator(".checks").inner_text()
    someone.page.click("text=Encender cámara y micrófono")
    someone.page.get_by_text(re.compile("640 . 480")).wait_for()
    someone.page.get_by_text(re.compile(r"\d,\d imágenes/s")).wait_for()
    someone.page.click("text=Grabar 6 segundos")
    someone.page.get_by_text("Grabando. Hable ahora.").wait_for()
    someone.page.clock.run_for(6000)
    someone.page.locator("article.attempt").wait_for()
    assert re.match("video/(webm|mp4)$", recorded[0].headers["content-type"])
    assert len(recorded[0].post_data_buffer) > 10_000

    measured = int(someone.page.locator("dt:text-is('Medido, fotogramas') + dd").inner_text().replace("\u2212", "-"))
    assert abs(measured + 4) <= 1
    assert someone.page.locator("article svg .series").count() == 2
    assert someone.barriers() == []
    someone.page.click("button:text('Fijar en')")
    someone.page.locator("p:text('El retardo de este equipo es ahora')").wait_for()
    assert someone.setting("expected_offset_frames") == measured
    someone.set("expected_offset_frames", 0)


@pytest.mark.parametrize(("language", "scheme"), [("es", "dark"), ("en", "light")])
def test_no_view_has_barriers(operator, language, scheme):
    someone = operator(language=language)
    barriers = {"login": someone.barriers(scheme)}
    someone.log_in()
    for view in TITLES:
        someone.open(view)
        someone.page.locator("h1:focus").wait_for()  # keyboard and screen reader begin there
        barriers[view] = someone.barriers(scheme)
    someone.open("history")
    someone.page.click(".rows tbody tr:last-child a")
    someone.page.locator("article.attempt").wait_for()
    barriers["session"] = someone.barriers(scheme)
    assert {view: found for view, found in barriers.items() if found} == {}


def test_both_languages_have_the_same_words_and_all_that_the_page_asks_for():
    spanish, english = (json.loads((STATIC / f"i18n/{language}.json").read_text(encoding="utf-8")) for language in ("es", "en"))
    # Only in one: the words of plots, which the program draws in English.
    assert {name for name in spanish.keys() ^ english.keys() if not name.startswith("plot.")} == set()
    places = {name: set(re.findall(r"\{\w+\}", text)) for name, text in english.items()}
    assert {
        name for name, text in spanish.items() if name in places and set(re.findall(r"\{\w+\}", text)) != places[name]
    } == set()
    source = "".join(path.read_text(encoding="utf-8") for path in STATIC.glob("*.js"))
    asked = set(re.findall(r'\bt\(\s*"([\w.]+)"', source))
    assert len(asked) > 100
    assert {name for name in asked if name not in english and f"{name}.other" not in english} == set()
