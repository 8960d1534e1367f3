"""Weights anyone can make again: every tensor drawn from a generator seeded with its name (rule in golden/README.md)."""

import json
import zlib
from pathlib import Path

import numpy as np

GOLDEN = Path(__file__).parent / "golden"

_FIRST_LAYERS = {"netcnnlip.0.weight": 128, "netcnnaud.0.weight": 10, "vgg.0.weight": 64}
"""First convolutions are divided by this, because their inputs are not normalised."""


def golden(name: str) -> dict:
    """The reference's numbers for `syncnet` or `s3fd`."""
    return json.loads((GOLDEN / f"golden_{name}.json").read_text())


def golden_state(name: str) -> dict[str, np.ndarray]:
    """A state dict for `syncnet` or `s3fd` with the keys and shapes of the official file."""
    return {key: _tensor(key, tuple(shape)) for key, shape in golden(name)["state_dict"].items()}


def _tensor(key: str, shape: tuple[int, ...]) -> np.ndarray:
    if key.endswith("num_batches_tracked"):
        return np.zeros(shape, np.int64)
    noise = np.random.Generator(np.random.PCG64(zlib.crc32(key.encode()))).standard_normal(shape)
    if key.endswith("running_mean"):
        noise = 0.1 * noise
    elif key.endswith("running_var"):
        noise = 1 + 0.2 * np.abs(noise)
    elif len(shape) >= 2:
        noise = noise * np.sqrt(2 / np.prod(shape[1:]))
    elif key.endswith("weight"):
        noise = 1 + 0.1 * noise
    else:
        noise = 0.05 * noise
    return np.asarray(noise / _FIRST_LAYERS.get(key, 1), np.float32)
