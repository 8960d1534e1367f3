"""The operator's page on a real kiosk with a history of real verdicts, in both languages."""

import contextlib
import csv
import io
import json
import re
import sqlite3
from pathlib import Path
from typing import Any

import pytest

from lipgate.desktop.kiosk.settings import CORE_OPTIONS, KIOSK_OPTIONS
from tests.desktop.kiosk.browser.operator_page import TITLES, entered, set_pin
from tests.desktop.kiosk.browser.running import RunningKiosk

STATIC = Path(__file__).parents[4] / "desktop/kiosk/static/operator"


def test_the_history_tells_who_was_there_and_the_filter_is_part_of_the_address(operator):
    someone = operator(language="en")
    someone.log_in()
    rows = someone.page.locator(".rows tbody tr")
    assert [row.split("\n")[0].split("\t")[1] for row in rows.all_inner_texts()] == ["Cancelled", "Blocked", "Allowed"]
    assert someone.page.locator("[data-summary]").inner_text() == "50 % allowed: 1 of 2 sessions allowed or blocked"
    assert all(re.search(r"[A-Z2-9]{3}-[A-Z2-9]{3}", row) for row in rows.all_inner_texts())
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
    english = {
        "in sync",
        "no fit",
        "speech",
        "sound late",
        "sound early",
        "shift: frames, ms",
        "mean distance",
        "median",
        "confidence",
        "time in the video, s",
    }
    assert len(labels) >= 9
    assert bool(english & set(labels)) == (language == "en")
    described = someone.page.locator("svg.plot desc").all_text_contents()
    assert all(any(word in text for word in ("distance", "Confidence", "speech")) == (language == "en") for text in described)


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
    assert {f"setting.{name}" for name in (*CORE_OPTIONS, *KIOSK_OPTIONS)} <= english.keys()
