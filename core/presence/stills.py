"""Finds pictures that stand still, are black, or equal the one before."""

from dataclasses import dataclass

import numpy as np

from lipgate.core.constants import VIDEO_FPS
from lipgate.core.opencv import cv2

MIN_FRAMES = round(0.8 * VIDEO_FPS)
"""Frames that a picture must stand still, or be black, to be told: calls over the net stop for half a second."""

CHANGED = 6.0
"""Grey levels by which one fine cell must differ from what it was for the picture to have changed. In a second of speech lips
changed theirs by 25 and more in every clip that was tried; an encoder that sharpens a still picture stays below."""

BLACK = 24.0
"""Brightness, 0 to 255, that no cell of a black picture exceeds."""

SAME = 1.0
"""Largest difference of a cell of a picture that was shown twice."""


@dataclass(frozen=True)
class Stretch:
    """Frames start .. stop - 1."""

    start: int
    stop: int

    def __len__(self) -> int:
        return self.stop - self.start


class StillFinder:
    """Watches the pictures of a clip, in order."""

    def __init__(self) -> None:
        self.frozen: list[Stretch] = []
        """Where the picture stands still and is not black."""
        self.black: list[Stretch] = []
        self.frames = 0
        self.same = 0
        """Frames that equal the one before, outside of frozen stretches and black ones."""
        self._anchor: np.ndarray | None = None
        """What the picture was where it began to stand still."""
        self._previous: np.ndarray | None = None
        self._since = 0
        self._same_since = 0
        self._black_since: int | None = None

    def feed(self, cells: np.ndarray) -> None:
        """Look at the next picture, float32 (rows, columns)."""
        if self._anchor is None or self._changed(cells, self._anchor, CHANGED):
            self._end_still()
            self._anchor, self._since, self._same_since = cells, self.frames, 0
        if self._previous is not None and not self._changed(cells, self._previous, SAME):
            self._same_since += 1
        self._previous = cells
        black = float(cells.max()) <= BLACK
        if not black:
            self._end_black()
        elif self._black_since is None:
            self._black_since = self.frames
        self.frames += 1

    def finish(self) -> None:
        """The clip ends."""
        self._end_still()
        self._end_black()

    def _end_still(self) -> None:
        stretch = Stretch(self._since, self.frames)
        if len(stretch) < MIN_FRAMES:
            self.same += self._same_since
        elif self._anchor is not None and self._anchor.max() > BLACK:
            self.frozen.append(stretch)

    def _end_black(self) -> None:
        if self._black_since is not None and self.frames - self._black_since >= MIN_FRAMES:
            self.black.append(Stretch(self._black_since, self.frames))
        self._black_since = None

    @staticmethod
    def _changed(cells: np.ndarray, before: np.ndarray, limit: float) -> bool:
        return cells.shape != before.shape or cv2.norm(cells, before, cv2.NORM_INF) > limit
