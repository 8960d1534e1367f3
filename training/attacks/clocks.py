"""Genuine pictures whose sound leaves its time on the way."""

import numpy as np

from lipgate.core.constants import AUDIO_RATE, SAMPLES_PER_FRAME
from training.attacks.forgery import Forgery, Material


def step(material: Material) -> Forgery:
    """The sound is right for a part of the clip, then 200 to 500 ms early or late."""
    clip, rng = material.clip, material.rng
    frames = int(rng.integers(5, 13))
    at = round(len(clip) * rng.uniform(0.35, 0.65))
    early = material.seed % 2 == 0
    return stepped(material, at, frames if early else -frames)


def stepped(material: Material, at: int, frames: int) -> Forgery:
    """The offset changes from 0 to `frames` (Lipgate's sign: positive = the sound is early) at the frame `at`."""
    clip = material.clip
    count, place = abs(frames) * SAMPLES_PER_FRAME, _quiet(clip.sound, at * SAMPLES_PER_FRAME)
    if frames > 0:
        sound = np.concatenate([clip.sound[:place], clip.sound[place + count :]])
    else:
        sound = np.concatenate([clip.sound[:place], np.zeros(count, np.int16), clip.sound[place:]])
    shown = min(len(clip), len(sound) // SAMPLES_PER_FRAME)
    style = f"{abs(frames) * 40} ms {'early' if frames > 0 else 'late'} from {place / AUDIO_RATE:.2f} s"
    return Forgery(clip.frames[:shown], sound[: shown * SAMPLES_PER_FRAME], style)


def drift(material: Material) -> Forgery:
    """The sound runs 1 or 4 per cent too fast or too slow."""
    rate = (0.01, -0.01, 0.04, -0.04)[material.seed % 4]
    clip = material.clip
    at = np.arange(len(clip.sound)) * (1.0 + rate)
    at = at[at <= len(clip.sound) - 1]
    sound = np.interp(at, np.arange(len(clip.sound)), clip.sound).astype(np.int16)
    shown = len(sound) // SAMPLES_PER_FRAME
    return Forgery(
        clip.frames[:shown], sound[: shown * SAMPLES_PER_FRAME], f"{abs(rate):.0%} too {'fast' if rate > 0 else 'slow'}"
    )


def _quiet(sound: np.ndarray, near: int) -> int:
    """The sample of the quietest 20 ms within a quarter of a second of another: where nobody hears a seam."""
    window = AUDIO_RATE // 50
    first = max(0, near - AUDIO_RATE // 4)
    loud = np.convolve(np.square(sound[first : near + AUDIO_RATE // 4].astype(np.float64)), np.ones(window), mode="valid")
    return first + int(loud.argmin()) + window // 2 if len(loud) else near
