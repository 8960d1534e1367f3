"""Face tracks that `prepare` cut, drawn as augmented segments."""

from collections import defaultdict
from collections.abc import Iterator

import numpy as np
import torch
from torch.utils.data import IterableDataset

from lipgate.core.constants import COLUMNS_PER_FRAME, SAMPLES_PER_FRAME, VSHIFT, WINDOW_FRAMES
from lipgate.core.sync.logmel import logmel
from training import augment
from training.config import Config
from training.take import Spliced, Take, draw_take, splice
from training.track import Track

SPLICED = 0.5
"""Share of segments that go on in another clip of the same person: a network with a view of a second would otherwise learn the
sentences by heart."""

SURROUNDINGS = 40
"""Frames of sound beyond a segment that its features depend on."""


def load(config: Config, *, held_out: bool) -> list[Track]:
    """Read all tracks of training or of validation, ordered by name."""
    tracks = []
    for path in sorted(config.cache.glob("*.npz")):
        with np.load(path) as file:
            name = str(file["name"])
            if config.is_left_out(name) or config.is_held_out(name) != held_out:
                continue
            tracks.append(Track(name, file["crops"], file["sound"], int(file["lead"])))
    return sorted(tracks, key=lambda track: track.name)


def longest(tracks: list[Track]) -> list[Track]:
    """The longest track of each clip: in a clip with several faces most likely the speaker."""
    best: dict[str, Track] = {}
    for track in tracks:
        if track.name not in best or len(track.crops) > len(best[track.name].crops):
            best[track.name] = track
    return list(best.values())


class Segments(IterableDataset):
    """Endless batches of (crops float32 (b, t + 4, 64, 64), features float32 (b, 40, 4 (t + 4 + 30)))."""

    def __init__(self, tracks: list[Track], config: Config, first_step: int = 0) -> None:
        self._tracks = tracks
        self._config = config
        self._first_step = first_step
        weights = np.array([config.weight(track.name) for track in tracks])
        self._weights = weights / weights.sum()
        self._beside: dict[str, list[Track]] = defaultdict(list)
        for track in tracks:
            self._beside[track.person].append(track)

    def __iter__(self) -> Iterator[tuple[torch.Tensor, torch.Tensor]]:
        step = self._first_step
        worker = torch.utils.data.get_worker_info()
        stride, step = (worker.num_workers, step + worker.id) if worker else (1, step)
        while True:
            # Every step has its own random numbers, so that a resumed run sees what an unbroken one would.
            strength = min(1.0, step / self._config.full_strength_at)
            yield self._batch(np.random.default_rng([self._config.seed, step]), strength)
            step += stride

    def _batch(self, rng: np.random.Generator, strength: float) -> tuple[torch.Tensor, torch.Tensor]:
        count = self._config.clips_per_step
        chosen = rng.choice(len(self._tracks), count, p=self._weights)
        items = [self._segment(self._tracks[number], rng, strong=rng.random() < strength) for number in chosen]
        return torch.from_numpy(np.stack([item[0] for item in items])), torch.from_numpy(np.stack([item[1] for item in items]))

    def _segment(self, track: Track, rng: np.random.Generator, *, strong: bool) -> tuple[np.ndarray, np.ndarray]:
        frames = self._config.segment_frames + WINDOW_FRAMES - 1
        take: Take | Spliced = (first := draw_take(track, frames, rng, pauses=strong))
        if strong and rng.random() < SPLICED:
            beside = self._beside[track.person]
            take = splice(first, draw_take(beside[int(rng.integers(len(beside)))], frames, rng, pauses=False), frames, rng)
        crops = augment.mouths(take.crops(np.arange(frames)), rng, strong=strong)
        sound = self._sound(take, frames, rng, strong=strong)
        return crops.astype(np.float32), augment.features(sound, rng, strong=strong)

    def _sound(self, take: Take | Spliced, frames: int, rng: np.random.Generator, *, strong: bool) -> np.ndarray:
        """Features of the segment's sound, `VSHIFT` frames longer at each side; silence where the clip has none."""
        reach = VSHIFT + SURROUNDINGS
        samples = take.sound(-reach, frames + reach)
        inside = ~np.isnan(samples)
        others = [self._voice(int(inside.sum()), rng) for _ in range(3)]
        samples = augment.sound(samples[inside].astype(np.float32), others, rng, strong=strong)
        columns = logmel(samples)
        # What lies outside the clip does not exist for the features either: they must not learn where a clip ends.
        before = int(np.argmax(inside)) // (SAMPLES_PER_FRAME // COLUMNS_PER_FRAME)
        full = np.zeros((columns.shape[0], (frames + 2 * reach) * COLUMNS_PER_FRAME), np.float32)
        full[:, before : before + columns.shape[1]] = columns[:, : full.shape[1] - before]
        cut = SURROUNDINGS * COLUMNS_PER_FRAME
        return full[:, cut:-cut]

    def _voice(self, count: int, rng: np.random.Generator) -> np.ndarray:
        sound = self._tracks[int(rng.integers(len(self._tracks)))].sound
        return np.resize(np.roll(sound, int(rng.integers(len(sound)))), count).astype(np.float32)
