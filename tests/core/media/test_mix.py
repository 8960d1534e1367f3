"""No voice is lost where channels become one."""

import subprocess
from collections.abc import Callable
from pathlib import Path

import imageio_ffmpeg
import numpy as np
import pytest

from lipgate.core import media
from lipgate.core.media.mix import MEMORY, Mixer

RATE = 16_000


def voice(seed: int = 0, seconds: float = 1.0) -> np.ndarray:
    """Noise that swells like syllables, float64 (n,)."""
    n = round(seconds * RATE)
    return np.random.default_rng(seed).normal(0, 2000, n) * (1 + np.sin(np.arange(n) * 2 * np.pi * 4 / RATE))


def level(samples: np.ndarray) -> float:
    return float(np.square(samples.astype(float)).mean() ** 0.5)


def as_channels(*channels: np.ndarray) -> np.ndarray:
    return np.stack(channels, axis=1).round().astype(np.int16)


SILENCE = np.zeros(RATE)


@pytest.mark.parametrize(
    ("layout", "channels"),
    [
        ("stereo", (voice(), -voice())),
        ("stereo", (voice(), -0.9 * voice())),
        ("stereo", (voice() + voice(1) / 50, -voice() + voice(2) / 50)),
        ("stereo", (voice(), SILENCE)),
        ("stereo", (SILENCE, voice())),
        *[("5.1", tuple(voice() if place == here else SILENCE for place in range(6))) for here in range(6)],
        *[("6 channels", tuple(voice() if place == here else SILENCE for place in range(6))) for here in (0, 5)],
        ("8 channels", (*[SILENCE] * 3, voice(), -voice(), *[SILENCE] * 3)),
    ],
)
def test_a_voice_is_heard_wherever_it_is(layout: str, channels: tuple[np.ndarray, ...]) -> None:
    mixed = Mixer(len(channels), layout).mix(as_channels(*channels))
    assert np.corrcoef(mixed, voice())[0, 1] ** 2 > 0.95
    assert level(mixed) > 0.1 * level(voice())


@pytest.mark.parametrize("other", [voice(), voice(1), 0.5 * voice() + voice(1), -0.3 * voice() + voice(2)])
def test_what_does_not_cancel_is_averaged(other: np.ndarray) -> None:
    mixed = Mixer(2, "stereo").mix(as_channels(voice(), other))
    assert np.abs(mixed - (voice() + other) / 2).max() <= 1


@pytest.mark.parametrize("louder", [1.5, 2.0, 3.0])
def test_a_louder_voice_cannot_be_hidden_from_the_mean_by_turning_it_over(louder: float) -> None:
    own, foreign = voice(), louder * voice(1)
    mixed = Mixer(2, "stereo").mix(as_channels(own + foreign, own - foreign))
    assert np.corrcoef(mixed, voice(1))[0, 1] ** 2 > 0.5


def test_a_sound_whose_channels_turn_against_each_other_is_heard_on() -> None:
    mixer = Mixer(2, "stereo")
    mixer.mix(as_channels(voice(), voice()))
    for piece in range(8):
        mixed = mixer.mix(as_channels(voice(piece), -voice(piece)))
    assert MEMORY < 8 * RATE
    assert level(mixed) == pytest.approx(level(voice()), rel=0.1)


@pytest.mark.parametrize("pan", ["stereo|c0=c0|c1=-1*c0", "5.1|LFE=c0", "7.1|BL=c0", "quad|BL=c0|BR=-1*c0"])
def test_channels_come_through_decoding(puppet: Callable[..., Path], tmp_path: Path, pan: str) -> None:
    clip, made = puppet(seconds=1.0, size=(320, 180), face_px=90, preset="ultrafast"), tmp_path / "made.mkv"
    command = [imageio_ffmpeg.get_ffmpeg_exe(), "-v", "error", "-nostdin", "-y", "-i", clip, "-af", f"pan={pan}"]
    subprocess.run([*command, "-c:v", "copy", "-c:a", "flac", made], check=True)

    def heard(path: Path) -> np.ndarray:
        with media.Sound(media.probe(path)) as sound:
            return sound.window(0, 25).astype(float)

    assert abs(np.corrcoef(heard(made)[:15_000], heard(clip)[:15_000])[0, 1]) > 0.95
