"""A track scored piece by piece gives what one look at the whole gives, and the reference's quirks are kept where asked."""

from collections.abc import Iterator

import numpy as np
import pytest

from lipgate.core.constants import SAMPLES_PER_FRAME
from lipgate.core.faces.track import TrackPiece
from lipgate.core.sync.distances import search
from lipgate.core.sync.ear import DirectEar
from lipgate.core.sync.track_scorer import TrackScorer

FRAMES = 130


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


class LookupModel:
    """Embeds a picture by the number in its pixels and sound by its mean level, averaged over the window and some context."""

    name = "lookup"
    crops_mouths = False
    video_context = 2
    sound_context = 3

    def __init__(self, chunk_frames: int, *, zero_padded: bool) -> None:
        self.chunk_frames = chunk_frames
        self.zero_padded = zero_padded
        self.table = np.random.default_rng(9).standard_normal((1000, 8)).astype(np.float32)

    def crop(self, frames: list[np.ndarray], boxes: np.ndarray, landmarks: np.ndarray) -> np.ndarray:
        return np.stack([frame[:2, :2, 0] for frame in frames])

    def embed_video(self, crops: np.ndarray) -> np.ndarray:
        return self._windows(self.table[crops[:, 0, 0]], self.video_context)

    def listen(self, sound: NumberedSound) -> DirectEar:
        return DirectEar(sound, self.embed_audio, self.sound_context)

    def embed_audio(self, samples: np.ndarray) -> np.ndarray:
        numbers = samples.reshape(-1, SAMPLES_PER_FRAME)[:, 0]
        return self._windows(self.table[numbers], self.sound_context)

    @staticmethod
    def _windows(rows: np.ndarray, context: int) -> np.ndarray:
        centre = rows[2:-2]
        padded = np.pad(centre, ((context, context), (0, 0)))
        return np.stack([padded[i : i + 2 * context + 1].mean(axis=0) for i in range(len(centre))])


def pieces(start: int, frames: int, size: int) -> Iterator[TrackPiece]:
    for first in range(0, frames, size):
        count = min(size, frames - first)
        images = [np.full((4, 4, 3), start + first + number, np.uint8) for number in range(count)]
        boxes = np.zeros((count, 4), np.float32)
        yield TrackPiece(0, start + first, images, boxes, np.zeros((count, 5, 2), np.float32), last=False)


def scored(
    model: LookupModel, *, start: int = 0, frames: int = FRAMES, size: int = 7, sound: NumberedSound | None = None
) -> tuple:
    scorer = None
    sound = sound or NumberedSound(FRAMES)
    for piece in pieces(start, frames, size):
        scorer = scorer or TrackScorer(model, model.listen(sound), 15, piece.start)
        scorer.feed(piece, model.crop(piece.images, piece.boxes, piece.landmarks))
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


def beside_the_track_changed(model: LookupModel) -> tuple[np.ndarray, np.ndarray]:
    """Distances of a track of frames 40 .. 99, once in its own sound and once with other sound before and after it."""
    changed = NumberedSound(FRAMES)
    changed.samples[: 40 * SAMPLES_PER_FRAME] += 500
    changed.samples[100 * SAMPLES_PER_FRAME :] += 500
    own, other = (scored(model, start=40, frames=60, sound=sound)[1] for sound in (NumberedSound(FRAMES), changed))
    return own, other


def test_the_reference_sees_no_sound_outside_the_track() -> None:
    own, other = beside_the_track_changed(LookupModel(30, zero_padded=True))
    np.testing.assert_array_equal(own, other)
    assert not np.isnan(own).any()


def test_mini_uses_the_sound_around_the_track() -> None:
    own, other = beside_the_track_changed(LookupModel(30, zero_padded=False))
    assert not np.isnan(own).any()
    reach = 15 + LookupModel.sound_context
    np.testing.assert_array_equal(own[reach:-reach], other[reach:-reach])
    assert (own[0] != other[0]).any()
    assert (own[-1] != other[-1]).any()


def test_sound_that_ends_early_leaves_pairs_out() -> None:
    result, distances = scored(LookupModel(30, zero_padded=False), start=20, sound=NumberedSound(110))
    assert np.isnan(distances[-1]).all()
    assert not np.isnan(distances[:60]).any()
    assert result is not None


@pytest.mark.parametrize("zero_padded", [False, True])
@pytest.mark.parametrize("frames", [1, 4, 5])
def test_tracks_of_a_window_or_less_have_no_result(frames: int, zero_padded: bool) -> None:
    assert scored(LookupModel(30, zero_padded=zero_padded), frames=frames, sound=NumberedSound(5))[0] is None


def test_the_found_offset_is_that_of_the_search() -> None:
    result, distances = scored(LookupModel(25, zero_padded=False))
    expected = search(distances)
    assert result is not None
    assert expected is not None
    assert (result.offset_frames, result.min_dist) == (expected.offset_frames, expected.min_dist)
