"""A filmed face whose jaw is not its own: it moves by another sound, on a head that lives."""

from collections.abc import Iterator

import numpy as np

from lipgate.core.constants import AUDIO_RATE, VIDEO_FPS
from training.attacks import camera, lips, voices
from training.attacks.footage import Footage
from training.attacks.forgery import Forgery, Material
from training.attacks.jaw import Mouth, open_jaw, sag
from training.attacks.patches import between, blend, mask_of
from training.attacks.photographs import middles
from training.puppet.speech import mouth


def overlay_loudness(material: Material) -> Forgery:
    """The jaw follows the loudness of espeak-ng speech."""
    return _overlay(material, voices.drawn(len(material.clip) / VIDEO_FPS, material.rng).sound)


def overlay_voice(material: Material) -> Forgery:
    """The jaw follows the loudness of a real voice, somebody else's."""
    return _overlay(material, material.voice(len(material.clip) * AUDIO_RATE // VIDEO_FPS))


def _overlay(material: Material, sound: np.ndarray) -> Forgery:
    """Two thirds lay a still mouth over the moving one and move that; the others pull at the jaw as it was filmed."""
    clip, rng = material.clip, material.rng
    opening, rounding = mouth(sound, middles(len(clip)))
    number = lips.portrait_frame(clip, rng)
    looks = Mouth.drawn(rng, sag(clip.frames[number], clip.landmarks[number]))
    covered = rng.random() < 2 / 3
    frames = _covered(clip, number, looks, opening, rounding) if covered else _pulled(clip, looks, opening, rounding)
    grainy = camera.film(frames, len(clip), "fixed", camera.grain_of(rng), rng)
    return Forgery(grainy, sound, "still mouth laid over" if covered else "filmed mouth pulled")


def _pulled(clip: Footage, looks: Mouth, opening: np.ndarray, rounding: np.ndarray) -> Iterator[np.ndarray]:
    for frame, marks, wide, rounded in zip(clip.frames, clip.landmarks, opening, rounding, strict=True):
        yield open_jaw(frame, marks, looks, float(wide), float(rounded))


def _covered(clip: Footage, number: int, looks: Mouth, opening: np.ndarray, rounding: np.ndarray) -> Iterator[np.ndarray]:
    still, from_marks = clip.frames[number], clip.landmarks[number]
    mask = mask_of(still.shape, from_marks)
    for frame, marks, wide, rounded in zip(clip.frames, clip.landmarks, opening, rounding, strict=True):
        patch = open_jaw(still, from_marks, looks, float(wide), float(rounded))
        yield blend(frame, patch, mask, between(from_marks, marks))
