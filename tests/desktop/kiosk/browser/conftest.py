"""The real kiosk in a real Chromium, whose camera and microphone play puppets."""

import contextlib
import shutil
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import imageio_ffmpeg
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
]
DEVICES = "--use-fake-device-for-media-stream"
ACCEPT = "--use-fake-ui-for-media-stream"

FILMED: dict[str, Any] = {"fps": 30, "size": (480, 360), "face_px": 150, "seconds": 12.0}
"""Puppets as a camera sees them. Chromium plays MJPEG at 30 frames a second, whatever it was made at."""

UNSTEADY = ("out_of_sync", "delayed", "too_short", "no_speech")
"""What a recording may come to that a busy machine made: its devices start apart, or play with gaps."""

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


def film(avi: Path, picture: Path, sound: Path) -> list[str]:
    """Cut an AVI into what Chromium plays as its camera and microphone, over and over.

    Args:
        avi: MJPEG and PCM.
        picture: written, or replaced: then the page gets the new one when it opens the camera the next time.
        sound: the same for the microphone.

    Returns:
        flags of Chromium.
    """
    new = [path.with_suffix(f".new{path.suffix}") for path in (picture, sound)]
    cut = ["-map", "0:v", "-c", "copy", str(new[0]), "-map", "0:a", "-c", "copy", str(new[1])]
    subprocess.run([imageio_ffmpeg.get_ffmpeg_exe(), "-v", "error", "-y", "-i", str(avi), *cut], check=True)
    for made, wanted in zip(new, (picture, sound), strict=True):
        made.replace(wanted)
    return [f"--use-file-for-fake-video-capture={picture}", f"--use-file-for-fake-audio-capture={sound}"]


@pytest.fixture(scope="package")
def filmed(tmp_path_factory: pytest.TempPathFactory) -> Callable[[Path], list[str]]:
    """A function that gives the flags with which Chromium plays an AVI; each is cut once."""
    folder = tmp_path_factory.mktemp("filmed")
    known: dict[Path, list[str]] = {}

    def flags(avi: Path) -> list[str]:
        if avi not in known:
            known[avi] = film(avi, folder / f"{avi.stem}.mjpeg", folder / f"{avi.stem}.wav")
        return known[avi]

    return flags


@pytest.fixture
def person(
    kiosk: RunningKiosk, chromium: Callable[..., Any], filmed: Callable[[Path], list[str]], puppet: Callable[..., Path]
) -> Iterator[Callable[..., Person]]:
    """A function that brings somebody to the station: a puppet with these fields, or nobody on a browser with these flags.

    When the test is over, the page must not have complained about anything but what the test asked for.
    """
    with contextlib.ExitStack() as stack:
        come: list[Person] = []

        def comes(*flags: str, language: str = "es", station: dict[str, Any] | None = None, **fields: Any) -> Person:
            if not flags:
                flags = (DEVICES, ACCEPT, *filmed(puppet(suffix=".avi", **{**FILMED, **fields})))
            context = chromium(*flags).new_context(viewport={"width": 800, "height": 600}, locale="es-ES")
            stack.callback(context.close)
            context.set_default_timeout(30_000)
            value = kiosk.client.cookies["lipgate_station"]
            context.add_cookies([{"name": "lipgate_station", "value": value, "url": kiosk.base}])
            come.append(Person(context.new_page(), kiosk.base, language, station or {}))
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
