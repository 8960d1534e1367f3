"""Runs one measurement in a process of its own and watches the memory of it and of all it starts."""

import contextlib
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]

EVERY_S = 0.03
"""Between two looks at the memory: often enough for a second's work, seldom enough to cost a hundredth of a core."""

_PAGE = os.sysconf("SC_PAGE_SIZE") if hasattr(os, "sysconf") else 4096


@dataclass(frozen=True)
class Ended:
    """A process that has ended."""

    status: int
    output: str
    log: str
    """Standard error."""
    seconds: float
    peak_mb: float | None
    """Most resident memory of all together at a time; None where there is no /proc. What processes share counts for each."""
    late: bool = False
    """It was ended because it took too long."""


def run(command: Sequence[str], limit_s: float, extra: Mapping[str, str] | None = None) -> Ended:
    """Run a program to its end.

    Args:
        command: its arguments; this project's modules can be imported where it is Python.
        limit_s: longest time it may take.
        extra: environment, beside this process's own.
    """
    paths = [str(ROOT), str(ROOT / "src"), *filter(None, [os.environ.get("PYTHONPATH")])]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(paths), **(extra or {})}
    began = time.perf_counter()
    with (
        subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            errors="replace",
            env=environment,
            start_new_session=True,
        ) as process,
        _Watch(process.pid) as watch,
    ):
        try:
            output, log = process.communicate(timeout=limit_s)
            late = False
        except subprocess.TimeoutExpired:
            _end(process)
            output, log = process.communicate()
            late = True
        except BaseException:
            _end(process)
            raise
        seconds = time.perf_counter() - began
    return Ended(process.returncode, output, log, seconds, watch.peak_mb, late)


def python(module: str, *arguments: str) -> list[str]:
    """Command that runs a module of this project."""
    return [sys.executable, "-P", "-m", module, *arguments]


class _Watch:
    """Looks at the memory of a process and its children, again and again."""

    def __init__(self, process: int) -> None:
        self.peak_mb: float | None = None
        self._process = process
        self._done = threading.Event()
        self._thread = threading.Thread(target=self._look, daemon=True)

    def __enter__(self) -> "_Watch":
        if Path("/proc/self/statm").exists():
            self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._done.set()
        if self._thread.ident is not None:
            self._thread.join()

    def _look(self) -> None:
        while not self._done.wait(EVERY_S):
            pages = sum(_resident(process) for process in _family(self._process))
            self.peak_mb = max(self.peak_mb or 0.0, pages * _PAGE / 1e6)


def _family(process: int) -> list[int]:
    """A process and all below it.

    One that has only just been split off is left out: until it becomes another program all its memory is its parent's.
    """
    found, waiting = [], [process]
    while waiting:
        one = waiting.pop()
        found.append(one)
        for listed in Path(f"/proc/{one}/task").glob("*/children"):
            with contextlib.suppress(OSError):  # ended meanwhile
                waiting += [child for child in map(int, listed.read_text().split()) if _started(child) != _started(one)]
    return found


def _started(process: int) -> bytes:
    """The command line of what it runs."""
    return Path(f"/proc/{process}/cmdline").read_bytes()


def _resident(process: int) -> int:
    """Pages; 0 when it has ended."""
    try:
        return int(Path(f"/proc/{process}/statm").read_text().split()[1])
    except (OSError, IndexError):
        return 0


def _end(process: "subprocess.Popen[str]") -> None:
    """With all that is in its session; ffmpeg, which has one of its own, ends when nobody reads what it writes."""
    with contextlib.suppress(ProcessLookupError, PermissionError):
        if hasattr(os, "killpg"):
            os.killpg(process.pid, signal.SIGKILL)
        else:
            process.kill()
