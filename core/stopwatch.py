"""Where the time goes: stages that pull from one another are timed one by one."""

import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import TypeVar

T = TypeVar("T")


class Stopwatch:
    """Sums the time of named stages; time in a stage called from another counts for the inner one only."""

    def __init__(self) -> None:
        self.milliseconds: dict[str, float] = {}
        """Time of each stage, in order of first use."""
        self._open: list[str] = []
        self._since = 0.0

    @contextmanager
    def stage(self, name: str) -> Iterator[None]:
        """Count the block for `name`."""
        self.milliseconds.setdefault(name, 0.0)
        self._book()
        self._open.append(name)
        try:
            yield
        finally:
            self._book()
            self._open.pop()

    def pulling(self, name: str, items: Iterable[T]) -> Iterator[T]:
        """Pass items on; the time it takes to get each counts for `name`."""
        iterator = iter(items)
        while True:
            with self.stage(name):
                try:
                    item = next(iterator)
                except StopIteration:
                    return
            yield item

    def _book(self) -> None:
        now = time.perf_counter()
        if self._open:
            self.milliseconds[self._open[-1]] += (now - self._since) * 1000
        self._since = now
