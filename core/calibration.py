"""From measurements to a probability."""

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from lipgate.core.constants import VIDEO_FPS

if TYPE_CHECKING:  # what serves the API without scoring reads calibrations, and needs no NumPy
    from lipgate.core.sync.distances import SyncResult


@dataclass(frozen=True)
class Calibration:
    """Logistic of a linear calibration: how sure it is that lips and sound belong together.

    score = sigmoid((confidence - distance * min_dist - shortness / sqrt(seconds) - midpoint) / scale)
    """

    midpoint: float
    scale: float

    distance: float = 0.0
    """What one unit of min_dist takes off, in units of confidence; 0 for `syncnet`."""

    shortness: float = 0.0
    """What a track of one second loses against an endless one, in units of confidence."""

    def half(self, sync: "SyncResult") -> float:
        """Confidence with which a track of this length and min_dist would score one half; may be negative."""
        seconds = max(len(sync.framewise_confidence), 1) / VIDEO_FPS
        return self.midpoint + self.distance * sync.min_dist + self.shortness / math.sqrt(seconds)

    def least_confidence(self, sync: "SyncResult", seconds: float) -> float:
        """Confidence with which a stretch of this length would score one half beside a track's median distance.

        A stretch that fits better lies nearer by as much, so that both count.
        """
        level = sync.min_dist + sync.confidence
        return (self.midpoint + self.distance * level + self.shortness / math.sqrt(seconds)) / (1 + self.distance)

    @property
    def confidence_alone(self) -> bool:
        """Whether the score follows from the confidence alone, so that one confidence is the middle for every track."""
        return not self.distance and not self.shortness

    def evidence(self, sync: "SyncResult") -> float:
        """Logarithm of the odds; orders tracks where scores have come to 1."""
        return (sync.confidence - self.half(sync)) / self.scale

    def score(self, sync: "SyncResult") -> float:
        """0 to 1; never overflows."""
        return 0.5 * (1.0 + math.tanh(0.5 * self.evidence(sync)))
