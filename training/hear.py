"""Step 2: let the frozen encoder hear every prepared track, as recorded and as other rooms, lines and speeds make it.

    python -m training.hear training/mini.toml

Writes one .hear.npz beside each .npz of `prepare`. Tracks already done are skipped, so it may be stopped and started. Hearing is
most of the work of a step; done once, every step of training is free of it.
"""

import argparse
import hashlib
from concurrent.futures import ProcessPoolExecutor, as_completed
from functools import cache
from pathlib import Path

import numpy as np
from rich.progress import track as progress

from lipgate.core.constants import SAMPLES_PER_FRAME
from lipgate.core.runtime import OnnxNetwork
from lipgate.core.sync.whisper import hear
from training import augment
from training.config import Config
from training.track import Hearing

SLOWEST, FASTEST = 0.8, 1.25
LATEST_START = 25
"""Frames at the beginning that may be left out: the encoder must not learn where in a recording a word stands."""

ENCODER = Path(__file__).parents[1] / "weights" / "whisper_encoder.onnx"


def hearing(
    encoder: OnnxNetwork, sound: np.ndarray, speed: float, first: float, voices: list[np.ndarray], rng: np.random.Generator
) -> Hearing:
    """Hear a sound once, distorted.

    Args:
        encoder: branch `states` of `lipgate.core.nets.whisper`.
        sound: int16 (n,).
        speed: how much faster.
        first: frame at which to begin.
        voices: others that talk in the background, int16; none: the sound is heard as it is.
        rng: chooses room, noise and line.
    """
    length = int((len(sound) - first * SAMPLES_PER_FRAME) / speed)
    length -= length % SAMPLES_PER_FRAME
    at = first * SAMPLES_PER_FRAME + np.arange(length) * speed
    samples = np.interp(at, np.arange(len(sound)), sound).astype(np.float32)
    loudness = np.sqrt(np.square(samples.reshape(-1, SAMPLES_PER_FRAME) / 32768).mean(axis=1))
    if voices:
        others = [np.resize(np.roll(voice, int(rng.integers(len(voice)))), length).astype(np.float32) for voice in voices]
        samples = augment.sound(samples, others, rng, strong=True)
    return Hearing(speed, first, hear(encoder, samples).astype(np.float16), loudness.astype(np.float32))


def as_recorded(sound: np.ndarray) -> Hearing:
    """A sound, int16 (n,), heard as it is."""
    return hearing(_encoder(), sound, 1.0, 0.0, [], np.random.default_rng(0))


def hear_track(path: Path, others: list[Path], count: int, seed: int, *, as_paced: bool) -> None:
    """Write `count` hearings of one track, the first as recorded, the second at its own speed.

    Args:
        path: what `prepare` wrote.
        others: tracks whose voices may be heard in the background.
        count: hearings.
        seed: of all that is drawn.
        as_paced: leave speed and beginning of all of them as recorded, so that they can be held against the whole track.
    """
    rng = np.random.default_rng([seed, int(hashlib.sha1(path.stem.encode(), usedforsecurity=False).hexdigest()[:8], 16)])
    sound, voices = _sound(path), [_sound(other) for other in others]
    room = max(0, min(LATEST_START, len(sound) // SAMPLES_PER_FRAME - 60))
    found = [as_recorded(sound)]
    for number in range(1, count):
        speed = 1.0 if number == 1 or as_paced else float(rng.uniform(SLOWEST, FASTEST))
        first = 0.0 if as_paced else float(rng.integers(room + 1))
        found.append(hearing(_encoder(), sound, speed, first, voices, rng))
    arrays = {f"{name}_{number}": getattr(one, name) for number, one in enumerate(found) for name in Hearing.__dataclass_fields__}
    part = path.with_suffix(".part.npz")
    np.savez(part, **arrays)
    part.replace(path.with_suffix(".hear.npz"))


def read_hearings(path: Path) -> list[Hearing]:
    """What `hear_track` wrote for the track at `path`; nothing where it has not been heard."""
    file = path.with_suffix(".hear.npz")
    if not file.exists():
        return []
    with np.load(file) as data:
        count = len(data.files) // len(Hearing.__dataclass_fields__)
        return [
            Hearing(float(data[f"speed_{n}"]), float(data[f"first_{n}"]), data[f"states_{n}"], data[f"loudness_{n}"])
            for n in range(count)
        ]


def _sound(path: Path) -> np.ndarray:
    with np.load(path) as file:
        return file["sound"]


@cache
def _encoder() -> OnnxNetwork:
    return OnnxNetwork(ENCODER, threads=1)


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description="Let the frozen encoder hear the sound of prepared tracks.")
    parser.add_argument("config", type=Path)
    parser.add_argument("--workers", type=int, default=2)
    arguments = parser.parse_args()
    config = Config.read(arguments.config)
    paths = sorted(path for path in config.cache.glob("*.npz") if not path.name.endswith((".hear.npz", ".part.npz")))
    rng = np.random.default_rng(config.seed)
    todo = []
    for path in paths:
        others = [paths[int(rng.integers(len(paths)))] for _ in range(3)]
        if not path.with_suffix(".hear.npz").exists():
            with np.load(path) as file:
                name = str(file["name"])
            if config.is_left_out(name):
                continue
            # Clips of a source that has many are drawn rarely.
            count = config.hearings if config.weight(name) >= 1 else 1 + config.hearings // 3
            todo.append((path, others, count, config.seed, config.is_held_out(name)))
    print(f"{len(paths)} tracks, {len(todo)} to hear")
    with ProcessPoolExecutor(arguments.workers) as pool:
        jobs = [pool.submit(hear_track, *one[:-1], as_paced=one[-1]) for one in todo]
        for job in progress(as_completed(jobs), total=len(jobs), description="tracks"):
            job.result()


if __name__ == "__main__":
    main()
