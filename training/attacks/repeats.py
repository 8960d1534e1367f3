"""Pictures that come again or stand still."""

import numpy as np

from lipgate.core.constants import SAMPLES_PER_FRAME
from training.attacks.forgery import Forgery, Material

_LONG = 6 * 25
"""Frames that a loop fills at least."""

_FADE = 3
"""Frames over which the seam of a loop is hidden, where it is."""


def loop(material: Material) -> Forgery:
    """About a second of the clip with its sound, again and again; the seam is hidden in half of them."""
    clip, rng = material.clip, material.rng
    piece = min(int(rng.integers(20, 36)), len(clip) - _FADE)
    start = int(rng.integers(0, len(clip) - piece - _FADE + 1))
    part, beyond = clip.cut(start, start + piece), clip.cut(start + piece, start + piece + _FADE)
    hidden = bool(rng.integers(2))
    frames, sound = part.frames, part.sound
    if hidden:
        weight = (np.arange(_FADE) + 1.0) / (_FADE + 1)
        frames, sound = frames.copy(), sound.copy()
        frames[:_FADE] = _mix(beyond.frames, frames[:_FADE], weight[:, None, None, None])
        ramp = (np.arange(len(beyond.sound)) + 0.5) / len(beyond.sound)
        sound[: len(ramp)] = _mix(beyond.sound, sound[: len(ramp)], ramp)
    turns = -(-_LONG // piece)
    return Forgery(
        (frame for _ in range(turns) for frame in frames), np.tile(sound, turns), f"{piece / 25:g} s{', seam hidden' * hidden}"
    )


def freeze(material: Material) -> Forgery:
    """The picture stands still while the speech goes on, to the end or for a while in the middle."""
    clip, rng = material.clip, material.rng
    start = round(len(clip) * rng.uniform(0.25, 0.55))
    stop = len(clip) if rng.integers(2) else round(start + len(clip) * rng.uniform(0.3, 0.4))
    index = np.arange(len(clip))
    index[start:stop] = start
    seen = len(clip) if stop >= len(clip) else stop
    return Forgery(
        (clip.frames[i] for i in index), clip.sound[: len(clip) * SAMPLES_PER_FRAME], f"{start / 25:g} to {seen / 25:g} s"
    )


def _mix(one: np.ndarray, other: np.ndarray, weight: np.ndarray) -> np.ndarray:
    """From one to the other as the weight goes from 0 to 1."""
    return np.round(one * (1.0 - weight) + other * weight).astype(other.dtype)
