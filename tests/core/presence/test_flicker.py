"""Paint that is drawn anew in every picture flickers on a face; skin, grain, light, codecs and speech do not look like that."""

import numpy as np
import pytest

from lipgate.core.faces.mouth import UNITS
from lipgate.core.faces.track import TrackPiece
from lipgate.core.opencv import cv2
from lipgate.core.presence.findings import Cause, Code
from lipgate.core.presence.flicker import FEWEST, LIMIT, VIEW, FlickerMeter

FRAMES = 100
MARGIN = 24
SEEN = (slice(13, 72), slice(16, 80))
"""Of the view, what the sync network sees."""


def skin() -> np.ndarray:
    """A still picture that is rich in detail of all sizes, float32, larger than the view."""
    rng = np.random.default_rng(3)
    size = (VIEW.height + 2 * MARGIN, VIEW.width + 2 * MARGIN)
    noise = [rng.normal(0, 1, size).astype(np.float32) for _ in range(3)]
    layers = [cv2.GaussianBlur(one, (0, 0), width) * width for one, width in zip(noise, (2, 5, 12), strict=True)]
    picture = np.sum(layers, axis=0)
    return 128 + 30 * picture / picture.std()


def face(grain: float = 0.0) -> np.ndarray:
    """A head that trembles and goes its way, float32 (n, 72, 96)."""
    rng = np.random.default_rng(4)
    way = np.cumsum(rng.normal(0, 0.5, (FRAMES, 2)), axis=0).clip(-12, 12) + rng.normal(0, 0.2, (FRAMES, 2))
    picture = skin()
    size = (VIEW.width, VIEW.height)
    seen = [
        cv2.warpAffine(picture, np.array([[1, 0, x - MARGIN], [0, 1, y - MARGIN]]), size, flags=cv2.INTER_CUBIC) for x, y in way
    ]
    return np.stack(seen) + rng.normal(0, grain, (FRAMES, VIEW.height, VIEW.width))


def paint(levels: float, lasting: int = 1) -> np.ndarray:
    """Blotches where the network looks, new ones in every picture, or each coming and going within so many."""
    rng = np.random.default_rng(5)
    blotches = rng.normal(0, 1, (FRAMES + 2 * lasting, VIEW.height, VIEW.width)).astype(np.float32)
    blotches = np.stack([cv2.GaussianBlur(one, (0, 0), 1.5) for one in blotches])
    shape = np.hanning(lasting + 2)[1:-1]
    blotches = np.apply_along_axis(np.convolve, 0, blotches, shape, mode="same")[lasting : lasting + FRAMES]
    out = np.zeros((FRAMES, VIEW.height, VIEW.width), np.float32)
    out[:, *SEEN] = levels * (blotches / blotches.std())[:, *SEEN]
    return out


def meter_of(pictures: np.ndarray, size: int = 17) -> FlickerMeter:
    crops = np.clip(pictures + 0.5, 0, 255).astype(np.uint8)
    meter = FlickerMeter()
    for first in range(0, len(crops), size):
        meter.look(crops[first : first + size])
    return meter


def test_paint_that_is_new_in_every_picture_is_told() -> None:
    [finding] = meter_of(face() + paint(4.0)).findings(50)
    assert (finding.code, finding.cause, finding.counts) == (Code.FLICKERS, Cause.FACE_PAINTED, True)
    assert finding.value > finding.threshold == LIMIT
    assert (finding.start_s, finding.end_s) == (2.0, 6.0)


def test_it_tells_by_how_much_the_face_was_changed() -> None:
    cheek, around = meter_of(face() + paint(4.0)).levels or (0, 0)
    # The look is a little blurred, which takes some of it.
    assert 2.0 < cheek < 4.0
    assert around < 0.5


def test_paint_is_seen_through_the_grain_of_a_camera() -> None:
    assert meter_of(face(grain=4.0) + paint(5.0)).findings(0)


@pytest.mark.parametrize("grain", [0.0, 3.0, 12.0, 30.0])
def test_a_face_in_motion_and_the_grain_of_a_dark_room_are_no_paint(grain: float) -> None:
    assert meter_of(face(grain)).findings(0) == ()


def test_light_that_flickers_is_no_paint() -> None:
    light = np.random.default_rng(8).uniform(0.85, 1.15, (FRAMES, 1, 1))
    assert meter_of(face(2.0) * light).findings(0) == ()


def test_what_comes_and_goes_slowly_is_no_paint() -> None:
    """Shadows, a beard in which a codec swims: strong, and nearly the same in neighbouring pictures."""
    assert meter_of(face() + paint(8.0, lasting=7)).findings(0) == ()


def test_a_jaw_that_speaks_is_no_paint() -> None:
    pictures = face(2.0)
    rows = np.arange(VIEW.height, dtype=np.float32)[:, None].repeat(VIEW.width, axis=1)
    columns = np.arange(VIEW.width, dtype=np.float32)[None].repeat(VIEW.height, axis=0)
    below = np.clip((rows - VIEW.mouth_y) / 8, 0, 1)
    opening = 2.5 * (1 + np.sin(np.arange(FRAMES) * 2 * np.pi / 8.3))
    speaking = [
        cv2.remap(one.astype(np.float32), columns, rows - below * np.float32(by), cv2.INTER_LINEAR)
        for one, by in zip(pictures, opening, strict=True)
    ]
    assert meter_of(np.stack(speaking)).findings(0) == ()


def test_paint_on_one_cheek_only_is_not_told() -> None:
    """A hand, hair or a lamp at one side: both cheeks have to flicker."""
    one_side = paint(6.0)
    one_side[:, :, VIEW.width // 2 :] = 0
    assert meter_of(face(1.0) + one_side).findings(0) == ()


def test_of_a_few_pictures_nothing_is_told() -> None:
    painted = face() + paint(4.0)
    assert meter_of(painted[: FEWEST + 2]).findings(0) == ()
    assert FlickerMeter().levels is None


def test_pieces_cannot_be_seen_in_the_result() -> None:
    painted = face(1.0) + paint(4.0)
    assert meter_of(painted, 1).levels == pytest.approx(meter_of(painted, FRAMES).levels)


def test_a_picture_without_detail_says_nothing() -> None:
    assert meter_of(np.full((FRAMES, VIEW.height, VIEW.width), 128.0)).findings(0) == ()


def test_it_looks_where_the_landmarks_say() -> None:
    rng = np.random.default_rng(6)
    place = UNITS * 2 + [160, 160]
    still = cv2.GaussianBlur(rng.integers(0, 256, (320, 320)).astype(np.float32), (0, 0), 3)
    images = []
    for _ in range(FRAMES):
        image = still.copy()
        # What the sync network sees, in these pictures: 64 of 1.5 pixels a unit around the mouth.
        blotches = cv2.GaussianBlur(rng.normal(0, 60, (80, 84)).astype(np.float32), (0, 0), 2)
        image[122:202, 118:202] += blotches
        images.append(np.clip(image, 0, 255).astype(np.uint8)[..., None].repeat(3, axis=2))
    marks = np.repeat(place[None].astype(np.float32), FRAMES, axis=0)
    meter = FlickerMeter()
    meter.feed(TrackPiece(0, 0, images, np.zeros((FRAMES, 4), np.float32), marks, last=True))
    assert meter.findings(0)
