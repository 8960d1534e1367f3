"""Small pictures of a scene in which something lives: a textured background before which soft discs wander at random."""

import numpy as np

from lipgate.core.scenes import Frame

HEIGHT, WIDTH = 96, 160


def filmed(count: int, seed: int = 0, grain: float = 1.5) -> np.ndarray:
    """Pictures that never repeat: uint8 (count, 96, 160, 3)."""
    rng = np.random.default_rng(seed)
    background = np.kron(rng.uniform(60, 190, (12, 20)), np.ones((8, 8)))
    x = np.cumsum(rng.normal(0, 2.5, (count, 6)), axis=0) + rng.uniform(15, WIDTH - 15, 6)
    y = np.cumsum(rng.normal(0, 2.5, (count, 6)), axis=0) + rng.uniform(15, HEIGHT - 15, 6)
    light = np.array([-60, 60, -40, 40, -50, 50])[:, None]
    across = np.exp(-np.square(np.arange(WIDTH) - x[..., None]) / 70)
    down = light * np.exp(-np.square(np.arange(HEIGHT) - y[..., None]) / 70)
    pictures = background + np.einsum("ndy,ndx->nyx", down, across)
    return grainy(np.repeat(pictures[..., None], 3, axis=-1), seed, grain)


def grainy(pictures: np.ndarray, seed: int = 9, grain: float = 1.5) -> np.ndarray:
    """The same with other noise, as after an encoder."""
    noise = np.random.default_rng(seed).normal(0, grain, pictures.shape[1:3])
    turns = np.random.default_rng(seed + 1).integers(0, noise.size, len(pictures))
    moved = np.stack([np.roll(noise.ravel(), turn).reshape(noise.shape) for turn in turns])
    return np.clip(pictures + moved[..., None], 0, 255).astype(np.uint8)


def frames(pictures: np.ndarray) -> list[Frame]:
    """As the stages hand them on, one shot."""
    return [Frame(index, picture, picture, 0) for index, picture in enumerate(pictures)]
