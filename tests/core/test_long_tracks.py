"""What an hour of one face costs in memory, counted to the byte, on minutes of it; nothing is decoded."""

import gc
import tracemalloc
from collections.abc import Iterator

import numpy as np
import pytest

from lipgate.core.calibration import Calibration
from lipgate.core.constants import VIDEO_FPS, VSHIFT
from lipgate.core.faces.detection import Detection
from lipgate.core.faces.track import Follower, TrackPiece
from lipgate.core.scenes import Frame
from lipgate.core.sync.distances import search
from lipgate.core.sync.track_scorer import TrackScorer
from lipgate.core.track_result import over_time

HOUR = 3600 * VIDEO_FPS
FOLLOWED = HOUR // 36
TOLD = HOUR // 24
MB = 1 << 20

KEPT_MB = 14
"""An hour of one face while it is followed: 31 distances and a box a frame, as plain numbers."""

TOLD_MB = 9
"""An hour of one face when its track has ended, boxes not counted: windows, and one row for five."""


class Here:
    """A detector that finds one face, always."""

    name, stride = "here", 3

    def detect(self, frame: np.ndarray, small: np.ndarray | None = None) -> list[Detection]:
        return [Detection(np.array([2, 2, 6, 6], np.float32), 0.9)]


class Numbers:
    """A sync model and its ear at once: embeddings are two numbers."""

    video_context = sound_context = context = 0
    chunk_frames = 100
    zero_padded = False
    crops_mouths = False

    def crop(self, images: list[np.ndarray], boxes: np.ndarray, landmarks: np.ndarray) -> np.ndarray:
        return np.zeros((len(images), 1), np.uint8)

    def embed_video(self, crops: np.ndarray) -> np.ndarray:
        return np.ones((len(crops) - 4, 2), np.float32)

    def embed(self, first: int, last: int) -> np.ndarray:
        return np.zeros((last - first - 4, 2), np.float32)


@pytest.fixture
def counted() -> Iterator[None]:
    tracemalloc.start()
    yield
    tracemalloc.stop()


def now_mb() -> float:
    gc.collect()  # what is kept, not what was not yet freed
    return tracemalloc.get_traced_memory()[0] / MB


@pytest.mark.usefixtures("counted")
def test_a_face_that_is_followed_for_long_costs_nothing_more() -> None:
    image = np.zeros((8, 8, 3), np.uint8)
    pieces = Follower(Here()).follow(Frame(index, image, image, 0) for index in range(FOLLOWED))
    sizes = [now_mb() for number, _ in enumerate(pieces) if number in (FOLLOWED // 48, FOLLOWED // 16)]
    assert len(sizes) == 2
    # Boxes and landmarks of so many frames, kept as arrays, would be 0.5 MB.
    assert sizes[1] - sizes[0] < 0.15


@pytest.mark.usefixtures("counted")
def test_a_track_costs_what_its_numbers_need() -> None:
    frames = 30
    image = np.zeros((1, 1, 3), np.uint8)
    whole = TrackPiece(0, 0, [image] * frames, np.zeros((frames, 4), np.float32), np.zeros((frames, 5, 2), np.float32), False)
    model = Numbers()
    before = now_mb()
    scorer = TrackScorer(model, model, VSHIFT, whole.start)
    for _ in range(HOUR // 4 // frames):
        scorer.feed(whole, model.crop(whole.images, whole.boxes, whole.landmarks))
    assert now_mb() - before < KEPT_MB / 4


@pytest.mark.usefixtures("counted")
def test_when_a_track_has_ended_little_is_kept_of_it() -> None:
    rng = np.random.default_rng(1)
    distances = (14 + rng.normal(0, 1, (TOLD, 2 * VSHIFT + 1))).astype(np.float32)
    distances[:, VSHIFT] -= 4
    before = now_mb()
    sync = search(distances)
    assert sync is not None
    told = over_time(distances, np.ones(TOLD + 4, bool), sync, Calibration(2.0, 0.3))
    assert [fit.sync.offset_frames for fit in told.fits] == [0]
    assert now_mb() - before < TOLD_MB * TOLD / HOUR
