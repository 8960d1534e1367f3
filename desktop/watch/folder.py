"""Which files have fallen into a folder and come to rest there. Looks again and again, which works on network shares too."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from stat import S_ISREG

_UNFINISHED = (".part", ".partial", ".tmp", ".temp", ".crdownload", ".download", ".filepart", ".upload")
"""How programs that copy and download name what is not complete."""

_RESULTS = (".json", ".html")
"""What `watch` itself puts beside the videos."""


@dataclass(frozen=True)
class State:
    """By which a file is known again. Renaming a file into the folder keeps both, changing it changes one."""

    bytes: int
    modified_ns: int


@dataclass(frozen=True)
class Arrival:
    """A file that has come to rest."""

    path: Path
    state: State


@dataclass(frozen=True)
class Look:
    """What one look at the folder showed."""

    at_rest: list[Arrival]
    """The oldest first."""

    growing: list[Path]
    """New, or changed since the last look, or not yet quiet for long enough."""


class WatchedFolder:
    """The files directly inside one folder: no hidden or unfinished ones, no links, nothing but plain files."""

    def __init__(self, folder: Path, settle_s: float, clock: Callable[[], float] = time.monotonic) -> None:
        """Args:
        folder: may vanish and return.
        settle_s: a file whose size and date have not changed for so long is complete.
        clock: seconds; that of this machine, as dates on a share may be of another one.
        """
        self._folder = folder
        self._settle_s = settle_s
        self._clock = clock
        self._since: dict[Path, tuple[State, float]] = {}

    def look(self) -> Look:
        """Look once.

        Raises:
            OSError: the folder is not there or cannot be read; what was known of its files is forgotten.
        """
        now, before = self._clock(), self._since
        self._since = {}
        for path in self._folder.iterdir():
            state = _state(path) if _is_wanted(path.name) else None
            if state is not None:
                known = before.get(path)
                self._since[path] = known if known and known[0] == state else (state, now)
        quiet = {path: now - since >= self._settle_s for path, (_, since) in self._since.items()}
        at_rest = [Arrival(path, state) for path, (state, _) in self._since.items() if quiet[path]]
        at_rest.sort(key=lambda arrival: (arrival.state.modified_ns, arrival.path.name))
        return Look(at_rest, [path for path in self._since if not quiet[path]])


def _state(path: Path) -> State | None:
    try:
        found = path.lstat()
    except OSError:  # gone between the two calls
        return None
    return State(found.st_size, found.st_mtime_ns) if S_ISREG(found.st_mode) else None


def _is_wanted(name: str) -> bool:
    lower = name.lower()
    return not lower.startswith((".", "~")) and not lower.endswith(("~", *_UNFINISHED, *_RESULTS))
