"""Brings the station's link to a browser: prints it, opens it, or keeps a Chromium in full screen on it."""

import contextlib
import logging
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
import webbrowser
from collections import deque
from collections.abc import Callable
from pathlib import Path
from typing import IO

from lipgate.core.errors import LipgateError

log = logging.getLogger(__name__)

CHROMIUMS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "microsoft-edge", "msedge", "chrome")

_WINDOWS_PLACES = (r"Google\Chrome\Application\chrome.exe", r"Microsoft\Edge\Application\msedge.exe")

PAUSE_S = 2.0
"""Before a browser that has ended is started again. Doubled each time that one ends at once."""

LONGEST_PAUSE_S = 60.0

AT_ONCE_S = 10.0
"""A browser that lasts no longer cannot work here: there is no display, for example."""

LAST_LINES = 10
"""Lines of what a browser says that are logged when it ends: its helpers complain after it has told why."""


def find_chromium() -> str | None:
    """Path of a browser of the Chromium family; None where there is none."""
    found = next(filter(None, map(shutil.which, CHROMIUMS)), None)
    if found or sys.platform != "win32":
        return found
    roots = [os.environ.get(name) for name in ("PROGRAMFILES", "PROGRAMFILES(X86)", "LOCALAPPDATA")]
    places = (Path(root) / place for root in roots if root for place in _WINDOWS_PLACES)
    return next((str(place) for place in places if place.is_file()), None)


def fresh_profile(beside: Path) -> Path:
    """Make an empty profile. Those before it are removed, and a browser that still uses one is ended (on Linux).

    A browser outlives a station that was killed, and holds its profile: the next one would hand it the link and end.

    Args:
        beside: the new profile is `beside` and a suffix, and so were those before it.

    Raises:
        OSError: it cannot be made.
    """
    for old in beside.absolute().parent.glob(f"{beside.name}*"):
        _end_user(old)
        shutil.rmtree(old, ignore_errors=True)
    return Path(tempfile.mkdtemp(prefix=f"{beside.name}-", dir=beside.absolute().parent))


def _end_user(profile: Path) -> None:
    with contextlib.suppress(OSError, ValueError):
        # Chromium's lock is a link to HOST-PID. By now the number may be another program's, which names no profile of ours.
        pid = int(str((profile / "SingletonLock").readlink()).rpartition("-")[2])
        if os.fsencode(f"--user-data-dir={profile}") in Path(f"/proc/{pid}/cmdline").read_bytes():
            os.kill(pid, signal.SIGKILL)


class Opener:
    """Shows the link for as long as the block runs. In a terminal, Enter gives a new one."""

    def __init__(self, link: Callable[[], str], *, fullscreen: bool, default: bool, profile: Path) -> None:
        """Args:
        link: makes a new link; those before it are void.
        fullscreen: keep a Chromium open.
        default: open the machine's usual browser.
        profile: of the full screen browser, as `fresh_profile` takes it.

        Raises:
            LipgateError: browser_missing.
        """
        self._link = link
        self._fullscreen = fullscreen
        self._default = default
        self._profile = profile
        self._ended = threading.Event()
        self._browser: subprocess.Popen[bytes] | None = None
        self._chromium = find_chromium() if fullscreen else None
        if fullscreen and not self._chromium:
            raise LipgateError(
                "browser_missing", "No Chromium, Chrome or Edge was found. Install one, or open the link yourself."
            )

    def __enter__(self) -> "Opener":
        if self._chromium:
            threading.Thread(target=self._keep_open, args=[self._chromium], name="browser", daemon=True).start()
            return self
        link = self._link()
        print(link, flush=True)
        if self._default:
            webbrowser.open(link)
        if sys.stdin is not None and sys.stdin.isatty():
            print("The link works once. Enter makes a new one, Ctrl-C ends the station.", file=sys.stderr)
            threading.Thread(target=self._renew, name="links", daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ended.set()
        if self._browser and self._browser.poll() is None:
            self._browser.terminate()

    def _renew(self) -> None:
        for _ in sys.stdin:
            print(self._link(), flush=True)

    def _keep_open(self, chromium: str) -> None:
        status: int | None
        pause = PAUSE_S
        while not self._ended.is_set():
            began = time.monotonic()
            try:
                status, said = self._browse(chromium)
            except OSError as error:  # an update replaces the program just now, or the disk is full
                status, said = None, [str(error)]
            if self._ended.is_set():
                return
            if time.monotonic() - began > AT_ONCE_S:
                pause = PAUSE_S
            log.warning(
                "the browser has ended and is started again", extra={"status": status, "said": said, "pause_seconds": pause}
            )
            self._ended.wait(pause)
            pause = min(2 * pause, LONGEST_PAUSE_S)

    def _browse(self, chromium: str) -> tuple[int, list[str]]:
        """Run a browser to its end: its status, and what it said last."""
        command = [
            chromium,
            "--kiosk",
            "--incognito",
            "--no-first-run",
            "--disable-background-networking",
            "--disable-component-update",
            "--disable-sync",
            "--disable-pinch",
            "--overscroll-history-navigation=0",
            f"--user-data-dir={fresh_profile(self._profile)}",
            # Nobody at a kiosk can be asked, and no other page is ever opened in this browser.
            "--auto-accept-camera-and-microphone-capture",
            # The words that start a session must be heard before anybody has touched the screen.
            "--autoplay-policy=no-user-gesture-required",
            self._link(),
        ]
        self._browser = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
        said: deque[str] = deque(maxlen=LAST_LINES)
        reader = threading.Thread(target=_read, args=[self._browser.stderr, said], name="browser-said", daemon=True)
        reader.start()
        status = self._browser.wait()
        # Not to the end: what the browser started may outlive it with the same stderr.
        reader.join(1.0)
        return status, list(said)


def _read(stream: IO[bytes], said: deque[str]) -> None:
    with stream:
        said.extend(line.decode(errors="replace").rstrip() for line in stream)
