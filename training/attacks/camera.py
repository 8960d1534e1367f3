"""Motion of a camera before a picture, or of a picture before a camera: never motion inside the picture."""

from collections.abc import Callable, Iterable, Iterator

import numpy as np

from lipgate.core.constants import VIDEO_FPS
from lipgate.core.opencv import cv2

_MARGIN = 1.07
"""Zoom that hides the border of the picture while it moves."""

Path = np.ndarray
"""How a camera moves: float64 (n, 5): shift in x and y as shares of the picture, zoom, roll in radians, tilt (perspective)."""


def _waves(rng: np.random.Generator, n: int, low: float, high: float) -> np.ndarray:
    """A slow or quick motion within -1 and 1: float64 (n,), three sines between `low` and `high` Hz."""
    t = np.arange(n) / VIDEO_FPS
    rates, phases = rng.uniform(low, high, 3), rng.uniform(0, 2 * np.pi, 3)
    return np.sin(2 * np.pi * rates * t[:, None] + phases) @ np.array([0.5, 0.3, 0.2])


def _fixed(_: np.random.Generator, n: int) -> Path:
    return np.tile([0.0, 0.0, 1.0, 0.0, 0.0], (n, 1))


def _translation(rng: np.random.Generator, n: int) -> Path:
    path = _fixed(rng, n)
    path[:, :2] = rng.uniform(0.01, 0.03, 2) * np.stack([_waves(rng, n, 0.1, 0.6), _waves(rng, n, 0.1, 0.6)], 1)
    return path


def _zoom(rng: np.random.Generator, n: int) -> Path:
    path = _fixed(rng, n)
    path[:, 2] = np.linspace(1.0, 1.0 + rng.uniform(0.05, 0.2), n)[:: int(rng.choice([-1, 1]))]
    return path


def _tremor(rng: np.random.Generator, n: int) -> Path:
    path = _fixed(rng, n)
    path[:, :2] = rng.uniform(0.001, 0.004, 2) * np.stack([_waves(rng, n, 3.0, 9.0), _waves(rng, n, 3.0, 9.0)], 1)
    return path


def _handheld(rng: np.random.Generator, n: int) -> Path:
    path = _translation(rng, n) + _tremor(rng, n) - _fixed(rng, n)
    path[:, 2] = 1.0 + 0.02 * _waves(rng, n, 0.1, 0.5)
    path[:, 3] = np.deg2rad(rng.uniform(0.8, 3.0)) * _waves(rng, n, 0.15, 0.9)
    path[:, 4] = rng.uniform(0.0, 0.06) * _waves(rng, n, 0.15, 0.7)
    return path


MOTIONS: dict[str, Callable[[np.random.Generator, int], Path]] = {
    "fixed": _fixed,
    "translation": _translation,
    "zoom": _zoom,
    "tremor": _tremor,
    "handheld": _handheld,
}
"""By name; `handheld` turns, tilts, drifts and trembles."""


def motion_of(seed: int) -> str:
    """The motion that a seed stands for."""
    return list(MOTIONS)[seed % len(MOTIONS)]


def film(frames: Iterable[np.ndarray], n: int, motion: str, grain: float, rng: np.random.Generator) -> Iterator[np.ndarray]:
    """Show pictures to a camera that moves.

    Args:
        frames: n pictures, uint8 (height, width, 3).
        n: how many they are.
        motion: one of `MOTIONS`.
        grain: deviation of the sensor's noise in grey levels; 0 for none.
        rng: draws the motion and the noise.

    Yields:
        uint8 (height, width, 3). With the motion `fixed` and no grain, the pictures as they are.
    """
    path = MOTIONS[motion](rng, n)
    for frame, place in zip(frames, path, strict=True):
        seen = frame if motion == "fixed" else _seen(frame, place)
        yield seen if grain == 0 else _grainy(seen, grain, rng)


def grain_of(rng: np.random.Generator) -> float:
    """Deviation of the noise of some camera: none in half of them, whose encoder smooths it away."""
    return float(rng.choice([0.0, rng.uniform(0.8, 3.0)]))


def _seen(frame: np.ndarray, place: np.ndarray) -> np.ndarray:
    height, width = frame.shape[:2]
    x, y, zoom, roll, tilt = place
    centre = np.array([[1, 0, -width / 2], [0, 1, -height / 2], [0, 0, 1.0]])
    lens = np.array([[1, 0, 0], [0, 1, 0], [tilt / width, 0.5 * tilt / height, 1.0]])
    scale, cos, sin = zoom * _MARGIN, np.cos(roll), np.sin(roll)
    move = np.array([[scale * cos, -scale * sin, width * (0.5 + x)], [scale * sin, scale * cos, height * (0.5 + y)], [0, 0, 1.0]])
    matrix = move @ lens @ centre
    return cv2.warpPerspective(frame, matrix, (width, height), flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REFLECT)


def _grainy(frame: np.ndarray, grain: float, rng: np.random.Generator) -> np.ndarray:
    noise = rng.standard_normal(frame.shape, np.float32) * np.float32(grain)
    return np.clip(frame + noise + np.float32(0.5), 0, 255).astype(np.uint8)
