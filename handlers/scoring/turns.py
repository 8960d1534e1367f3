"""Who is next: one of each owner in turn, whatever number somebody has put in."""

import threading
from collections import OrderedDict, deque
from typing import Generic, TypeVar

T = TypeVar("T")


class Turns(Generic[T]):
    """A queue with a line for every owner. May be used from several threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._lines: OrderedDict[str, deque[T]] = OrderedDict()
        """By owner, who is next first. A line is never empty."""

    def put(self, owner: str, item: T) -> None:
        """Stand in the owner's line."""
        with self._lock:
            self._lines.setdefault(owner, deque()).append(item)

    def take(self) -> T | None:
        """The first of the owner whose turn it is; who has more waits for the others. None where nobody waits."""
        with self._lock:
            if not self._lines:
                return None
            owner, line = self._lines.popitem(last=False)
            item = line.popleft()
            if line:
                self._lines[owner] = line
            return item
