"""Marks scene cuts by the rule of PySceneDetect's ContentDetector, on the pictures already decoded.

The rule is written out here: importing that package starts whatever `ffmpeg` the search path names, and takes as long as all
else that a score imports; its sums over integers of four bytes take ten times as long as OpenCV's. A test holds the two equal.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np

from lipgate.core.opencv import cv2

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
    image: np.ndarray
    """uint8 (height, width, 3) BGR."""
    small: np.ndarray
    """The same picture with a longer side of at most `ANALYSIS_SIDE`."""
    shot: int
    """Number of the shot it belongs to, from 0. A video without a cut is one shot."""


def split(images: Iterable[np.ndarray]) -> Iterator[Frame]:
    """Number pictures and shots. Lazy: keeps one picture.

    Args:
        images: uint8 (height, width, 3) BGR, in order at 25 fps.
    """
    shot, shot_start = 0, 0
    before: np.ndarray | None = None
    for index, image in enumerate(images):
        small = shrink(image)
        colours = cv2.cvtColor(small, cv2.COLOR_BGR2HSV)
        if before is not None and index - shot_start >= MIN_SHOT_FRAMES and _difference(colours, before) >= CUT:
            shot, shot_start = shot + 1, index
        before = colours
        yield Frame(index, image, small, shot)


def _difference(one: np.ndarray, other: np.ndarray) -> float:
    """Mean absolute difference of two pictures of one size, uint8 (height, width, 3)."""
    return cv2.norm(one, other, cv2.NORM_L1) / one.size


def shrink(image: np.ndarray, side: int = ANALYSIS_SIDE) -> np.ndarray:
    """Scale a picture down to a longer side of `side` pixels; smaller pictures stay as they are."""
    height, width = image.shape[:2]
    scale = side / max(height, width)
    if scale >= 1:
        return image
    wide, high = max(1, round(width * scale)), max(1, round(height * scale))
    # Halves are means of four pixels, which OpenCV makes many times as fast as means over any other area.
    while width >= 2 * wide and height >= 2 * high and not (width | height) % 2:
        width, height = width // 2, height // 2
        image = cv2.resize(image, (width, height), interpolation=cv2.INTER_AREA)
    # Less than a half is left to go, where four neighbours leave no pixel out; more only of a side that cannot be halved.
    blend = cv2.INTER_LINEAR if width < 2 * wide and height < 2 * high else cv2.INTER_AREA
    return cv2.resize(image, (wide, high), interpolation=blend)
