"""One bar for all files on a terminal; elsewhere a line every few seconds, for logs."""

import sys
import time
from pathlib import Path
from types import TracebackType
from typing import Any, Self

LINE_SECONDS = 5.0


class Progress:
    """Told of each file that is done. A context manager."""

    def __init__(self, total: int, *, quiet: bool = False) -> None:
        """Args: total: number of files. quiet: say nothing."""
        self._total, self._quiet = total, quiet
        self._done = self._failed = 0
        self._bar: Any = None
        self._said_at = self._began = time.monotonic()

    def __enter__(self) -> Self:
        if not self._quiet and sys.stderr.isatty():
            from rich.console import Console
            from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn

            columns = (TextColumn("{task.fields[name]}"), BarColumn(), TextColumn("{task.percentage:>3.0f}%"))
            times = (TimeElapsedColumn(), TimeRemainingColumn())
            counted = (MofNCompleteColumn(),) if self._total > 1 else ()
            self._bar = Progress(*columns, *counted, *times, console=Console(stderr=True), transient=True)
            self._bar.__enter__()
            self._task = self._bar.add_task("", total=self._total, name="")
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        if self._bar is not None:
            self._bar.__exit__(kind, error, trace)

    def begin(self, file: str) -> None:
        """A file is taken up."""
        if self._bar is not None:
            self._bar.update(self._task, name=Path(file).name)

    def within(self, seconds: float, total: float | None) -> None:
        """So much of the file in hand is done."""
        share = min(0.99, seconds / total) if total else 0.0
        if self._bar is not None:
            self._bar.update(self._task, completed=self._done + share)
        else:
            self._line(f", {seconds:.0f} s of the next one" + (f" of {total:.0f} s" if total else ""))

    def end(self, *, failed: bool) -> None:
        """A file is done."""
        self._done += 1
        self._failed += failed
        if self._bar is not None:
            self._bar.update(self._task, completed=self._done)
        elif self._done < self._total:
            left = (time.monotonic() - self._began) / self._done * (self._total - self._done)
            self._line(f", about {left:.0f} s left")

    def _line(self, more: str) -> None:
        now = time.monotonic()
        if self._quiet or now - self._said_at < LINE_SECONDS:
            return
        self._said_at = now
        failed = f" ({self._failed} failed)" if self._failed else ""
        print(f"lipgate: {self._done} of {self._total} files{failed}{more}", file=sys.stderr, flush=True)
