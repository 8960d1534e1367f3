"""Sounds that are put together from pieces of others, and sounds as they were recorded, through the same noise and codecs."""

import subprocess
from collections.abc import Sequence

import imageio_ffmpeg
import numpy as np

from lipgate.core.constants import AUDIO_RATE, SAMPLES_PER_FRAME
from training import augment

SHORTEST_S, LONGEST_S = 3.0, 6.5
PIECES_S = ((0.15, 0.4), (0.2, 0.6), (0.3, 1.0), (0.6, 1.8))
"""Shortest and longest piece; one pair for a sound."""

FADES = (0, 40, 80, 160, 320, 640)
"""Samples at each side of a joint over which one piece becomes the next, up to 40 ms."""

LEVEL = 1500.0
"""Root mean square that pieces are brought to where their levels are evened out, of 32768."""

BITRATES_K = (32, 48, 64, 96, 128)


def recorded(sounds: Sequence[np.ndarray], chosen: int, rng: np.random.Generator) -> np.ndarray:
    """A stretch of one sound, int16 (n,), n of whole video frames."""
    sound = sounds[chosen]
    length = min(_length(rng), len(sound) // SAMPLES_PER_FRAME * SAMPLES_PER_FRAME)
    start = int(rng.integers(len(sound) - length + 1))
    return _line(sound[start : start + length].astype(np.float32), sounds, rng)


def joined(
    sounds: Sequence[np.ndarray], rng: np.random.Generator, weights: np.ndarray | None = None
) -> tuple[np.ndarray, list[int]]:
    """Pieces of up to four people's sounds in a row.

    Args:
        sounds: int16 each.
        rng: chooses.
        weights: how often each is chosen, of sum 1; all the same by default.

    Returns:
        int16 (n,), n of whole video frames, and the samples at which one piece becomes the next.
    """
    length = _length(rng)
    pool = [sounds[int(rng.choice(len(sounds), p=weights))] for _ in range(int(rng.integers(1, 5)))]
    fade, even, on_frames = int(rng.choice(FADES)), rng.random() < 0.5, rng.random() < 0.4
    ramp = np.sqrt if rng.random() < 0.3 else np.asarray
    shortest, longest = PIECES_S[int(rng.integers(len(PIECES_S)))]
    step = SAMPLES_PER_FRAME if on_frames else 1
    out = np.zeros(length, np.float32)
    at, joints = 0, []
    while at < length:
        voice = pool[int(rng.integers(len(pool)))]
        wanted = int(rng.uniform(shortest, longest) * AUDIO_RATE) // step * step
        size = min(wanted, len(voice) - 2 * fade - step)
        start = int(rng.integers(len(voice) - size - 2 * fade)) // step * step
        piece = voice[start : start + size + 2 * fade].astype(np.float32)
        if even:
            piece *= LEVEL / (np.sqrt(np.square(piece).mean()) + 0.1 * LEVEL)
        if fade:
            rise = ramp(np.clip((np.arange(len(piece)) + 0.5) / (2 * fade), 0, 1))
            piece *= np.minimum(rise, rise[::-1])
        end = min(length, at + len(piece))
        out[at:end] += piece[: end - at]
        if at:
            joints.append(at + fade)
        at += size
    return _line(out, sounds, rng), joints


def _length(rng: np.random.Generator) -> int:
    frames = int(rng.uniform(SHORTEST_S, LONGEST_S) * AUDIO_RATE) // SAMPLES_PER_FRAME
    return frames * SAMPLES_PER_FRAME


def _line(samples: np.ndarray, sounds: Sequence[np.ndarray], rng: np.random.Generator) -> np.ndarray:
    if rng.random() < 0.5:
        others = [np.resize(sounds[int(rng.integers(len(sounds)))], len(samples)).astype(np.float32) for _ in range(3)]
        samples = augment.sound(samples, others, rng, strong=True)
    whole = np.clip(np.round(samples), -32768, 32767).astype(np.int16)
    return coded(whole, int(rng.choice(BITRATES_K))) if rng.random() < 0.3 else whole


def coded(samples: np.ndarray, kbit: int) -> np.ndarray:
    """A sound after AAC at so many kilobits a second, int16 of the same length."""
    raw = ["-f", "s16le", "-ar", str(AUDIO_RATE), "-ac", "1"]
    program = [imageio_ffmpeg.get_ffmpeg_exe(), "-v", "error"]
    encode = [*program, *raw, "-i", "-", "-c:a", "aac", "-b:a", f"{kbit}k", "-f", "adts", "-"]
    packets = subprocess.run(encode, input=samples.tobytes(), capture_output=True, check=True).stdout
    decode = [*program, "-f", "aac", "-i", "-", *raw, "-"]
    heard = np.frombuffer(subprocess.run(decode, input=packets, capture_output=True, check=True).stdout, np.int16)
    heard = heard[_DELAY:][: len(samples)]
    return np.pad(heard, (0, len(samples) - len(heard)))


_DELAY = 1024
"""Samples by which ffmpeg's AAC brings a raw stream late."""
