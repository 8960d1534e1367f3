"""Result files of `watch`. They are its only memory: a file that has one, made from the same state of it, is done."""

import contextlib
import errno
import json
import time
from pathlib import Path
from stat import S_ISREG
from typing import Any, Literal

from lipgate.core.errors import OutputError
from lipgate.core.files import sync_file
from lipgate.desktop.outcome import FileOutcome
from lipgate.desktop.output import whole_file
from lipgate.desktop.report.frame import HEAD_BYTES, is_page
from lipgate.desktop.report.page import write_html
from lipgate.desktop.watch.folder import Arrival, State

MARK = "watched"
"""Key that a result of `watch` has and no other document does: the state of the file it was made from."""

_LARGEST = 64 << 20
"""Bytes; a larger file is no result."""

_STALE_S = 24 * 3600
"""Half-written files older than this were left by a crash."""

Known = Literal["new", "done", "foreign", "nameless"]
"""`foreign`: where the result should go lies something that `watch` has not written and will not replace.
`nameless`: the name of the result would be longer than a name may be."""


class Results:
    """Writes and finds the results of one folder."""

    def __init__(self, folder: Path, html: bool) -> None:
        """Args:
        folder: an existing one.
        html: write a page with plots beside each result.
        """
        self._folder = folder
        self._html = html
        self._done: dict[str, State] = {}

    def place(self, video: Path) -> Path:
        """Where the result of a video is: `clip.mp4.json`."""
        return self._folder / f"{video.name}.json"

    def _page(self, video: Path) -> Path:
        return self._folder / f"{video.name}.html"

    def known(self, arrival: Arrival) -> Known:
        """Whether this state of a file has its result."""
        place, name = self.place(arrival.path), arrival.path.name
        found = None
        try:
            found = place.lstat()
        except OSError as error:
            if error.errno == errno.ENAMETOOLONG:
                return "nameless"
        # Who may put files here may put links here: what they point to is not ours to replace.
        if self._html and not _is_ours(self._page(arrival.path)):
            return "foreign"
        if found is None:
            self._done.pop(name, None)
            return "new"
        if self._done.get(name) == arrival.state:
            return "done"
        state = _read_state(place) if S_ISREG(found.st_mode) and found.st_size <= _LARGEST else None
        if state is None:
            return "foreign"
        if state == arrival.state:
            self._done[name] = state
        return "done" if state == arrival.state else "new"

    def write(self, outcome: FileOutcome, arrival: Arrival) -> None:
        """Put a result in its place, whole and on the disk; the page first, as the result says that all is done.

        Raises:
            OutputError: output_failed.
        """
        if self._html and outcome.report is not None:
            write_html([(arrival.path, outcome.report)], self._page(arrival.path))
        with whole_file(self.place(arrival.path), arrival.path) as part:
            part.write_text(json.dumps(document(outcome, arrival), indent=2, allow_nan=False) + "\n", encoding="utf-8")
            sync_file(part)
        self._done[arrival.path.name] = arrival.state

    def sweep(self) -> None:
        """Remove what a killed process has left half written."""
        for path in self._folder.glob(".lipgate-*.part.*"):
            with contextlib.suppress(OSError):
                if time.time() - path.lstat().st_mtime > _STALE_S:
                    path.unlink()


def document(outcome: FileOutcome, arrival: Arrival) -> dict[str, Any]:
    """The JSON of a result: that of `score`, and the state of the file."""
    state = {"bytes": arrival.state.bytes, "modified_ns": arrival.state.modified_ns}
    return {**outcome.to_dict(), MARK: state}


def results_folder(given: Path | None, watched: Path) -> Path:
    """The folder for results: made if it does not exist; the watched one if none is given.

    Raises:
        OutputError: output_failed.
    """
    if given is None:
        return watched
    try:
        given.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise OutputError("output_failed", f"The folder {given} cannot be made: {error.strerror}.") from error
    return given


def _is_ours(page: Path) -> bool:
    """Whether a page may be written there: nothing lies there, or a page of this program does."""
    try:
        if page.is_symlink() or not page.exists():
            return not page.is_symlink()
        with page.open("rb") as file:
            return S_ISREG(page.stat().st_mode) and is_page(file.read(HEAD_BYTES))
    except OSError:
        return False


def _read_state(place: Path) -> State | None:
    """The state a result was made from; None where the file is no result."""
    try:
        mark = json.loads(place.read_bytes())[MARK]
        return State(int(mark["bytes"]), int(mark["modified_ns"]))
    except (OSError, ValueError, KeyError, TypeError, RecursionError):
        return None
