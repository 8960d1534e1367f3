"""Sound that is put together from pieces is told from sound that was recorded."""

import numpy as np
import pytest

from lipgate.core.constants import SAMPLES_PER_FRAME
from lipgate.core.models import Models
from lipgate.core.presence.findings import Cause, Code
from lipgate.core.presence.splices import SpliceMeter, density
from lipgate.core.sync.whisper import CORE_FRAMES, piece_span
from training.joints import joined
from training.puppet.speech import recording


class Scripted:
    """A network that finds joints where it is told to."""

    def __init__(self, joints: np.ndarray) -> None:
        self.joints = joints
        self.at = 0

    def __call__(self, *, states: np.ndarray) -> list[np.ndarray]:
        """The next of them, as many as there are states."""
        found = self.joints[self.at : self.at + states.shape[1]]
        self.at += CORE_FRAMES * 2 if self.at else (CORE_FRAMES - 25) * 2
        return [found[None].astype(np.float32)]


def _joints(seconds: float, every_s: float, until_s: float | None = None) -> np.ndarray:
    joints = np.zeros(round(seconds * 50))
    step = round(every_s * 50)
    for place in range(step, round((until_s or seconds) * 50) - 2, step):
        joints[place - 1 : place + 2] = 1.0
    return joints


def _findings(joints: np.ndarray) -> tuple:
    meter = SpliceMeter(Scripted(joints))
    frames = len(joints) // 2
    for piece in range(-(-frames // CORE_FRAMES)):
        first, last = piece_span(piece)
        meter.feed(piece, np.zeros(((min(last, frames) - first) * 2, 768), np.float32))
    return meter.finish()


def test_joints_all_along_count() -> None:
    [finding] = _findings(_joints(6.0, 0.3))
    assert (finding.code, finding.cause, finding.counts) == (Code.SPLICED, Cause.SOUND_SPLICED, True)
    assert (finding.start_s, finding.end_s) == (0.0, 6.0)
    assert "6.0 s of 6.0 s" in finding.words


@pytest.mark.parametrize("seconds", [3.0, 6.0, 10.0])
def test_one_cut_is_none(seconds: float) -> None:
    assert _findings(_joints(seconds, seconds / 2)) == ()


def test_a_part_is_told_and_counts_only_where_it_is_much() -> None:
    [little] = _findings(_joints(36.0, 0.3, until_s=5.0))
    assert not little.counts
    assert little.end_s <= 7.0
    [much] = _findings(_joints(36.0, 0.3, until_s=15.0))
    assert much.counts


def test_nothing_that_was_heard_is_nothing_found() -> None:
    assert SpliceMeter(Scripted(np.zeros(0))).finish() == ()
    assert density(np.ones(3)).tolist() == [0.0]


@pytest.fixture(scope="module")
def models() -> Models:
    return Models.load(device="cpu")


def _counts(models: Models, samples: np.ndarray) -> bool:
    meter = SpliceMeter(models.splices)

    class Whole:
        def window(self, start: int, stop: int) -> np.ndarray:
            return samples[start * SAMPLES_PER_FRAME : stop * SAMPLES_PER_FRAME]

        def reach(self, stop: int) -> int:
            return min(stop, len(samples) // SAMPLES_PER_FRAME)

    models.sync.listen(Whole(), meter.feed).embed(0, len(samples) // SAMPLES_PER_FRAME)
    return any(finding.counts for finding in meter.finish())


def test_the_network_hears_what_was_put_together(models: Models) -> None:
    sounds = np.array_split(recording(), 8)
    rng = np.random.default_rng(3)
    assert sum(_counts(models, joined(sounds, rng)[0]) for _ in range(8)) >= 6
    assert sum(_counts(models, sound) for sound in sounds) == 0
