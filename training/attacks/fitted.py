"""Other words made to fit a silent picture: bent in time, or put together from pieces."""

import numpy as np

from lipgate.core.constants import AUDIO_RATE, SAMPLES_PER_FRAME, WINDOW_FRAMES
from training.attacks import lips, network
from training.attacks.forgery import Forgery, Material
from training.attacks.photographs import middles
from training.attacks.stretch import stretch
from training.puppet.speech import mouth

_FADE = AUDIO_RATE // 200
"""Samples over which one piece of sound becomes the next (5 ms)."""


def time_warped(material: Material) -> Forgery:
    """The same speaker's other words, slower here and faster there, so that their loudness fits the opening of the lips."""
    clip = material.clip
    # Other words: those of the other half of the clip, and from its beginning again where they end.
    words = np.tile(np.roll(clip.sound, -(len(clip.sound) // 2)), 2)
    seen, heard = lips.opening(clip), mouth(words, middles(2 * len(clip)))[0]
    path = align(seen, heard)
    # Hops of the stretch lie 20 ms apart, frames 40 ms.
    at = np.interp(np.arange(2 * len(clip)) / 2, np.arange(len(clip)), path) * SAMPLES_PER_FRAME
    sound = stretch(words, at, SAMPLES_PER_FRAME // 2)[: len(clip.sound)]
    rates = np.diff(path)
    return Forgery(clip.frames, sound, f"rate {rates.min():.2f} to {rates.max():.2f}")


def align(seen: np.ndarray, heard: np.ndarray) -> np.ndarray:
    """Find where in the sound every picture should be, by dynamic programming.

    Args:
        seen: (n,) opening of the lips.
        heard: (m,) opening that the sound asks for; m >= 2 n so that it never ends first.

    Returns:
        float64 (n,): positions in frames of the sound, from 0 on, at half to double speed.
    """
    n, m = len(seen), len(heard)
    cost = np.abs(seen[:, None].astype(np.float64) - heard)
    best = np.full((n, m), np.inf)
    came = np.zeros((n, m), np.int8)
    best[0, 0] = cost[0, 0]
    for i in range(1, n):
        ways = np.full((3, m), np.inf)
        ways[0, 1:] = best[i - 1, :-1] + cost[i, 1:]
        ways[1, 2:] = best[i - 1, :-2] + cost[i, 2:] + _HASTE
        if i > 1:
            ways[2, 1:] = best[i - 2, :-1] + cost[i - 1, 1:] + cost[i, 1:] + _HASTE
        came[i], best[i] = ways.argmin(axis=0), ways.min(axis=0)
    i, j = n - 1, int(best[-1].argmin())
    places = {i: float(j)}
    while i > 0:
        back, along = ((1, 1), (1, 2), (2, 1))[came[i, j]]
        i, j = i - back, j - along
        places[i] = float(j)
    known = np.array(sorted(places))
    return np.interp(np.arange(n), known, [places[i] for i in known.tolist()])


_HASTE = 0.03
"""What it costs, in opening, to leave the speed of the words."""


def pasted_speech(material: Material) -> Forgery:
    """Foreign speech in pieces of 200 to 400 ms, chosen by the sync network itself to fit the picture."""
    clip, rng = material.clip, material.rng
    if not material.voices:
        raise ValueError("this species needs a second clip")
    pool = np.concatenate([voice[: len(voice) // SAMPLES_PER_FRAME * SAMPLES_PER_FRAME] for voice in material.voices])
    apart = network.apart(network.seen(clip), network.heard(pool))
    padded = np.pad(pool, _FADE)
    sound = np.zeros(len(clip.sound) + 2 * _FADE, np.float64)
    start, pieces = 0, 0
    while start < len(clip):
        frames = int(rng.integers(WINDOW_FRAMES, 2 * WINDOW_FRAMES + 1))
        frames = min(frames, len(clip) - start)
        place = _best(apart, start, frames)
        piece = padded[place * SAMPLES_PER_FRAME : (place + frames) * SAMPLES_PER_FRAME + 2 * _FADE]
        ramp = np.clip((np.arange(len(piece)) + 0.5) / (2 * _FADE), 0.0, 1.0)
        sound[start * SAMPLES_PER_FRAME :][: len(piece)] += piece * np.minimum(ramp, ramp[::-1])
        start, pieces = start + frames, pieces + 1
    out = sound[_FADE : _FADE + len(clip.sound)]
    return Forgery(clip.frames, np.clip(np.round(out), -32768, 32767).astype(np.int16), f"{pieces} pieces")


def _best(apart: np.ndarray, start: int, frames: int) -> int:
    """First frame of the stretch of sound that lies nearest to so many frames of picture."""
    windows = max(1, frames - WINDOW_FRAMES + 1)
    rows = np.minimum(start + np.arange(windows), len(apart) - 1)
    room = apart.shape[1] - windows
    fit = np.mean([apart[row, offset : offset + room + 1] for offset, row in enumerate(rows)], axis=0)
    return int(fit[: max(1, len(fit) - (frames - windows) + WINDOW_FRAMES - 1)].argmin())
