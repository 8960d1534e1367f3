"""Finds out whether a picture stands on its head or lies on its side, and the file does not say so."""

from collections.abc import Sequence

import numpy as np

from lipgate.core.constants import VIDEO_FPS
from lipgate.core.faces.closer import ScalableDetector
from lipgate.core.faces.detection import Detector

SIDE = 640
"""Longer side of the picture that is looked at, in pixels: a face of 50 pixels in 1920 has 17 there."""

LOOKS_AT = (0, VIDEO_FPS, 2 * VIDEO_FPS)
"""The frames that are looked at."""

UPRIGHT_SCORE = 0.9
"""A detector is as sure as this of a face that is upright. Of one that is turned it is at most 0.87 sure, mostly less."""

CLEARLY = 0.05
"""By so much a detector must be surer of the turned picture."""


def turn_of(pictures: Sequence[np.ndarray], detector: Detector) -> int:
    """Degrees clockwise by which pictures must be turned for their faces to be upright: 0, 90, 180 or 270.

    Args:
        pictures: of one video, uint8 (height, width, 3) BGR, best with a longer side of `SIDE`.
        detector: of faces.
    """
    scores = np.zeros(4)
    for looks, picture in enumerate(pictures, 1):
        scores += [_sureness(detector, np.rot90(picture, -quarter)) for quarter in range(4)]
        best = int(scores.argmax())
        if scores[0] and scores[best] < scores[0] + CLEARLY * looks:
            return 0
    sure = len(pictures) > 0 and scores[best] >= UPRIGHT_SCORE * len(pictures)
    return 90 * best if sure else 0


def _sureness(detector: Detector, picture: np.ndarray) -> float:
    picture = np.ascontiguousarray(picture)
    found = detector.detect_at(picture, SIDE) if isinstance(detector, ScalableDetector) else detector.detect(picture)
    return max((face.score for face in found), default=0.0)
