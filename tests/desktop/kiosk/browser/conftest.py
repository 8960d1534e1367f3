"""The real kiosk in a real Chromium, whose camera and microphone play puppets."""

import contextlib
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

sync_api = pytest.importorskip("playwright.sync_api", reason="pages are tried with Playwright: pip install 'lipgate[test]'")
pytest.importorskip("axe_playwright_python", reason="pages are checked with axe: pip install 'lipgate[test]'")
httpx = pytest.importorskip("httpx", reason="pip install 'lipgate[test]'")

from tests.desktop.kiosk.browser.operator_page import Operator, entered, set_pin, visit  # noqa: E402
from tests.desktop.kiosk.browser.person import Person  # noqa: E402
from tests.desktop.kiosk.browser.running import RunningKiosk  # noqa: E402

CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)

QUIET = [
    *("--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"),
    *("--disable-background-networking", "--disable-component-update", "--disable-sync"),
    "--autoplay-policy=no-user-gesture-required",
]
DEVICES = "--use-fake-device-for-media-stream"
ACCEPT = "--use-fake-ui-for-media-stream"

FILMED: dict[str, Any] = {"size": (480, 360), "face_px": 150, "seconds": 12.0}
"""Puppets as a camera sees them."""

HURRY = {"countdown_seconds": 1}
"""For tests in which nothing depends on what is recorded."""


@pytest.fixture(scope="package")
def kiosk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningKiosk]:
    """A kiosk whose link was used: its client has the cookie, and pages get it."""
    with contextlib.closing(RunningKiosk(tmp_path_factory.mktemp("kiosk"))) as running:
        assert running.client.get(running.link).status_code == 303
        yield running


@pytest.fixture(scope="package")
def playwright() -> Iterator[Any]:
    """Playwright, as long as tests of this folder run: while it does, this thread has an event loop."""
    if CHROMIUM is None:
        pytest.skip("there is no Chromium: apt-get install chromium")
    with sync_api.sync_playwright() as running:
        yield running


@pytest.fixture(scope="package")
def chromium(playwright: Any) -> Iterator[Callable[..., Any]]:
    """A function that starts a Chromium with more flags, each once."""
    started: dict[tuple[str, ...], Any] = {}

    def start(*flags: str) -> Any:
        if flags not in started:
            started[flags] = playwright.chromium.launch(executable_path=CHROMIUM, args=[*QUIET, *flags])
        return started[flags]

    yield start
    for browser in started.values():
        browser.close()


@pytest.fixture
def person(kiosk: RunningKiosk, chromium: Callable[..., Any], puppet: Callable[..., Path]) -> Iterator[Callable[..., Person]]:
    """A function that brings somebody to the station: whoever is on a film, a puppet with these fields, or nobody on a browser
    with these flags.

    When the test is over, the page must not have complained about anything but what the test asked for.
    """
    with contextlib.ExitStack() as stack:
        come: list[Person] = []

        def comes(
            *flags: str, film: Path | None = None, language: str = "es", station: dict[str, Any] | None = None, **fields: Any
        ) -> Person:
            context = chromium(*(flags or (DEVICES, ACCEPT))).new_context(viewport={"width": 800, "height": 600}, locale="es-ES")
            stack.callback(context.close)
            context.set_default_timeout(30_000)
            value = kiosk.client.cookies["lipgate_station"]
            context.add_cookies([{"name": "lipgate_station", "value": value, "url": kiosk.base}])
            plays = None if flags else film or puppet(**{**FILMED, **fields})
            come.append(Person(context.new_page(), kiosk.base, language, station or {}, plays))
            return come[-1]

        yield comes
        complaints = [complaint for one in come for complaint in one.complaints]
    assert complaints == []


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
