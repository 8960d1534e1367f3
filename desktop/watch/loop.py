"""The loop of `lipgate watch`: look, score what has come to rest, write, tell; until told to stop."""

import mimetypes
import threading
from collections.abc import Callable
from pathlib import Path

from lipgate.core.errors import OutputError
from lipgate.desktop.outcome import FileOutcome
from lipgate.desktop.watch.folder import Arrival, Look, WatchedFolder
from lipgate.desktop.watch.results import Results

_VIDEO_SUFFIXES = (".mkv", ".mts", ".m2ts", ".ts", ".mxf", ".flv", ".wmv", ".vob", ".3gp", ".webm", ".m4v", ".ogv")
"""Of videos that not every system's list of types knows."""

MOST_UNWRITTEN = 100
"""Results kept in memory while they cannot be written; then nothing more is scored."""


_NO_VIDEO = ("not_a_video", "no_video_stream", "empty_file")


def is_no_video(outcome: FileOutcome, path: Path) -> bool:
    """Whether a file is something else that lies in the folder: it holds no video, and its name does not promise one."""
    promised = (mimetypes.guess_type(path.name)[0] or "").startswith("video/") or path.suffix.lower() in _VIDEO_SUFFIXES
    return outcome.error is not None and outcome.error.code in _NO_VIDEO and not promised


class Watcher:
    """Scores each file once. Used by one thread."""

    def __init__(
        self,
        folder: WatchedFolder,
        results: Results,
        score: Callable[[Path], FileOutcome],
        tell: Callable[[FileOutcome, Arrival], None],
        complain: Callable[[str], None],
    ) -> None:
        """Args:
        folder, results: where from and where to.
        score: never raises what belongs to one file.
        tell: called once for each result that has been written, and for each file that can have none.
        complain: called once for each trouble, not at each look.
        """
        self._folder = folder
        self._results = results
        self._score = score
        self._tell = tell
        self._complain = complain
        self._unwritten: dict[Arrival, FileOutcome] = {}
        self._left_alone: set[Arrival] = set()
        self._no_videos: set[Arrival] = set()
        """Looked into, and passed over without a word."""
        self._away = False

    def run(self, stop: threading.Event, interval_s: float) -> None:
        """Watch until `stop` is set."""
        while not stop.is_set():
            look = self._look()
            if look is not None:
                self.step(look)
            stop.wait(interval_s)

    def once(self, stop: threading.Event, settle_s: float) -> bool:
        """Score what is there; False where a file failed or its result could not be written.

        Raises:
            OSError: the folder cannot be read.
        """
        self._folder.look()
        stop.wait(settle_s)
        look = self._folder.look()
        for path in look.growing:
            self._complain(f"{path.name} is still growing and was left")
        return self.step(look) and not self._unwritten

    def step(self, look: Look) -> bool:
        """Score and write what one look showed; False where a file failed."""
        there = set(look.at_rest)
        self._left_alone &= there
        self._no_videos &= there
        # What has gone or changed meanwhile needs no result of its former state.
        self._unwritten = {arrival: outcome for arrival, outcome in self._unwritten.items() if arrival in there}
        well = True
        for arrival, outcome in list(self._unwritten.items()):
            well = self._deliver(arrival, outcome) and well
        for arrival in look.at_rest:
            if len(self._unwritten) >= MOST_UNWRITTEN:
                return False
            if arrival in self._unwritten or arrival in self._no_videos:
                continue
            known = self._results.known(arrival)
            if known == "new":
                outcome = self._score(arrival.path)
                if is_no_video(outcome, arrival.path):
                    self._no_videos.add(arrival)
                elif outcome.error is None or arrival.path.exists():  # else somebody took it away
                    well = self._deliver(arrival, outcome) and well
            elif known != "done" and arrival not in self._left_alone:
                well = self._leave(arrival, nameless=known == "nameless") and well
        return well

    def _look(self) -> Look | None:
        try:
            look = self._folder.look()
        except OSError as error:
            if not self._away:
                self._complain(f"the folder cannot be read: {error.strerror or error}; waiting for it")
            self._away = True
            return None
        if self._away:
            self._complain("the folder is back")
        self._away = False
        return look

    def _leave(self, arrival: Arrival, *, nameless: bool) -> bool:
        """Say why a file gets no result; False where that is an error of the file itself."""
        self._left_alone.add(arrival)
        if nameless:
            error = OutputError("output_failed", "The name is too long to have .json behind it, as its result would. Shorten it.")
            self._tell(FileOutcome(str(arrival.path), error=error), arrival)
            return False
        place = self._results.place(arrival.path)
        self._complain(f"{arrival.path.name} is left alone: {place}, or its page, is no result of watch and is not replaced")
        return True

    def _deliver(self, arrival: Arrival, outcome: FileOutcome) -> bool:
        try:
            self._results.write(outcome, arrival)
        except OutputError as error:
            if arrival not in self._unwritten:
                self._complain(f"{arrival.path.name} is scored, but {error.message} Trying again.")
            self._unwritten[arrival] = outcome
            return False
        self._unwritten.pop(arrival, None)
        self._tell(outcome, arrival)
        return outcome.error is None
