"""Trains and exports `splices`, the network that hears joints in a sound: about a quarter of an hour on two cores.

    python -m training.splices training/mini.toml --version 1.0

Takes the sounds of the clips and the same held-out people as `mini`. One half of what it hears is as recorded, the other is put
together from pieces (`training.joints`); noise, rooms and codecs come over both alike. Writes `splices.safetensors` and
`splices.onnx` into the weights folder, enters them into its manifest, and prints what the held-out people say.
"""

import argparse
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
import torch
from rich.progress import track as progress
from safetensors.torch import save_file
from torch.nn import functional

from lipgate.core.constants import SAMPLES_PER_FRAME, STATES_PER_FRAME
from lipgate.core.errors import LipgateError
from lipgate.core.nets.export import export_branch
from lipgate.core.nets.spec import spec_of
from lipgate.core.nets.splices import Splices
from lipgate.core.presence.splices import density
from lipgate.core.runtime import OnnxNetwork
from lipgate.core.sync.whisper import hear
from lipgate.core.weights.manifest import record_file, record_model, weights_folder
from training.attacks.footage import read_sound
from training.config import Config
from training.export import LICENCE, ORIGIN
from training.hear import ENCODER
from training.joints import joined, recorded
from training.puppet.speech import formant_noise, recording

EXAMPLES, HELD_OUT_EXAMPLES = 3200, 600
STEPS = 1500
BATCH = 32
COLUMNS = 140
"""Length of a training example, in states of 20 ms."""

LEARNING_RATE = 2e-3
WEIGHT_DECAY = 5e-2
MACHINES_SHARE = 0.15
"""Share of the voices of machines among what is heard, against that of people."""

REACH = 1.5
"""States at most so far from a joint, in states, are called part of it."""


@dataclass(frozen=True)
class Example:
    """A sound as the encoder heard it."""

    states: np.ndarray
    """float16 (t, 768)."""
    joints: np.ndarray
    """float32 (t,), 1 at a joint."""
    spliced: bool


def heard(sounds: Sequence[np.ndarray], weights: np.ndarray, rng: np.random.Generator, *, spliced: bool) -> Example:
    """Make one sound and hear it.

    Args:
        sounds: int16 each.
        weights: how often each is chosen, of sum 1.
        rng: chooses sounds, pieces, noise, room and codec.
        spliced: put it together from pieces.
    """
    chosen = int(rng.choice(len(sounds), p=weights))
    samples, places = joined(sounds, rng, weights) if spliced else (recorded(sounds, chosen, rng), [])
    states = hear(_encoder(), samples).astype(np.float16)
    middles = np.arange(len(states)) + 0.5
    joints = np.zeros(len(states), np.float32)
    for place in places:
        joints[np.abs(middles - place / (SAMPLES_PER_FRAME / STATES_PER_FRAME)) <= REACH] = 1
    return Example(states, joints, spliced)


def examples(sounds: Sequence[np.ndarray], weights: np.ndarray, count: int, seed: int, workers: int) -> list[Example]:
    """`count` examples, every second one spliced. The same arguments give the same, whatever `workers` is.

    Args:
        sounds: int16 each.
        weights: how often each is chosen.
        count: how many.
        seed: of all that is drawn.
        workers: processes.
    """
    _share(sounds)
    with ProcessPoolExecutor(workers, initializer=_share, initargs=(sounds,)) as pool:
        shares = pool.map(_one, [(weights, seed, number) for number in range(count)], chunksize=8)
        return list(progress(shares, total=count, description="hear"))


def train(heard_before: Sequence[Example], seed: int, steps: int = STEPS) -> Splices:
    """Train from nothing. The same examples, seed and number of steps give the same weights."""
    torch.manual_seed(seed)
    net = Splices().train()
    optimizer = torch.optim.AdamW(net.parameters(), LEARNING_RATE, weight_decay=WEIGHT_DECAY)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, LEARNING_RATE, total_steps=steps)
    for step, (states, joints) in zip(range(1, steps + 1), _batches(heard_before, seed), strict=False):
        loss = functional.binary_cross_entropy_with_logits(net.logits(states), joints)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        schedule.step()
        if step % 200 == 0:
            print(f"step {step}: loss {loss.item():.4f}", flush=True)
    return net.eval()


