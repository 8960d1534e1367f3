"""The browser that shows the kiosk."""

import shutil
import subprocess
import sys
from pathlib import Path

from lipgate.desktop.doctor.check import Check
from lipgate.desktop.kiosk.browser import find_chromium

_SECONDS = 15
"""Longest time a browser may take to say its version."""


def checks() -> list[Check]:
    """A Chromium, which the station can keep in full screen; any other that knows MediaRecorder must be opened by hand."""
    program = find_chromium() or shutil.which("firefox")
    if program is None:
        return [Check("browser", "warn", "none", "Install Chromium (apt-get install chromium); only the kiosk needs it.")]
    return [Check("browser", "ok", f"{_version(program)}, {program}")]


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
