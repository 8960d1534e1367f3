"""Asks whether it is the lips that fit the sound, or what lies around them.

A sync network looks at all of a crop, and whoever has it can find cheeks and a chin that it takes for speech. So a track is
scored a second time, with everything but the lips averaged over a second: of somebody who speaks most of the fit is still there.
"""

import math

import numpy as np

from lipgate.core.constants import VIDEO_FPS
from lipgate.core.faces import mouth
from lipgate.core.presence.findings import Code, Finding
from lipgate.core.sync.distances import SyncResult
from lipgate.core.sync.ear import Ear
from lipgate.core.sync.model import SyncModel
from lipgate.core.sync.track_scorer import TrackScorer

LIMIT = 3.7
"""By how much further the sound may lie from the lips alone than from the whole crop. How far it does, for whom:
training/EXPERIMENTS.md."""

WIDE, HIGH, BELOW = 15.0, 11.0, 1.0
"""Half axes of the ellipse that holds the lips, and how far below the middle of the mouth its own lies, in pixels of the crop."""

BEFORE = 12
"""Pictures before and after each that what is around the lips is averaged over."""


class LipsScorer:
    """Scores one track by its lips alone, while it runs."""

    def __init__(self, model: SyncModel, ear: Ear, vshift: int, start: int, most: int | None) -> None:
        """Begin a track.

        Args:
            model: one that `crops_mouths`.
            ear, vshift: as of `TrackScorer`.
            start: first frame of the track.
            most: pictures that are looked at; None: all of them.
        """
        self._scorer = TrackScorer(model, ear, vshift, start)
        self._crops = np.empty((0, mouth.SIDE, mouth.SIDE), np.uint8)
        self._done = 0
        """Crops at the beginning of `_crops` that were handed on, and are still needed for the mean."""
        self._left = most
        self._alone: SyncResult | None = None
        self._ended = False

    @property
    def needs_sound_from(self) -> float:
        """First frame whose sound is still needed; infinity where none is."""
        return math.inf if self._ended else self._scorer.needs_sound_from

    def feed(self, crops: np.ndarray) -> None:
        """Take the next crops, uint8 (n, 64, 64)."""
        if self._ended:
            return
        if self._left is not None:
            crops = crops[: self._left]
            self._left -= len(crops)
        self._crops = np.concatenate([self._crops, crops])
        self._hand_on(len(self._crops) - BEFORE)
        if self._left == 0:
            self._end()

    def findings(self, whole: SyncResult) -> tuple[Finding, ...]:
        """What was noticed; the track has ended.

        Args:
            whole: the track scored by all of its crops.
        """
        if not self._ended:
            self._end()
        alone = self._alone
        if alone is None:
            return ()
        # At the same offset, or a frame beside it: another offset would be another answer.
        middle = len(alone.curve) // 2 - whole.offset_frames
        further = float(alone.curve[max(0, middle - 1) : middle + 2].min()) - whole.min_dist
        if further <= LIMIT:
            return ()
        start, stop = self._scorer.start, self._scorer.start + self._scorer.frames
        words = f"What fits the sound lies around the lips: by themselves they are further from it by {further:.1f}."
        return (Finding(Code.BESIDE_LIPS, start / VIDEO_FPS, stop / VIDEO_FPS, further, LIMIT, True, words),)

    def _end(self) -> None:
        self._hand_on(len(self._crops))
        self._alone, _ = self._scorer.finish()
        self._crops, self._ended = self._crops[:0], True

    def _hand_on(self, stop: int) -> None:
        """Score the crops up to `stop` of `_crops`."""
        if stop <= self._done:
            return
        self._scorer.take(_lips_of(self._crops, self._done, stop))
        kept = max(0, stop - BEFORE)
        self._crops, self._done = self._crops[kept:], stop - kept


def _lips_of(crops: np.ndarray, first: int, stop: int) -> np.ndarray:
    """The crops first .. stop - 1 with what is around the lips averaged over time, uint8.

    At the ends of what is there the mean is of fewer pictures.
    """
    sums = np.concatenate([np.zeros((1, *crops.shape[1:]), np.int32), np.cumsum(crops, axis=0, dtype=np.int32)])
    at = np.arange(first, stop)
    low, high = np.maximum(at - BEFORE, 0), np.minimum(at + BEFORE + 1, len(crops))
    mean = (sums[high] - sums[low]) / (high - low)[:, None, None].astype(np.float32)
    return (mean + _LIPS * (crops[first:stop] - mean) + 0.5).astype(np.uint8)


def _ellipse() -> np.ndarray:
    rows, columns = np.mgrid[0 : mouth.SIDE, 0 : mouth.SIDE]
    middle = mouth.SIDE / 2
    away = ((columns - middle) / WIDE) ** 2 + ((rows - (middle - mouth.MOUTH_ABOVE_MIDDLE + BELOW)) / HIGH) ** 2
    return np.clip((1.25 - away) / 0.5, 0, 1).astype(np.float32)


_LIPS = _ellipse()
"""How much of each pixel is lips, float32 (64, 64), 0 to 1."""
