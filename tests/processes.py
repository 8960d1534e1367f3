"""Looks at processes: for tests that kill and count them. Linux."""

import threading
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import TypeVar

T = TypeVar("T")

PATIENCE_S = 60.0


def descendants(pid: int) -> list[int]:
    """All that a process has started and that still has a parent among them."""
    children: dict[int, list[int]] = {}
    for process in Path("/proc").iterdir():
        with suppress(OSError, ValueError):  # it may have ended meanwhile, or be none
            # After the name in brackets, which may hold anything: state, parent.
            own, parent = int(process.name), int((process / "stat").read_text().rpartition(")")[2].split()[1])
            children.setdefault(parent, []).append(own)
    found, pending = [], [pid]
    while pending:
        found += (next_ones := children.get(pending.pop(), []))
        pending += next_ones
    return found


def ffmpegs(pid: int) -> list[int]:
    """The ffmpeg programs below a process."""
    found = []
    for child in descendants(pid):
        with suppress(OSError):
            if "ffmpeg" in Path(f"/proc/{child}/cmdline").read_bytes().split(b"\0")[0].decode():
                found.append(child)
    return found


def alive(pid: int) -> bool:
    """Whether it runs: neither gone nor dead and waiting to be asked about."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] not in "ZX"
    except OSError:
        return False


def until(condition: Callable[[], T]) -> T:
    """What a condition says, once it is true."""
    end = time.monotonic() + PATIENCE_S
    while not (said := condition()):
        assert time.monotonic() < end, "it did not happen"
        threading.Event().wait(0.01)
    return said
