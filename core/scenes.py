"""Marks scene cuts by the rule of PySceneDetect's ContentDetector, on the pictures already decoded.

The rule is written out here: importing that package starts whatever `ffmpeg` the search path names, and takes as long as all
else that a score imports; its sums over integers of four bytes take ten times as long as OpenCV's. A test holds the two equal.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np

from lipgate.core.opencv import cv2
from lipgate.core.picture import Picture, shrink

ANALYSIS_SIDE = 320
"""Longer side of the small picture that cuts (and small-scale face detectors) look at, in pixels."""

MIN_SHOT_FRAMES = 5
"""A cut this soon after another is taken for a flash."""

CUT = 27.0
"""Mean difference of hue, saturation and value between two pictures from which on there is a cut (ContentDetector's own)."""


@dataclass(frozen=True)
class Frame:
    """One picture on its way through the stages."""

    index: int
    """Position at 25 fps from time zero."""
    image: Picture
    small: np.ndarray
    """The same with a longer side of at most `ANALYSIS_SIDE`, uint8 (height, width, 3) BGR."""
    shot: int
    """Number of the shot it belongs to, from 0. A video without a cut is one shot."""


def split(images: Iterable[Picture]) -> Iterator[Frame]:
    """Number pictures and shots. Lazy: keeps one picture.

    Args:
        images: in order at 25 fps.
    """
    shot, shot_start = 0, 0
    before: np.ndarray | None = None
    for index, image in enumerate(images):
        small = shrink(image, ANALYSIS_SIDE)
        colours = cv2.cvtColor(small, cv2.COLOR_BGR2HSV)
        if before is not None and index - shot_start >= MIN_SHOT_FRAMES and _difference(colours, before) >= CUT:
            shot, shot_start = shot + 1, index
        before = colours
        yield Frame(index, image, small, shot)


def _difference(one: np.ndarray, other: np.ndarray) -> float:
    """Mean absolute difference of two pictures of one size, uint8 (height, width, 3)."""
    return cv2.norm(one, other, cv2.NORM_L1) / one.size
