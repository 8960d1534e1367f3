"""Cuts are those of PySceneDetect's ContentDetector; small pictures show what large ones show."""

import cv2
import numpy as np
import pytest
from scenedetect import ContentDetector, FrameTimecode
from scenedetect.detector import FlashFilter

from lipgate.core.constants import VIDEO_FPS
from lipgate.core.picture import shrink
from lipgate.core.scenes import ANALYSIS_SIDE, MIN_SHOT_FRAMES, split


def theirs(pictures: list[np.ndarray]) -> list[int]:
    detector = ContentDetector(min_scene_len=MIN_SHOT_FRAMES, filter_mode=FlashFilter.Mode.SUPPRESS)
    return [n for n, picture in enumerate(pictures) if detector.process_frame(FrameTimecode(n, float(VIDEO_FPS)), picture)]


def ours(pictures: list[np.ndarray]) -> list[int]:
    shots = [frame.shot for frame in split(pictures)]
    return [n for n in range(1, len(shots)) if shots[n] != shots[n - 1]]


def blurred(rng: np.random.Generator) -> np.ndarray:
    return cv2.resize(rng.integers(0, 256, (5, 8, 3), np.uint8), (160, 90), interpolation=cv2.INTER_CUBIC)


@pytest.mark.parametrize("seed", range(4))
def test_cuts_are_those_of_the_library(seed: int) -> None:
    rng = np.random.default_rng(seed)
    pictures = [blurred(rng)]
    for _ in range(200):
        chance = rng.random()
        if chance < 0.1:
            pictures.append(blurred(rng))  # a cut, or a flash where two come close together
        elif chance < 0.3:  # a change near the threshold
            pictures.append(np.clip(pictures[-1] + rng.normal(0, 30, 3) + rng.normal(0, 5), 0, 255).astype(np.uint8))
        else:
            pictures.append(pictures[-1])
    assert ours(pictures) == theirs(pictures)
    assert len(ours(pictures)) > 5


@pytest.mark.parametrize("size", [(1280, 720), (1920, 1080), (854, 480), (512, 512), (641, 359), (333, 8), (4000, 3)])
def test_a_small_picture_is_the_mean_of_what_it_stands_for(size: tuple[int, int]) -> None:
    width, height = size
    across, down = np.meshgrid(np.linspace(0, 250, width), np.linspace(0, 250, height))
    picture = np.stack([across, down, (across + down) / 2], axis=-1).astype(np.uint8)
    small = shrink(picture, ANALYSIS_SIDE)
    assert max(small.shape[:2]) == ANALYSIS_SIDE
    wanted = cv2.resize(picture, (small.shape[1], small.shape[0]), interpolation=cv2.INTER_AREA)
    assert np.abs(small.astype(int) - wanted).max() <= 2
