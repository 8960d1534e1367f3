"""A track scored piece by piece gives what one look at the whole gives, and the reference's quirks are kept where asked."""

from collections.abc import Iterator

import numpy as np
import pytest

from core.constants import SAMPLES_PER_FRAME
from core.faces.track import TrackPiece
from core.sync.distances import fill_with_zero_vectors, pair_distances, search
from core.sync.track_scorer import TrackScorer

FRAMES = 130


class LookupModel:
    """Embeds a picture by the number in its pixels and sound by its mean level, averaged over the window and some context."""

    name = "lookup"
    video_context = 2
    audio_context = 3

    def __init__(self, chunk_frames: int, *, zero_padded: bool) -> None:
        self.chunk_frames = chunk_frames
        self.zero_padded = zero_padded
        self.table = np.random.default_rng(9).standard_normal((1000, 8)).astype(np.float32)

    def crop(self, frames: list[np.ndarray], boxes: np.ndarray, landmarks: np.ndarray) -> np.ndarray:
        return np.stack([frame[:2, :2, 0] for frame in frames])

    def embed_video(self, crops: np.ndarray) -> np.ndarray:
        return self._windows(self.table[crops[:, 0, 0]], self.video_context)

    def embed_audio(self, samples: np.ndarray) -> np.ndarray:
        numbers = samples.reshape(-1, SAMPLES_PER_FRAME)[:, 0]
        return self._windows(self.table[numbers], self.audio_context)

    @staticmethod
    def _windows(rows: np.ndarray, context: int) -> np.ndarray:
        centre = rows[2:-2]
        padded = np.pad(centre, ((context, context), (0, 0)))
        return np.stack([padded[i : i + 2 * context + 1].mean(axis=0) for i in range(len(centre))])


class NumberedSound:
    """Every sample holds the number of its frame, plus the lag."""

    def __init__(self, frames: int) -> None:
        self.samples = np.repeat(np.arange(frames, dtype=np.int16), SAMPLES_PER_FRAME)
        self.forgotten = 0

    def reach(self, stop: int) -> int:
        return min(stop, len(self.samples) // SAMPLES_PER_FRAME)

    def window(self, start: int, stop: int) -> np.ndarray:
        assert start >= self.forgotten
        return self.samples[start * SAMPLES_PER_FRAME : stop * SAMPLES_PER_FRAME]


def pieces(start: int, frames: int, size: int) -> Iterator[TrackPiece]:
    for first in range(0, frames, size):
        count = min(size, frames - first)
        images = [np.full((4, 4, 3), start + first + number, np.uint8) for number in range(count)]
        boxes = np.zeros((count, 4), np.float32)
        yield TrackPiece(0, start + first, images, boxes, np.zeros((count, 5, 2), np.float32), last=False)


def scored(model: LookupModel, *, start: int = 0, frames: int = FRAMES, heard: int = FRAMES, size: int = 7) -> tuple:
    scorer = None
    sound = NumberedSound(heard)
    for piece in pieces(start, frames, size):
        scorer = scorer or TrackScorer(model, sound, 15, piece)
        scorer.feed(piece)
        # as the pipeline does: what no scorer needs any more is let go
        sound.forgotten = max(0, scorer.needs_sound_from)
    assert scorer is not None
    return scorer.finish()


@pytest.mark.parametrize("zero_padded", [False, True])
@pytest.mark.parametrize("size", [1, 7, 200])
def test_chunks_cannot_be_seen_in_the_result(zero_padded: bool, size: int) -> None:
    whole = scored(LookupModel(1000, zero_padded=zero_padded))[1]
    parts = scored(LookupModel(20, zero_padded=zero_padded), size=size)[1]
    np.testing.assert_allclose(parts, whole, atol=1e-5)


@pytest.mark.parametrize(("zero_padded", "windows"), [(False, FRAMES - 4), (True, FRAMES - 5)])
def test_the_reference_stops_one_window_early(zero_padded: bool, windows: int) -> None:
    assert len(scored(LookupModel(30, zero_padded=zero_padded))[1]) == windows


def test_the_reference_sees_no_sound_outside_the_track() -> None:
    model = LookupModel(30, zero_padded=True)
    _, distances = scored(model, start=40, frames=60)
    rows = model._windows(model.table[40:100], model.video_context)[:55]
    heard = model._windows(model.table[40:100], model.audio_context)[:55]
    expected = fill_with_zero_vectors(pair_distances(rows, heard, 0), rows)
    # the first and last rows of sound depend on what lies beside the track, which the reference cannot hear either
    np.testing.assert_allclose(distances[20:35], expected[20:35], atol=1e-5)
    assert not np.isnan(distances).any()


def test_mini_uses_the_sound_around_the_track() -> None:
    _, distances = scored(LookupModel(30, zero_padded=False), start=40, frames=60)
    assert not np.isnan(distances).any()


def test_sound_that_ends_early_leaves_pairs_out() -> None:
    result, distances = scored(LookupModel(30, zero_padded=False), start=20, heard=110)
    assert np.isnan(distances[-1]).all()
    assert not np.isnan(distances[:60]).any()
    assert result is not None


@pytest.mark.parametrize("zero_padded", [False, True])
@pytest.mark.parametrize("frames", [1, 4, 5])
def test_tracks_of_a_window_or_less_have_no_result(frames: int, zero_padded: bool) -> None:
    assert scored(LookupModel(30, zero_padded=zero_padded), frames=frames, heard=5)[0] is None


def test_the_found_offset_is_that_of_the_search() -> None:
    result, distances = scored(LookupModel(25, zero_padded=False))
    expected = search(distances)
    assert result is not None
    assert expected is not None
    assert (result.offset_frames, result.min_dist) == (expected.offset_frames, expected.min_dist)
