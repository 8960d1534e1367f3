"""The ffmpeg program: found, and really run."""

import subprocess

from lipgate.core.errors import LipgateError
from lipgate.core.media import ffmpeg
from lipgate.core.runtime import frozen
from lipgate.desktop.doctor.check import Check

_SECONDS = 20
"""Longest time ffmpeg may take to say its version, also from a cold disk."""


def checks() -> list[Check]:
    """The version that ffmpeg itself says."""
    try:
        program = ffmpeg.program()
    except LipgateError as error:
        return [Check("ffmpeg", "fail", error.message, _advice())]
    try:
        run = subprocess.run(
            [program, "-version"],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=_SECONDS,
            check=True,
            text=True,
            errors="replace",
        )
    except (OSError, subprocess.SubprocessError) as error:
        return [Check("ffmpeg", "fail", f"{program} does not run: {error}", _advice())]
    words = run.stdout.split()
    version = words[2] if words[:2] == ["ffmpeg", "version"] and len(words) > 2 else "unknown version"
    return [Check("ffmpeg", "ok", f"{version}, {program}")]


def _advice() -> str:
    if frozen():
        return "Copy the program's folder again in a way that keeps permissions (tar, cp -a): ffmpeg in it must be executable."
    return "Install Lipgate again, or set IMAGEIO_FFMPEG_EXE to a program of your own."
