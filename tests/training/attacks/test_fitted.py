"""Speech that is made to fit, mouths that are pasted, screens that are filmed: each has the property it claims."""

import dataclasses
from collections.abc import Callable

import numpy as np
import pytest

from lipgate.core.constants import AUDIO_RATE
from training.attacks import Footage, network
from training.attacks.fitted import align, pasted_speech, time_warped
from training.attacks.forgery import Forgery, Material
from training.attacks.jaw import axes, reach
from training.attacks.lips import opening
from training.attacks.painted import LEVELS, painted_lips
from training.attacks.pasted import pasted_lips, pasted_mouth
from training.attacks.photographs import middles
from training.attacks.replay import Screen, film_screen, screen_replay
from training.attacks.stretch import stretch
from training.puppet.speech import mouth

FRAME = 640


def material(clip: Footage, other: Footage | None = None, seed: int = 0) -> Material:
    """What an attack is made of."""
    voices = (other.sound,) if other else ()
    return Material(clip, other, voices, seed, np.random.default_rng(seed))


@pytest.mark.parametrize("speed", [0.6, 1.0, 1.7])
def test_stretching_changes_the_length_and_not_the_pitch(speed: float) -> None:
    tone = (8000 * np.sin(2 * np.pi * 200 * np.arange(2 * AUDIO_RATE) / AUDIO_RATE)).astype(np.int16)
    hops = round(len(tone) / speed / 320) - 2
    out = stretch(tone, np.arange(hops) * 320 * speed, 320)
    assert len(out) == hops * 320
    spectrum = np.abs(np.fft.rfft(out[1600:-1600] * np.hanning(len(out) - 3200)))
    assert spectrum.argmax() * AUDIO_RATE / (len(out) - 3200) == pytest.approx(200, abs=2)
    assert np.abs(out[1600:-1600]).max() == pytest.approx(8000, rel=0.1)


def test_alignment_finds_words_that_were_bent() -> None:
    rng = np.random.default_rng(3)
    seen = np.convolve(rng.random(104), np.ones(5) / 5, mode="valid")
    seen = (seen - seen.min()) / np.ptp(seen)
    true = np.cumsum(np.where(np.arange(len(seen)) % 40 < 20, 0.75, 1.4))
    true -= true[0]
    heard = np.interp(np.arange(2 * len(seen)), true, seen, right=0.0)
    assert np.abs(align(seen, heard) - true).max() < 3.0


def test_warped_words_fit_better_than_they_did_and_are_other_words(clip: Footage) -> None:
    made = time_warped(material(clip))
    assert len(made.sound) == len(clip.sound)
    seen = opening(clip)
    before = np.roll(clip.sound, -(len(clip.sound) // 2))
    fit = [np.corrcoef(seen, mouth(sound, middles(len(clip)))[0])[0, 1] for sound in (before, made.sound)]
    assert fit[1] > fit[0] + 0.2
    assert np.corrcoef(clip.sound, made.sound)[0, 1] < 0.2


def test_pasted_speech_is_foreign_and_in_pieces(clip: Footage, other: Footage) -> None:
    made = pasted_speech(material(clip, other))
    assert len(made.sound) == len(clip.sound)
    assert 75 / 10 <= int(made.style.split()[0]) <= 75 / 5
    inside = made.sound[2 * FRAME : 4 * FRAME]  # of the first piece
    assert inside.any()
    assert inside.tobytes() in other.sound.tobytes()
    assert abs(np.corrcoef(clip.sound, made.sound)[0, 1]) < 0.2


@pytest.mark.parametrize("forge", [pasted_lips, painted_lips])
def test_lips_that_the_network_chose_fit_foreign_speech_better_than_those_that_were_filmed(
    clip: Footage, other: Footage, forge: Callable[[Material], Forgery]
) -> None:
    made = forge(material(clip, other))
    assert np.array_equal(made.sound, other.sound[: len(clip.sound)])
    frames = np.stack(list(made.frames))
    windows = slice(0, len(network.seen(clip)))
    before, after = (
        np.diag(network.apart(network.heard(made.sound)[windows], network.seen(footage)))
        for footage in (clip, dataclasses.replace(clip, frames=frames))
    )
    assert after.mean() < before.mean() - 0.05
    if forge is painted_lips:
        assert np.abs(frames.astype(int) - clip.frames).max() <= LEVELS + 1
        assert after.mean() < before.mean() - 0.2


@pytest.mark.parametrize(("seed", "kind"), [(0, "another person"), (1, "another time"), (2, "its own")])
def test_a_pasted_mouth_changes_the_mouth_alone_and_brings_its_sound(clip: Footage, other: Footage, seed: int, kind: str) -> None:
    made = pasted_mouth(material(clip, other, seed))
    assert kind in made.style
    frames = np.stack(list(made.frames))
    changed = (frames.astype(int) - clip.frames[: len(frames)] != 0).any(axis=-1)
    for number in (0, len(frames) // 2):
        left, top, right, bottom = reach(clip.frames[number], axes(clip.landmarks[number]))
        assert changed[number, top:bottom, left:right].any()
        changed[number, top:bottom, left:right] = False
        assert not changed[number].any()
    sound = {"another person": other.sound, "another time": np.roll(clip.sound, -37 * FRAME), "its own": clip.sound}[kind]
    assert np.array_equal(made.sound, sound[: len(made.sound)])


@pytest.mark.parametrize("fps", [25, 30])
def test_a_camera_before_a_screen_sees_each_picture_at_its_time(fps: int) -> None:
    square = np.array([[0, 0], [1, 0], [1, 1], [0, 1]], np.float32)
    plain = Screen(square, (9.0, 9.0), moire=0.0, gamma=1.0, black=0.0, gains=(1.0, 1.0, 1.0), flicker=0.0, fps=fps)
    pictures = np.full((50, 40, 60, 3), 4 * np.arange(50).reshape(50, 1, 1, 1), np.uint8)
    frames = np.stack(list(film_screen(pictures, plain, np.random.default_rng(0)))).mean(axis=(1, 2, 3)) / 4
    assert len(frames) == 2 * fps
    late = (np.arange(2 * fps) + 0.5) / fps * 25 - 0.5 - frames
    assert np.abs(late).max() <= 1.0  # in frames of the clip


def test_a_filmed_screen_has_moire_and_keeps_its_sound_in_time(clip: Footage) -> None:
    made = screen_replay(material(clip))
    frames = np.stack(list(made.frames))
    assert frames.shape[1:] == clip.frames.shape[1:]
    assert len(frames) == round(75 / 25 * made.fps)
    delay = np.correlate(made.sound.astype(float), clip.sound[1600:-1600].astype(float), mode="valid").argmax() - 1600
    assert abs(delay) < 160
    grey = Footage("grey", np.full_like(clip.frames, 128), clip.sound, clip.landmarks, clip.boxes)
    middle = next(iter(screen_replay(material(grey)).frames))[40:-40, 40:-40].astype(float)
    assert middle.std(axis=(0, 1)).min() > 1.0
