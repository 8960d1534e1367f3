"""The browser that fills the screen: one at a time, whatever became of the station before."""

import contextlib
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from lipgate.desktop.kiosk import browser
from lipgate.desktop.kiosk.browser import Opener, fresh_profile

Browse = Callable[[Path, Path], subprocess.Popen[bytes]]


@pytest.fixture
def browse() -> Iterator[Browse]:
    """A function that starts what stands for a browser of one profile, with the lock of another."""
    with contextlib.ExitStack() as stack:

        def start(profile: Path, locked: Path) -> subprocess.Popen[bytes]:
            process = subprocess.Popen(
                [sys.executable, "-c", "print(flush=True); input()", f"--user-data-dir={profile}"],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
            )
            stack.enter_context(process)
            stack.callback(process.kill)
            assert process.stdout is not None
            process.stdout.readline()
            locked.mkdir(exist_ok=True)
            (locked / "SingletonLock").symlink_to(f"a-host-{process.pid}")
            return process

        yield start


def test_every_browser_has_an_empty_profile_and_the_old_ones_go(tmp_path: Path) -> None:
    (tmp_path / "browser").mkdir()
    (tmp_path / "browser" / "SingletonLock").symlink_to("the-name-before-4242")
    first = fresh_profile(tmp_path / "browser")
    (first / "Cookies").write_bytes(b"x")
    second = fresh_profile(tmp_path / "browser")
    assert list(tmp_path.iterdir()) == [second]
    assert list(second.iterdir()) == []


@pytest.mark.skipif(not Path("/proc/self/cmdline").exists(), reason="processes are looked up in /proc")
@pytest.mark.parametrize("suffix", ["", "-ñ x"])
def test_a_browser_that_a_killed_station_left_is_ended(suffix: str, browse: Browse, tmp_path: Path) -> None:
    profile = tmp_path / f"browser{suffix}"
    left = browse(profile, profile)
    fresh_profile(tmp_path / "browser")
    assert left.wait(30) == -signal.SIGKILL


def test_a_program_that_has_the_number_of_a_browser_is_left_alone(browse: Browse, tmp_path: Path) -> None:
    other = browse(tmp_path / "elsewhere", tmp_path / "browser-1")
    fresh_profile(tmp_path / "browser")
    assert other.communicate(b"\n", 30)[0] == b""
    assert other.returncode == 0


def pauses_between(starts: int, chromium: Path, monkeypatch: pytest.MonkeyPatch) -> list[float | None]:
    """Seconds that are waited after each of so many starts of a browser that ends at once."""
    pauses: list[float | None] = []
    enough = threading.Event()

    class Ended(threading.Event):
        def wait(self, timeout: float | None = None) -> bool:
            pauses.append(timeout)
            if len(pauses) == starts:
                self.set()
                enough.set()
            return self.is_set()

    monkeypatch.setattr(browser, "find_chromium", lambda: str(chromium))
    monkeypatch.setattr(browser, "AT_ONCE_S", 1e9)
    opener = Opener(lambda: "http://127.0.0.1/", fullscreen=True, default=False, profile=chromium.with_name("browser"))
    monkeypatch.setattr(opener, "_ended", Ended())
    with opener:
        assert enough.wait(60)
    return pauses


@pytest.mark.skipif(sys.platform == "win32", reason="stands in for a browser by a shell script")
def test_a_browser_that_ends_at_once_is_started_less_and_less_often_and_its_last_words_are_logged(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    chromium = tmp_path / "chromium"
    chromium.write_text(
        "#!/bin/sh\necho before >&2; for word in 1 2 3 4 5 6 7 8 9 'Missing X server'; do echo $word >&2; done; exit 3\n"
    )
    chromium.chmod(0o700)
    assert pauses_between(7, chromium, monkeypatch) == [2.0, 4.0, 8.0, 16.0, 32.0, 60.0, 60.0]
    assert [vars(record)["said"] for record in caplog.records] == [[*"123456789", "Missing X server"]] * 7
    assert {vars(record)["status"] for record in caplog.records} == {3}


def test_a_browser_that_cannot_be_started_is_tried_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    assert pauses_between(2, tmp_path / "replaced by an update", monkeypatch) == [2.0, 4.0]
    assert ["No such file" in vars(record)["said"][0] for record in caplog.records] == [True, True]
