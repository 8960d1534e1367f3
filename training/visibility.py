"""Trains and exports `mouth`, the network that tells a hidden mouth: some minutes on one core.

    python -m training.visibility training/mini.toml --version 1.0

Takes the crops that `prepare` cut and the same held-out people as `mini`. The covers are drawn (`training.covers`), anew for
every step. Writes `mouth.safetensors` and `mouth.onnx` into the weights folder and enters them into its manifest.
"""

import argparse
from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np
import torch
from safetensors.torch import save_file
from torch.nn import functional

from lipgate.core.nets.export import export_branch
from lipgate.core.nets.spec import spec_of
from lipgate.core.nets.visibility import CROP_SIDE, Visibility
from lipgate.core.weights.manifest import record_file, record_model, weights_folder
from training import augment
from training.config import Config
from training.covers import draw
from training.data import load
from training.export import LICENCE, ORIGIN
from training.track import Track

STEPS = 1800
BATCH = 96
LEARNING_RATE = 3e-3
WEIGHT_DECAY = 3e-2

HIDDEN_WEIGHT = 0.7
"""Weight of hidden mouths in the loss. Less than one: a person wrongly sent back costs more than a look that tells nothing."""

STRONG = 0.75
"""Share of pictures that are distorted as by bad cameras and codecs."""


def picture(track: Track, rng: np.random.Generator, *, hide: bool, strong: bool) -> np.ndarray:
    """One mouth of a track, painted over, displaced and distorted: uint8 (64, 64)."""
    crop = draw(track.crops[int(rng.integers(len(track.crops)))], rng, hide=hide)
    crop = _misplaced(crop, rng)
    return augment.mouths(crop[None], rng, strong=strong)[0]


def _misplaced(crop: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Moved, turned and scaled: the landmarks of covered faces, and of faces in profile, are often wrong."""
    side = crop.shape[0]
    matrix = cv2.getRotationMatrix2D((side / 2, side / 2), rng.normal(0, 6), float(np.exp(rng.normal(0.03, 0.12))))
    matrix[:, 2] += rng.normal(0, 2.5, 2)
    return cv2.warpAffine(crop, matrix, (side, side), flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)


def batches(tracks: list[Track], config: Config) -> Iterator[tuple[torch.Tensor, torch.Tensor]]:
    """Endless batches of (crops float32 (b, 64, 64), hidden float32 (b,) 0 or 1), half of each."""
    weights = np.array([config.weight(track.name) for track in tracks])
    weights /= weights.sum()
    hidden = np.arange(BATCH) % 2
    step = 0
    while True:
        rng = np.random.default_rng([config.seed, step])
        chosen = rng.choice(len(tracks), BATCH, p=weights)
        crops = [
            picture(tracks[number], rng, hide=bool(hide), strong=bool(rng.random() < STRONG))
            for number, hide in zip(chosen, hidden, strict=True)
        ]
        yield torch.from_numpy(np.stack(crops).astype(np.float32)), torch.from_numpy(hidden.astype(np.float32))
        step += 1


def train(tracks: list[Track], config: Config, steps: int = STEPS) -> Visibility:
    """Train from nothing. The same tracks, seed and number of steps give the same weights."""
    torch.manual_seed(config.seed)
    net = Visibility().train()
    optimizer = torch.optim.AdamW(net.parameters(), LEARNING_RATE, weight_decay=WEIGHT_DECAY)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, LEARNING_RATE, total_steps=steps)
    for step, (crops, hidden) in zip(range(1, steps + 1), batches(tracks, config), strict=False):
        weight = torch.where(hidden > 0, HIDDEN_WEIGHT, 1.0)
        loss = functional.binary_cross_entropy_with_logits(net.logits(crops), hidden, weight)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        schedule.step()
        if step % 100 == 0:
            print(f"step {step}: loss {loss.item():.4f}", flush=True)
    return net.eval()


def measure(net: Visibility, tracks: list[Track], seed: int, looks: int = 40) -> dict[str, float]:
    """How well the network does on tracks it was not trained on.

    Returns:
        `false_looks`, `found_looks`: shares of single pictures, seen and hidden, called hidden; `false_tracks`: share of whole
        tracks, as recorded, most of whose pictures are called hidden.
    """
    rng = np.random.default_rng([seed, 1])
    rates = {"false_looks": 0.0, "found_looks": 0.0, "false_tracks": 0.0}
    margin = (tracks[0].crops.shape[1] - CROP_SIDE) // 2
    for track in tracks:
        for name, hide in (("false_looks", False), ("found_looks", True)):
            crops = np.stack([picture(track, rng, hide=hide, strong=bool(rng.random() < STRONG)) for _ in range(looks)])
            rates[name] += _share(net, crops) / len(tracks)
        rates["false_tracks"] += (_share(net, track.crops[::5, margin:-margin, margin:-margin]) > 0.5) / len(tracks)
    return rates


def _share(net: Visibility, crops: np.ndarray) -> float:
    with torch.inference_mode():
        return float((net(torch.from_numpy(crops.astype(np.float32))) > 0.5).float().mean())


def write(net: Visibility, version: str, folder: Path) -> None:
    """Write the weights and the ONNX file, and enter them into the manifest."""
    # Half precision in the repository; the network computes with the same rounded numbers in single precision.
    state = {name: value.half() if value.ndim > 1 else value for name, value in net.state_dict().items()}
    net.load_state_dict(state)
    save_file(state, folder / "mouth.safetensors")
    record_file("mouth", "mouth.safetensors", origin=ORIGIN, licence=LICENCE, folder=folder)
    [branch] = spec_of("mouth").branches
    export_branch(net.eval(), branch, folder / "mouth.onnx")
    record_file("mouth_covered", "mouth.onnx", origin="exported from mouth.safetensors", licence=LICENCE, folder=folder)
    record_model("mouth", version=version, source="mouth", branches={branch.name: "mouth_covered"}, folder=folder)


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description="Train and export the network that tells a hidden mouth.")
    parser.add_argument("config", type=Path)
    parser.add_argument("--version", required=True)
    parser.add_argument("--steps", type=int, default=STEPS)
    arguments = parser.parse_args()
    config = Config.read(arguments.config)
    # More threads than one would make sums depend on their number, and gain nothing on pictures this small.
    torch.set_num_threads(1)
    net = train(load(config, held_out=False), config, arguments.steps)
    print(measure(net, load(config, held_out=True), config.seed))
    write(net, arguments.version, weights_folder())
    print(f"written to {weights_folder()}")


if __name__ == "__main__":
    main()
