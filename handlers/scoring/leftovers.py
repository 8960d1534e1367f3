"""Finds what a process that died has left running. ffmpeg runs in sessions of its own and may hang, so it does not end by itself
whenever the one who reads from it is gone.
"""

import os
import signal
import sys
from contextlib import suppress
from pathlib import Path

MARK = "LIPGATE_SCORER_MARK"
"""Variable that marks all that one scoring process starts."""


def end_marked(mark: str) -> int:
    """Kill what was started with a mark.

    Needs /proc: elsewhere ffmpeg ends at its next write to a pipe that nobody reads, or at its deadline.

    Args:
        mark: value of `MARK`; of this process itself it may have been set later, so it is never among them.

    Returns:
        How many.
    """
    if sys.platform != "linux":
        return 0
    sought, ended = f"{MARK}={mark}".encode(), 0
    for environment in Path("/proc").glob("[0-9]*/environ"):
        with suppress(OSError):
            if sought in environment.read_bytes().split(b"\0"):
                os.kill(int(environment.parent.name), signal.SIGKILL)
                ended += 1
    return ended
