"""The browser that shows the kiosk."""

import shutil
import subprocess
import sys
from pathlib import Path

from desktop.doctor.check import Check

PROGRAMS = (
    "chromium",
    "chromium-browser",
    "google-chrome",
    "google-chrome-stable",
    "microsoft-edge",
    "firefox",
    "chrome",
    "msedge",
)

_APPLICATIONS = {
    "darwin": (
        "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
        "/Applications/Firefox.app/Contents/MacOS/firefox",
    ),
    "win32": (
        r"C:\Program Files\Google\Chrome\Application\chrome.exe",
        r"C:\Program Files (x86)\Microsoft\Edge\Application\msedge.exe",
        r"C:\Program Files\Mozilla Firefox\firefox.exe",
    ),
}
_SECONDS = 15
"""Longest time a browser may take to say its version."""


def checks() -> list[Check]:
    """The first browser found; any that knows MediaRecorder will do."""
    program = find_browser()
    if program is None:
        advice = "Install Chromium (apt-get install chromium) or Firefox; only the kiosk needs it."
        return [Check("browser", "warn", "none", advice)]
    return [Check("browser", "ok", f"{_version(program)}, {program}")]


def find_browser() -> str | None:
    """Path of a browser; None where none is known."""
    found = next(filter(None, map(shutil.which, PROGRAMS)), None)
    return found or next((path for path in _APPLICATIONS.get(sys.platform, ()) if Path(path).is_file()), None)


def _version(program: str) -> str:
    if sys.platform == "win32":  # where it would open a window instead
        return Path(program).stem
    try:
        run = subprocess.run(
            [program, "--version"], stdin=subprocess.DEVNULL, capture_output=True, timeout=_SECONDS, check=False, text=True
        )
    except (OSError, subprocess.SubprocessError):
        return Path(program).stem
    return run.stdout.strip().partition("\n")[0] or Path(program).stem
