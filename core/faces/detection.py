"""What a face detector returns, and what it must be able to do."""

from dataclasses import dataclass
from typing import Protocol

import numpy as np

from lipgate.core.picture import Picture


@dataclass(frozen=True)
class Detection:
    """One face in one frame."""

    box: np.ndarray
    """float32 (4,): left, top, right, bottom in pixels of the frame; may reach outside it."""

    score: float
    """Confidence of the detector, 0 to 1."""

    landmarks: np.ndarray | None = None
    """float32 (5, 2): x, y of right eye, left eye, nose tip, right and left mouth corner (the person's right, the picture's
    left), in pixels of the frame. None where the detector finds none."""


class Detector(Protocol):
    """Finds faces in single frames. Implementations: `yunet`, `s3fd`."""

    name: str
    stride: int
    """A frame is looked at every so many frames; positions between are interpolated."""

    def detect(self, frame: Picture, small: np.ndarray | None = None) -> list[Detection]:
        """Find faces.

        Args:
            frame: the picture.
            small: the same scaled down by `lipgate.core.picture.shrink`, where that has been done already.
        """
        ...
