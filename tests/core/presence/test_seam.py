"""A mouth that was laid over a face shakes against it; heads, cameras, codecs and speech do not look like that."""

import numpy as np
import pytest

from lipgate.core.faces.mouth import SIDE
from lipgate.core.opencv import cv2
from lipgate.core.presence.findings import Cause, Code
from lipgate.core.presence.seam import FEWEST, LAID_OVER, SeamMeter

FRAMES = 100
CANVAS = 96


def skin(seed: int = 3) -> np.ndarray:
    """A still picture that is rich in detail of all sizes, uint8 (96, 96)."""
    rng = np.random.default_rng(seed)
    layers = [
        cv2.GaussianBlur(rng.normal(0, 1, (CANVAS, CANVAS)).astype(np.float32), (0, 0), size) * size for size in (1.5, 3, 8)
    ]
    picture = np.sum(layers, axis=0)
    return np.clip(128 + 40 * picture / picture.std(), 0, 255).astype(np.uint8)


def moved(picture: np.ndarray, by: np.ndarray) -> np.ndarray:
    """uint8 (64, 64): the middle of the picture, moved by so many pixels right and down."""
    matrix = np.array([[1, 0, by[0] - 16], [0, 1, by[1] - 16]], np.float64)
    return cv2.warpAffine(picture, matrix, (SIDE, SIDE), flags=cv2.INTER_LINEAR)


def faces(head: np.ndarray, mouth: np.ndarray, noise: float = 2.0) -> np.ndarray:
    """Crops of a face, and of a mouth and chin laid over it, that go their own ways, float (n, 2) each; uint8 (n, 64, 64)."""
    rng = np.random.default_rng(5)
    upper, lower = skin(3), skin(4)
    share = np.clip((np.arange(SIDE) - 8.5) / 3, 0, 1)[:, None]
    whole = [(1 - share) * moved(upper, one) + share * moved(lower, other) for one, other in zip(head, mouth, strict=True)]
    return np.clip(np.stack(whole) + rng.normal(0, noise, (len(head), SIDE, SIDE)), 0, 255).astype(np.uint8)


def trembling(size: float, seed: int) -> np.ndarray:
    return np.random.default_rng(seed).normal(0, size, (FRAMES, 2))


def found(crops: np.ndarray, size: int = 17) -> tuple:
    meter = SeamMeter()
    for first in range(0, len(crops), size):
        meter.feed(crops[first : first + size])
    return meter.findings(50)


def test_a_mouth_that_trembles_on_its_face_is_told() -> None:
    head = trembling(0.3, 1)
    [finding] = found(faces(head, head + trembling(0.7, 2)))
    assert (finding.code, finding.cause, finding.counts) == (Code.MOUTH_SHAKES, Cause.MOUTH_LAID_OVER, True)
    assert finding.value > finding.threshold == LAID_OVER
    assert (finding.start_s, finding.end_s) == (2.0, 6.0)


def test_what_all_of_a_face_does_is_no_trembling() -> None:
    head = trembling(0.7, 1) + np.cumsum(trembling(0.3, 2), axis=0).clip(-8, 8)
    assert found(faces(head, head)) == ()


def test_lips_that_speak_are_no_trembling() -> None:
    head = trembling(0.3, 1)
    # The skin above the lip goes along a little, four times a second; lips themselves are not looked at.
    syllables = np.sin(np.arange(FRAMES)[:, None] * 2 * np.pi / 6) * [0.05, 0.4]
    assert found(faces(head, head + syllables)) == ()


@pytest.mark.parametrize("noise", [0.0, 12.0])
def test_neither_grain_nor_light_that_flickers_is_trembling(noise: float) -> None:
    head = trembling(0.3, 1)
    light = np.random.default_rng(8).uniform(0.9, 1.1, (FRAMES, 1, 1))
    flickering = np.clip(faces(head, head, noise) * light, 0, 255).astype(np.uint8)
    assert found(flickering) == ()


def test_of_a_few_pictures_nothing_is_told() -> None:
    head = trembling(0.3, 1)
    shaking = faces(head, head + trembling(0.7, 2))
    assert found(shaking[:FEWEST]) == ()
    assert SeamMeter().shaking is None


def test_pieces_cannot_be_seen_in_the_result() -> None:
    head = trembling(0.3, 1)
    crops = faces(head, head + trembling(0.7, 2))
    assert found(crops, 1) == found(crops, FRAMES)


def test_a_picture_without_detail_says_nothing() -> None:
    assert found(np.full((FRAMES, SIDE, SIDE), 128, np.uint8)) == ()
