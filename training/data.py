"""Face tracks that `prepare` cut and `hear` heard, drawn as augmented segments."""

from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
import torch
from torch.utils.data import IterableDataset

from lipgate.core.constants import VSHIFT, WINDOW_FRAMES
from training import augment, jaws
from training.config import Config
from training.hear import read_hearings
from training.take import Spliced, Take, draw_take, splice, warped
from training.track import Track

SPLICED = 0.4
"""Share of segments that go on in another clip of the same person: a network with a view of half a second would otherwise
learn the sentences by heart."""


@dataclass(frozen=True)
class Batch:
    """Segments of one step. The first `clips` of both sides belong together in order; what follows belongs to nothing."""

    crops: torch.Tensor
    """float32 (clips + puppets, t + 4, 64, 64)."""
    states: torch.Tensor
    """float32 (clips + warped, 2 (t + 4 + 30), 768)."""
    puppet_of: torch.Tensor
    """int64 (puppets,): the clip whose loudness moves the jaw."""


def load(config: Config, *, held_out: bool, only: Callable[[str], bool] | None = None) -> list[Track]:
    """Read all tracks of training or of validation, ordered by name.

    Args:
        config: says where they are, and which are which.
        held_out: those of validation.
        only: names of the clips that are wanted; all by default.
    """
    tracks = []
    for path in sorted(config.cache.glob("*.npz")):
        if path.name.endswith((".hear.npz", ".part.npz")):
            continue
        with np.load(path) as file:
            name = str(file["name"])
            if config.is_left_out(name) or config.is_held_out(name) != held_out or not (only is None or only(name)):
                continue
            tracks.append(Track(name, file["crops"], file["sound"], int(file["lead"]), hearings=read_hearings(path)))
    return sorted(tracks, key=lambda track: track.name)


def longest(tracks: list[Track]) -> list[Track]:
    """The longest track of each clip: in a clip with several faces most likely the speaker."""
    best: dict[str, Track] = {}
    for track in tracks:
        if track.name not in best or len(track.crops) > len(best[track.name].crops):
            best[track.name] = track
    return list(best.values())


class Segments(IterableDataset):
    """Endless batches."""

    def __init__(self, tracks: list[Track], config: Config, first_step: int = 0) -> None:
        self._tracks = [track for track in tracks if track.hearings]
        self._config = config
        self._first_step = first_step
        weights = np.array([config.weight(track.name) for track in self._tracks])
        self._weights = weights / weights.sum()
        self._beside: dict[str, list[Track]] = defaultdict(list)
        for track in self._tracks:
            self._beside[track.person].append(track)

    def __iter__(self) -> Iterator[Batch]:
        step = self._first_step
        worker = torch.utils.data.get_worker_info()
        stride, step = (worker.num_workers, step + worker.id) if worker else (1, step)
        while True:
            # Every step has its own random numbers, so that a resumed run sees what an unbroken one would.
            strength = min(1.0, step / self._config.full_strength_at)
            yield self._batch(np.random.default_rng([self._config.seed, step]), strength)
            step += stride

    def _batch(self, rng: np.random.Generator, strength: float) -> Batch:
        frames = self._config.segment_frames + WINDOW_FRAMES - 1
        chosen = rng.choice(len(self._tracks), self._config.clips_per_step, p=self._weights)
        strong = rng.random(len(chosen)) < strength
        takes = [self._take(self._tracks[number], frames, rng, strong=one) for number, one in zip(chosen, strong, strict=True)]
        crops = [augment.mouths(take.crops(frames), rng, strong=one) for take, one in zip(takes, strong, strict=True)]
        heard = [
            augment.states(take.states(-VSHIFT, frames + VSHIFT), rng, strong=one)
            for take, one in zip(takes, strong, strict=True)
        ]
        puppet_of = rng.choice(len(takes), self._config.puppets_per_step, replace=False)
        for number in puppet_of:
            moved = jaws.puppet(takes[number].crops(frames), takes[number].loudness(frames), rng)
            crops.append(augment.mouths(moved, rng, strong=bool(strong[number])))
        for number in rng.choice(len(takes), self._config.warped_per_step, replace=False):
            heard.append(warped(heard[number], rng))
        return Batch(
            torch.from_numpy(np.stack(crops)).float(),
            torch.from_numpy(np.stack(heard)),
            torch.from_numpy(puppet_of.astype(np.int64)),
        )

    def _take(self, track: Track, frames: int, rng: np.random.Generator, *, strong: bool) -> Take | Spliced:
        first = draw_take(track, frames, rng, plain=not strong)
        if not strong or rng.random() >= SPLICED:
            return first
        beside = self._beside[track.person]
        return splice(first, draw_take(beside[int(rng.integers(len(beside)))], frames, rng), frames, rng)
