"""What the model hears does not depend on gain, nor on who asks for which stretch when; memory stays bounded."""

import numpy as np
import pytest

from lipgate.core.constants import SAMPLES_PER_FRAME, STATE_WIDTH, VIDEO_FPS
from lipgate.core.runtime import open_network
from lipgate.core.sync import whisper
from lipgate.core.sync.ear import GridEar
from lipgate.core.weights.store import find
from training.puppet import recording

SECONDS = 27
"""Three pieces of the grid, the last one short."""


class Heard:
    """A sound that is all there, and tells how far back it was asked."""

    def __init__(self, samples: np.ndarray) -> None:
        self.samples = samples
        self.asked: list[int] = []

    def window(self, start: int, stop: int) -> np.ndarray:
        self.asked.append(start)
        return self.samples[start * SAMPLES_PER_FRAME : stop * SAMPLES_PER_FRAME]

    def reach(self, stop: int) -> int:
        return min(stop, len(self.samples) // SAMPLES_PER_FRAME)


@pytest.fixture(scope="module")
def speech() -> np.ndarray:
    return np.resize(recording(), 16_000 * SECONDS)


@pytest.fixture(scope="module")
def encoder():
    return open_network(find("whisper"), "states", "cpu")


@pytest.fixture(scope="module")
def audio():
    return open_network(find("mini"), "audio", "cpu")


def test_columns_come_every_10_ms_and_states_every_20(speech, encoder) -> None:
    assert whisper.logmel(speech[:16_000]).shape == (whisper.BANDS, 100)
    assert whisper.logmel(speech[:100]).shape == (whisper.BANDS, 0)
    assert whisper.hear(encoder, speech[:32_000]).shape == (100, STATE_WIDTH)
    assert whisper.hear(encoder, speech[:0]).shape == (0, STATE_WIDTH)


def test_columns_do_not_depend_on_gain(speech) -> None:
    loud, quiet = whisper.logmel(speech[:80_000]), whisper.logmel(speech[:80_000] / 8)
    assert np.abs(loud - quiet).max() < 0.02


def test_silence_is_one_level() -> None:
    silent = whisper.logmel(np.zeros(16_000, np.int16))
    assert np.ptp(silent) == 0


@pytest.mark.parametrize(
    "asked", [[(0, 675)], [(0, 100), (90, 400), (396, 675)], [(300, 330), (0, 60), (640, 675)], [(249, 256), (244, 260)]]
)
def test_a_stretch_sounds_the_same_whoever_asks_for_it(asked, speech, encoder, audio) -> None:
    whole = GridEar(Heard(speech), encoder, audio).embed(0, SECONDS * VIDEO_FPS)
    assert len(whole) == SECONDS * VIDEO_FPS - 4
    ear = GridEar(Heard(speech), encoder, audio)
    for first, last in asked:
        np.testing.assert_array_equal(ear.embed(first, last), whole[first : last - 4])


def test_the_sound_ends_where_it_ends(speech, encoder, audio) -> None:
    ear = GridEar(Heard(speech[: 256 * SAMPLES_PER_FRAME]), encoder, audio)
    assert len(ear.embed(200, 400)) == 256 - 200 - 4
    assert len(ear.embed(300, 400)) == 0
    assert len(ear.embed(10, 13)) == 0


def test_what_is_still_needed_is_told_and_pieces_are_let_go(speech, encoder, audio) -> None:
    sound = Heard(speech)
    ear = GridEar(sound, encoder, audio)
    assert ear.needs_from(300) == 250 - whisper.MARGIN_FRAMES
    ear.embed(300, 320)
    assert ear.needs_from(300) == 500 - whisper.MARGIN_FRAMES
    ear.KEPT = 1
    ear.embed(0, 600)
    assert min(sound.asked) == 0
    assert list(ear._pieces) == [2]
