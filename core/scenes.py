"""Marks scene cuts with PySceneDetect's ContentDetector, fed with the pictures already decoded."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np

from lipgate.core.constants import VIDEO_FPS
from lipgate.core.opencv import cv2

ANALYSIS_SIDE = 320
"""Longer side of the small picture that cuts (and small-scale face detectors) look at, in pixels."""

MIN_SHOT_FRAMES = 5
"""A cut this soon after another is taken for a flash."""


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
    from scenedetect import FrameTimecode
    from scenedetect.detector import FlashFilter
    from scenedetect.detectors import ContentDetector

    # SUPPRESS tells a cut with the frame that begins the shot; MERGE may tell it frames later.
    detector = ContentDetector(min_scene_len=MIN_SHOT_FRAMES, filter_mode=FlashFilter.Mode.SUPPRESS)
    shot = 0
    for index, image in enumerate(images):
        small = shrink(image)
        if detector.process_frame(FrameTimecode(index, float(VIDEO_FPS)), small):
            shot += 1
        yield Frame(index, image, small, shot)


def shrink(image: np.ndarray, side: int = ANALYSIS_SIDE) -> np.ndarray:
    """Scale a picture down to a longer side of `side` pixels; smaller pictures stay as they are."""
    height, width = image.shape[:2]
    scale = side / max(height, width)
    if scale >= 1:
        return image
    return cv2.resize(image, (max(1, round(width * scale)), max(1, round(height * scale))), interpolation=cv2.INTER_AREA)