def measured(net: Splices, held_out: Sequence[Example]) -> tuple[np.ndarray, np.ndarray]:
    """Density of joints of every example: float64 of those as recorded, and of those put together."""
    with torch.no_grad():
        found = [density(net(torch.from_numpy(one.states[None].astype(np.float32)))[0].numpy()).max() for one in held_out]
    spliced = np.array([one.spliced for one in held_out])
    return np.array(found)[~spliced], np.array(found)[spliced]


def write(net: Splices, version: str, folder: Path) -> None:
    """Write the weights and the ONNX file, and enter them into the manifest."""
    save_file(net.state_dict(), folder / "splices.safetensors")
    record_file("splices", "splices.safetensors", origin=ORIGIN, licence=LICENCE, folder=folder)
    [branch] = spec_of("splices").branches
    export_branch(net.eval(), branch, folder / "splices.onnx")
    record_file("splices_joints", "splices.onnx", origin="exported from splices.safetensors", licence=LICENCE, folder=folder)
    record_model("splices", version=version, source="splices", branches={branch.name: "splices_joints"}, folder=folder)


def _batches(heard_before: Sequence[Example], seed: int) -> Iterator[tuple[torch.Tensor, torch.Tensor]]:
    rng = np.random.default_rng(seed)
    while True:
        states, joints = [], []
        for number in rng.integers(len(heard_before), size=BATCH):
            one = heard_before[number]
            first = int(rng.integers(max(1, len(one.joints) - COLUMNS + 1)))
            short = max(0, COLUMNS - len(one.joints))
            states.append(np.pad(one.states[first : first + COLUMNS], ((0, short), (0, 0)), mode="edge"))
            joints.append(np.pad(one.joints[first : first + COLUMNS], (0, short)))
        yield torch.from_numpy(np.stack(states).astype(np.float32)), torch.from_numpy(np.stack(joints))


_shared: list[np.ndarray] = []


def _share(sounds: Sequence[np.ndarray]) -> None:
    _shared[:] = sounds


def _one(task: tuple[np.ndarray, int, int]) -> Example:
    weights, seed, number = task
    rng = np.random.default_rng([seed, number])
    return heard(_shared, weights / weights.sum(), rng, spliced=number % 2 == 1)


@cache
def _encoder() -> OnnxNetwork:
    return OnnxNetwork(ENCODER, threads=1)


def _sounds(config: Config, *, held_out: bool) -> tuple[list[np.ndarray], np.ndarray]:
    """Sounds of the clips there are, and how often each is chosen."""
    found, weights = [], []
    for folder in config.clips:
        for path in sorted(folder.rglob("*.mp4")):
            name = path.relative_to(folder).as_posix()
            if config.is_left_out(name) or config.is_held_out(name) != held_out:
                continue
            try:
                found.append(read_sound(path, 12.0))
            except LipgateError as error:
                print(f"{name}: {error.code}")
                continue
            weights.append(config.weight(name))
    return found, np.array(weights)


def _machines() -> list[np.ndarray]:
    """Voices of machines, as they are: what they say jumps, but nobody put it together to fit a picture."""
    return [*np.array_split(recording(), 6), *(formant_noise(8.0, seed) for seed in range(2))]


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description="Train and export the network that hears joints.")
    parser.add_argument("config", type=Path)
    parser.add_argument("--version", required=True)
    parser.add_argument("--into", type=Path, default=weights_folder(), help="weights folder (default: the project's)")
    parser.add_argument("--workers", type=int, default=2)
    arguments = parser.parse_args()
    config = Config.read(arguments.config)
    torch.set_num_threads(1)  # more would make sums depend on their number
    sounds, weights = _sounds(config, held_out=False)
    machines = _machines()
    weights = np.append(weights, np.full(len(machines), MACHINES_SHARE * weights.sum() / len(machines)))
    net = train(examples([*sounds, *machines], weights, EXAMPLES, config.seed, arguments.workers), config.seed)
    sounds, weights = _sounds(config, held_out=True)
    genuine, spliced = measured(net, examples(sounds, np.ones_like(weights), HELD_OUT_EXAMPLES, config.seed, arguments.workers))
    for share in (0.95, 0.98, 0.99, 1.0):
        limit = float(np.quantile(genuine, share))
        print(f"{share:.0%} of the recorded lie at or below {limit:.3f}; {(spliced > limit).mean():.1%} of the spliced above")
    write(net, arguments.version, arguments.into)
    print(f"written to {arguments.into}")


if __name__ == "__main__":
    main()
