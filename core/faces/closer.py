"""Looks closer where no face is found, or only tiny ones: a small face in a large picture is lost in the small one."""

from typing import Protocol, runtime_checkable

import numpy as np

from lipgate.core.faces.detection import Detection, Detector
from lipgate.core.picture import Picture
from lipgate.core.scenes import ANALYSIS_SIDE

SIDES = (ANALYSIS_SIDE, 640, 1280)
"""Longer side of the picture that is looked at, in pixels."""

TINY_PX = 16
"""Landmarks of a smaller face, in pixels of the picture that is looked at, are too coarse."""

EASY_PX = 40
"""The picture may be half as large where the largest face has this size."""

RARELY = 16
"""While nothing is found, one look in so many is a closer one; the first, second, fourth and eighth are too."""


@runtime_checkable
class ScalableDetector(Detector, Protocol):
    """A detector that can look at a picture in several sizes."""

    def detect_at(self, frame: Picture, side: int, small: np.ndarray | None = None) -> list[Detection]:
        """As `detect`, on the picture scaled down to a longer side of `side` pixels; never scaled up."""
        ...


class Closer:
    """A detector for one video: at first on the smallest picture, closer as long as that finds more."""

    def __init__(self, detector: ScalableDetector) -> None:
        """Args: detector: may be shared by many videos."""
        self._detector = detector
        self.name, self.stride = detector.name, detector.stride
        self._level = 0
        self._in_vain = 0

    def detect(self, frame: Picture, small: np.ndarray | None = None) -> list[Detection]:
        """See `lipgate.core.faces.detection.Detector`."""
        found = self._detector.detect_at(frame, SIDES[self._level], small)
        size = _largest(found) * SIDES[self._level] / max(frame.shape[:2])
        if size >= TINY_PX:
            self._in_vain = 0
            self._level -= size >= EASY_PX and self._level > 0
            return found
        self._in_vain += 1
        if self._in_vain % RARELY == 0 or self._in_vain in (1, 2, 4, 8):
            for level in range(self._level + 1, len(SIDES)):
                if SIDES[level - 1] >= max(frame.shape[:2]):
                    break
                if closer := self._detector.detect_at(frame, SIDES[level]):
                    self._level, self._in_vain = level, 0
                    return closer
        if not found and self._in_vain >= RARELY // 2:
            self._level = 0
        return found


def closer(detector: Detector) -> Detector:
    """The detector for one video; as it is where it cannot look closer."""
    return Closer(detector) if isinstance(detector, ScalableDetector) else detector


def _largest(found: list[Detection]) -> float:
    return max((float((face.box[2:] - face.box[:2]).max()) for face in found), default=0.0)
