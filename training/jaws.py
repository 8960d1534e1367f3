"""Mouths that know how loud it is and nothing else: hard negatives for training, drawn on prepared crops.

Puppets are attacks. A network that only learns to tell own from foreign sound may do so by loudness alone, and then lets every
photograph pass whose jaw follows the sound it is shown with.
"""

import cv2
import numpy as np

Rng = np.random.Generator


def puppet(crops: np.ndarray, loudness: np.ndarray, rng: Rng) -> np.ndarray:
    """Open a mouth with the loudness of the sound: on a still, or on the moving face.

    Args:
        crops: uint8 (n, 96, 96).
        loudness: float32 (n,), root mean square of each picture's sound.
        rng: chooses still or moving, how far and how fast the jaw moves, how dark the mouth is inside.

    Returns:
        uint8 (n, 96, 96).
    """
    count, side = len(crops), crops.shape[1]
    if rng.random() < 0.6:
        crops = np.repeat(crops[[int(rng.integers(count))]], count, axis=0)
    opening = _opening(loudness, rng) * rng.uniform(4, 13)
    rows, columns = np.mgrid[0:side, 0:side].astype(np.float32)
    middle = np.float32(side / 2 + rng.normal(0, 2))
    lips = np.float32(side / 2 - 3.5 + rng.normal(0, 2))
    across = np.exp(-np.square((columns - middle) / np.float32(rng.uniform(9, 16))) / 2)
    reach = np.float32(rng.uniform(18, 40))
    below = rows > lips
    fade = np.clip(1 - (rows - lips) / reach, 0, 1)
    pinch = np.float32(rng.uniform(0, 0.35))
    inside = np.float32(rng.uniform(5, 60))
    upper = np.float32(rng.uniform(0, 0.3))
    out = np.empty_like(crops)
    for target, crop, open_by in zip(out, crops, opening.astype(np.float32), strict=True):
        drop = open_by * across * np.where(below, fade, upper)
        source_y = np.where(below, np.maximum(rows - drop, lips), rows + upper * open_by * across * (lips - rows < 8))
        source_x = middle + (columns - middle) * (1 + pinch * open_by / 12 * across)
        moved = cv2.remap(crop, source_x, source_y.astype(np.float32), cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
        hole = np.clip((drop - (rows - lips)) / 1.5, 0, 1) * below * (across > 0.35)
        target[:] = np.clip(moved * (1 - hole) + inside * hole, 0, 255)
    return out


def _opening(loudness: np.ndarray, rng: Rng) -> np.ndarray:
    """Loudness as a jaw of some mass follows it, 0 to 1: linear, by its root or in decibels, quicker or slower."""
    scale = np.percentile(loudness, 95) + 1e-4
    level = np.clip(loudness / scale, 0, 1.3)
    kind = rng.integers(3)
    if kind == 1:
        level = np.sqrt(level)
    elif kind == 2:
        level = np.clip(1 + np.log10(level + 1e-3) / rng.uniform(1.0, 2.0), 0, 1.3)
    width = rng.uniform(0.3, 1.6)
    kernel = np.exp(-np.square(np.arange(-4, 5) / width) / 2)
    return np.convolve(level, kernel / kernel.sum(), mode="same")
