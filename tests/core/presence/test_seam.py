"""A mouth that was laid over a face shakes against it; heads, cameras, codecs and speech do not look like that."""

import numpy as np
import pytest

from lipgate.core.faces.mouth import UNITS
from lipgate.core.faces.track import TrackPiece
from lipgate.core.limits import Limits
from lipgate.core.opencv import cv2
from lipgate.core.presence.findings import Cause, Code
from lipgate.core.presence.seam import FEWEST, VIEW, SeamMeter

FRAMES = 100
MARGIN = 32
"""Of the pictures around what the meter looks at, for heads that move."""


def skin(seed: int = 3) -> np.ndarray:
    """A still picture that is rich in detail of all sizes, uint8."""
    rng = np.random.default_rng(seed)
    size = (VIEW.height + 2 * MARGIN, VIEW.width + 2 * MARGIN)
    noise = [rng.normal(0, 1, size).astype(np.float32) for _ in range(3)]
    layers = [cv2.GaussianBlur(one, (0, 0), width) * width for one, width in zip(noise, (3, 6, 16), strict=True)]
    picture = np.sum(layers, axis=0)
    return np.clip(128 + 40 * picture / picture.std(), 0, 255).astype(np.uint8)


def moved(picture: np.ndarray, by: np.ndarray) -> np.ndarray:
    """The middle of the picture, moved by so many pixels right and down."""
    matrix = np.array([[1, 0, by[0] - MARGIN], [0, 1, by[1] - MARGIN]], np.float64)
    return cv2.warpAffine(picture, matrix, (VIEW.width, VIEW.height), flags=cv2.INTER_LINEAR)


def faces(head: np.ndarray, mouth: np.ndarray, noise: float = 2.0) -> np.ndarray:
    """Crops of a face, and of a mouth laid over it from below the nose on, that go their own ways, float (n, 2) each."""
    rng = np.random.default_rng(5)
    upper, lower = skin(3), skin(4)
    share = np.clip((np.arange(VIEW.height) - 17.0) / 6, 0, 1)[:, None]
    whole = [(1 - share) * moved(upper, one) + share * moved(lower, other) for one, other in zip(head, mouth, strict=True)]
    return np.clip(np.stack(whole) + rng.normal(0, noise, (len(head), VIEW.height, VIEW.width)), 0, 255).astype(np.uint8)


def trembling(size: float, seed: int) -> np.ndarray:
    return np.random.default_rng(seed).normal(0, size, (FRAMES, 2))


def found(crops: np.ndarray, size: int = 17, most: float = Limits.max_mouth_shaking) -> tuple:
    meter = SeamMeter()
    for first in range(0, len(crops), size):
        meter.look(crops[first : first + size])
    return meter.findings(50, most)


def test_a_mouth_that_trembles_on_its_face_is_told() -> None:
    head = trembling(0.6, 1)
    [finding] = found(faces(head, head + trembling(1.2, 2)))
    assert (finding.code, finding.cause, finding.counts) == (Code.MOUTH_SHAKES, Cause.MOUTH_LAID_OVER, True)
    assert finding.value > finding.threshold == Limits.max_mouth_shaking
    assert (finding.start_s, finding.end_s) == (2.0, 6.0)
    assert found(faces(head, head + trembling(1.2, 2)), most=finding.value) == ()


def test_what_all_of_a_face_does_is_no_trembling() -> None:
    head = trembling(1.2, 1) + np.cumsum(trembling(0.6, 2), axis=0).clip(-16, 16)
    assert found(faces(head, head)) == ()


def test_lips_that_speak_are_no_trembling() -> None:
    head = trembling(0.6, 1)
    # The skin above the lip goes along a little, three times a second; lips themselves are not looked at.
    syllables = np.sin(np.arange(FRAMES)[:, None] * 2 * np.pi / 9) * [0.1, 0.8]
    assert found(faces(head, head + syllables)) == ()


@pytest.mark.parametrize("noise", [0.0, 12.0])
def test_neither_grain_nor_light_that_flickers_is_trembling(noise: float) -> None:
    head = trembling(0.6, 1)
    light = np.random.default_rng(8).uniform(0.9, 1.1, (FRAMES, 1, 1))
    flickering = np.clip(faces(head, head, noise) * light, 0, 255).astype(np.uint8)
    assert found(flickering) == ()


def test_of_a_few_pictures_nothing_is_told() -> None:
    head = trembling(0.6, 1)
    shaking = faces(head, head + trembling(1.2, 2))
    assert found(shaking[:FEWEST]) == ()
    assert SeamMeter().shaking is None


def test_pieces_cannot_be_seen_in_the_result() -> None:
    head = trembling(0.6, 1)
    crops = faces(head, head + trembling(1.2, 2))
    assert found(crops, 1) == found(crops, FRAMES)


def test_a_picture_without_detail_says_nothing() -> None:
    assert found(np.full((FRAMES, VIEW.height, VIEW.width), 128, np.uint8)) == ()


def test_it_looks_where_the_landmarks_say() -> None:
    rng = np.random.default_rng(6)
    picture = cv2.GaussianBlur(rng.integers(0, 256, (240, 320)).astype(np.float32), (0, 0), 2)
    picture = np.clip(128 + 3 * (picture - 128), 0, 255).astype(np.uint8)
    place = UNITS * 2 + [160, 160]
    # The head goes about the picture, and what the landmarks follow stands still in the crops.
    walk = np.cumsum(rng.integers(-3, 4, (FRAMES, 2)), axis=0).clip(-30, 30)
    images = [np.roll(picture, (int(y), int(x)), (0, 1))[..., None].repeat(3, axis=2) for x, y in walk]
    marks = (place[None] + walk[:, None]).astype(np.float32)
    meter = SeamMeter()
    meter.feed(TrackPiece(0, 0, images, np.zeros((FRAMES, 4), np.float32), marks, last=False))
    assert meter.shaking == pytest.approx(0.0, abs=0.05)
