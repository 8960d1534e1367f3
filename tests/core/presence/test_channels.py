"""Channels that say different things are told from one voice in a room, from music beside it, and from one turned over."""

from collections.abc import Callable

import numpy as np
import pytest

from lipgate.core.models import Models
from lipgate.core.presence.channels import ChannelMeter, apart_from
from lipgate.core.presence.findings import Cause, Code
from training.puppet.speech import recording

RATE = 16_000
SECONDS = 6

Ears = tuple[np.ndarray, np.ndarray]


@pytest.fixture(scope="module")
def models() -> Models:
    return Models.load(device="cpu")


def _voice(start_s: float) -> np.ndarray:
    part = recording()[round(start_s * RATE) :][: SECONDS * RATE].astype(np.float64)
    return part * (2000 / part.std())


VOICE, OTHER = _voice(3.0), _voice(24.0)


def _room(seed: int, echo: float = 0.4) -> np.ndarray:
    """The voice as one of two microphones in a room hears it, with echoes so much louder than what comes straight."""
    rng = np.random.default_rng(seed)
    echoes = rng.normal(0, 1, RATE // 2) * 10 ** (-3 * np.arange(RATE // 2) / (0.4 * RATE))
    echoes *= echo / np.sqrt(np.square(echoes).sum())
    echoes[seed * 9] += 1
    return np.convolve(VOICE, echoes)[: len(VOICE)]


def _music(seed: int) -> np.ndarray:
    rng = np.random.default_rng(seed)
    out = np.zeros(len(VOICE))
    for start in range(0, len(out), RATE // 3):
        time = np.arange(len(out) - start) / RATE
        for note in 110 * 2 ** (rng.integers(0, 30, 4) / 12):
            tones = sum(np.sin(2 * np.pi * note * over * time + rng.uniform(0, 6)) / over for over in range(1, 5))
            out[start:] += tones * np.exp(-3 * time)
    return out * (1500 / out.std())


def _noise(seed: int) -> np.ndarray:
    return np.random.default_rng(seed).normal(0, 700, len(VOICE))


ONE_VOICE: dict[str, Callable[[], Ears]] = {
    "the same twice": lambda: (VOICE, VOICE),
    "one silent": lambda: (VOICE, 0 * VOICE),
    "turned over": lambda: (VOICE, -VOICE),
    "fainter and later": lambda: (VOICE, 0.4 * np.roll(VOICE, 60)),
    "a room": lambda: (_room(1), _room(2)),
    "a microphone near, another far": lambda: (VOICE, _room(1, 3.0) / 3),
    "a noise in each": lambda: (VOICE + _noise(1), VOICE + _noise(2)),
    "wide music": lambda: (VOICE + _music(1), VOICE + _music(2)),
    "music in the other": lambda: (VOICE, _music(1)),
    "a faint stranger": lambda: (VOICE + 0.2 * OTHER, VOICE - 0.2 * OTHER),
}
TWO_VOICES: dict[str, Callable[[], Ears]] = {
    "two languages": lambda: (VOICE, OTHER),
    "turned over in one": lambda: (VOICE + OTHER, VOICE - OTHER),
    "the same, a little louder": lambda: (VOICE + 1.2 * OTHER, 0.9 * VOICE - 1.2 * OTHER),
}


def _found(ears: Ears, models: Models, layout: str = "stereo") -> tuple:
    meter = ChannelMeter(models.speech)
    samples = np.clip(np.stack(ears, axis=1), -32768, 32767).astype(np.int16)
    for start in range(0, len(samples), 1000):
        meter.feed(samples[start : start + 1000], layout)
    return meter.finish()


@pytest.mark.parametrize("case", ONE_VOICE)
def test_one_voice_is_one(case: str, models: Models) -> None:
    assert _found(ONE_VOICE[case](), models) == ()


@pytest.mark.parametrize("case", TWO_VOICES)
def test_two_voices_are_told(case: str, models: Models) -> None:
    [finding] = _found(TWO_VOICES[case](), models)
    assert (finding.code, finding.cause, finding.counts) == (Code.CHANNELS_DIFFER, Cause.SEVERAL_SOUNDS, True)
    assert 0 <= finding.start_s < finding.end_s <= SECONDS
    assert "different things" in finding.words


@pytest.mark.parametrize("gain", [0.02, 0.005])
def test_who_makes_all_of_it_fainter_hides_nothing(gain: float, models: Models) -> None:
    """What is played louder again by a listener's hand."""
    one, other = (gain * ear for ear in TWO_VOICES["turned over in one"]())
    assert _found((one, other), models)
    for case in ("wide music", "a noise in each", "fainter and later"):
        one, other = (gain * ear for ear in ONE_VOICE[case]())
        assert _found((one, other), models) == ()


def test_what_the_ears_hear_of_more_channels_is_compared(models: Models) -> None:
    silence = 0 * VOICE
    assert _found((OTHER, -OTHER, 1.4 * VOICE, silence, silence, silence), models, "5.1")
    assert not _found((silence, silence, VOICE, silence, silence, silence), models, "5.1")
    assert not _found((VOICE,), models, "mono")


def test_nothing_is_left_of_a_sound_that_a_filter_makes_of_another() -> None:
    later = 0.5 * np.roll(VOICE, 100)
    rest, _ = apart_from(later.astype(np.float32), VOICE.astype(np.float32))
    assert np.square(rest).mean() < 0.05 * np.square(later).mean()
    rest, correlation = apart_from(OTHER.astype(np.float32), VOICE.astype(np.float32))
    assert np.square(rest).mean() > 0.5 * np.square(OTHER).mean()
    assert abs(correlation) < 0.4
