"""The lips alone must fit the sound too: whoever paints cheeks and chin makes only the whole crop fit."""

import math

import numpy as np
import pytest

from lipgate.core.constants import VSHIFT
from lipgate.core.faces.mouth import SIDE
from lipgate.core.presence.findings import Cause, Code
from lipgate.core.presence.lips import LIMIT, LipsScorer
from lipgate.core.sync.distances import SyncResult
from lipgate.core.sync.track_scorer import TrackScorer

FRAMES = 120
LIPS, CHEEK = (slice(24, 36), slice(24, 40)), (slice(40, 52), slice(2, 12))


class Model:
    """Looks at the mean brightness of lips and of a cheek, and hears what each of them should be."""

    name, zero_padded, crops_mouths = "two places", False, True
    video_context = sound_context = context = 0
    chunk_frames = 50

    def __init__(self, truth: np.ndarray) -> None:
        self.truth = truth

    def embed_video(self, crops: np.ndarray) -> np.ndarray:
        places = [crops[:, *place].mean(axis=(1, 2)) for place in (LIPS, CHEEK)]
        return np.maximum.reduce(places)[2:-2, None].astype(np.float32) / 6

    def crop(self, frames: object, boxes: object, landmarks: object) -> np.ndarray:
        raise NotImplementedError

    def listen(self, sound: object, on_states: object = None) -> "Model":
        return self

    def embed(self, first: int, last: int) -> np.ndarray:
        return self.truth[first + 2 : last - 2, None].astype(np.float32) / 6

    def reach(self, stop: int) -> int:
        return min(stop, len(self.truth))

    def needs_from(self, frame: int) -> int:
        return frame


def truth() -> np.ndarray:
    return np.random.default_rng(1).uniform(100, 250, FRAMES + 60)


def crops(moved: tuple[slice, slice], start: int) -> np.ndarray:
    """One place shows what is heard from `start` on, everything else is still."""
    out = np.full((FRAMES, SIDE, SIDE), 60, np.uint8)
    out[:, *moved] = truth()[start : start + FRAMES, None, None]
    return out


def scored(shown: np.ndarray, start: int, size: int = 17, most: int | None = None) -> tuple[LipsScorer, SyncResult]:
    model = Model(truth())
    whole, lips = (
        TrackScorer(model, model, VSHIFT, start),
        LipsScorer(model, model, VSHIFT, start, most),
    )
    for first in range(0, len(shown), size):
        whole.take(shown[first : first + size])
        lips.feed(shown[first : first + size])
    result, _ = whole.finish()
    assert result is not None
    assert result.offset_frames == 0
    return lips, result


def test_a_cheek_that_fits_is_told() -> None:
    lips, whole = scored(crops(CHEEK, 20), 20)
    [finding] = lips.findings(whole)
    assert (finding.code, finding.cause, finding.counts) == (Code.BESIDE_LIPS, Cause.FACE_PAINTED, True)
    assert finding.value > finding.threshold == LIMIT
    assert (finding.start_s, finding.end_s) == (0.8, 5.6)


def test_lips_that_fit_are_not() -> None:
    lips, whole = scored(crops(LIPS, 20), 20)
    assert lips.findings(whole) == ()


@pytest.mark.parametrize("size", [1, 7, FRAMES])
def test_pieces_cannot_be_seen_in_the_result(size: int) -> None:
    lips, whole = scored(crops(CHEEK, 20), 20, size)
    [finding] = lips.findings(whole)
    usual, whole = scored(crops(CHEEK, 20), 20)
    # A mean that ends with a piece would be another one than that of the whole track.
    assert finding.value == pytest.approx(usual.findings(whole)[0].value)


def test_no_more_is_looked_at_than_was_asked_for() -> None:
    shown = crops(LIPS, 20)
    shown[30:] = crops(CHEEK, 20)[30:]
    lips, whole = scored(shown, 20, most=30)
    assert lips.findings(whole) == ()
    assert scored(shown, 20)[0].findings(whole)


def test_sound_is_needed_until_the_lips_were_scored() -> None:
    model = Model(truth())
    lips = LipsScorer(model, model, VSHIFT, 20, 60)
    assert lips.needs_sound_from == 20 - VSHIFT
    lips.feed(crops(LIPS, 20)[:60])
    assert lips.needs_sound_from == math.inf
    lips.feed(crops(LIPS, 20)[60:])
    assert lips.needs_sound_from == math.inf


def test_a_track_that_is_too_short_says_nothing() -> None:
    model = Model(truth())
    _, whole = scored(crops(CHEEK, 20), 20)
    lips = LipsScorer(model, model, VSHIFT, 20, None)
    lips.feed(crops(CHEEK, 20)[:3])
    assert lips.findings(whole) == ()
