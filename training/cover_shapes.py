"""What can lie over a face, as grey layers to blend: cloth, fingers, hair, and things with straight edges.

Everything is drawn on the canvas of `training.prepare`: 96 x 96 pixels, the mouth at `MOUTH`, 27 pixels from corner to corner.
"""

from dataclasses import dataclass

import cv2
import numpy as np

from lipgate.core.faces.mouth import MOUTH_ABOVE_MIDDLE
from training.prepare import CANVAS

Rng = np.random.Generator

MOUTH = np.array([CANVAS / 2, CANVAS / 2 - MOUTH_ABOVE_MIDDLE], np.float32)
"""x, y of the middle of the mouth."""

_Y, _X = (axis.astype(np.float32) for axis in np.mgrid[0:CANVAS, 0:CANVAS])


@dataclass(frozen=True)
class Layer:
    """Something in front of a face."""

    grey: np.ndarray
    """float32 (96, 96), 0 to 255."""
    alpha: np.ndarray
    """float32 (96, 96), 0 (nothing there) to 1."""


def blend(picture: np.ndarray, layer: Layer) -> np.ndarray:
    """Lay a layer over a picture, float32 (96, 96)."""
    return picture * (1 - layer.alpha) + layer.grey * layer.alpha


def smooth_noise(rng: Rng, across: int, down: int | None = None) -> np.ndarray:
    """Noise of the given number of cells, float32 (96, 96), deviation about 1."""
    cells = rng.standard_normal((down or across, across), dtype=np.float32)
    return cv2.resize(cells, (CANVAS, CANVAS), interpolation=cv2.INTER_CUBIC)


def polygon(points: np.ndarray, *, rounded: bool = True) -> np.ndarray:
    """Alpha of a closed outline, float32 (n, 2) points x, y; `rounded` cuts its corners twice (Chaikin 1974)."""
    for _ in range(2 if rounded else 0):
        after = np.roll(points, -1, axis=0)
        points = np.stack([0.75 * points + 0.25 * after, 0.25 * points + 0.75 * after], 1).reshape(-1, 2)
    alpha = np.zeros((CANVAS, CANVAS), np.uint8)
    cv2.fillPoly(alpha, [np.round(points * 16).astype(np.int32)], 255, cv2.LINE_AA, 4)
    return alpha.astype(np.float32) / 255


def ellipse(centre: np.ndarray, radii: tuple[float, float], angle: float = 0.0) -> np.ndarray:
    """Alpha of an ellipse; `angle` in radians."""
    along, across = _turned(centre, angle)
    reach = np.sqrt((along / radii[0]) ** 2 + (across / radii[1]) ** 2)
    return np.clip((1 - reach) * min(radii) + 0.5, 0, 1)


def box(centre: np.ndarray, size: tuple[float, float], angle: float, corner: float) -> np.ndarray:
    """Alpha of a rectangle with corners of radius `corner`; `angle` in radians."""
    along, across = _turned(centre, angle)
    x = np.maximum(np.abs(along) - size[0] / 2 + corner, 0)
    y = np.maximum(np.abs(across) - size[1] / 2 + corner, 0)
    return np.clip(corner - np.hypot(x, y) + 0.5, 0, 1)


def below(edge: np.ndarray) -> np.ndarray:
    """Alpha of all that lies below an edge, float32 (96,) y for every x."""
    return np.clip(_Y - edge[None, :] + 0.5, 0, 1)


def cloth(rng: Rng, tone: float) -> np.ndarray:
    """A woven surface with folds and, often, a pattern: float32 (96, 96)."""
    grey = np.full((CANVAS, CANVAS), tone, np.float32)
    if rng.random() < 0.45:
        grey = np.where(_pattern(rng), rng.uniform(10, 245), grey).astype(np.float32)
    grey *= 1 + smooth_noise(rng, int(rng.integers(2, 9)), int(rng.integers(2, 9))) * np.float32(rng.uniform(0.01, 0.1))
    side = np.float32(rng.uniform(-0.15, 0.35)) * ((_X - rng.uniform(30, 66)) / 48) ** 2
    grey *= 1 - side + np.float32(rng.uniform(-0.15, 0.15)) * (_Y - 48) / 48
    return grey + rng.standard_normal(grey.shape, dtype=np.float32) * np.float32(rng.uniform(0, 7))


def _pattern(rng: Rng) -> np.ndarray:
    angle, period = rng.uniform(0, np.pi), rng.uniform(4, 26)
    along, across = _turned(MOUTH, angle)
    kind = rng.integers(4)
    if kind == 0:
        return np.sin(along * 2 * np.pi / period) > rng.uniform(-0.5, 0.8)
    if kind == 1:
        return (np.sin(along * 2 * np.pi / period) > 0) ^ (np.sin(across * 2 * np.pi / period) > 0)
    if kind == 2:
        return np.sin(along * 2 * np.pi / period) + np.sin(across * 2 * np.pi / period) > rng.uniform(0.6, 1.5)
    return smooth_noise(rng, int(rng.integers(5, 16))) > rng.uniform(0, 0.8)


def hair(rng: Rng, tone: float) -> np.ndarray:
    """Strands that run mostly downwards: float32 (96, 96)."""
    strands = rng.standard_normal((CANVAS, CANVAS), dtype=np.float32)
    kernel = np.zeros((9, 9), np.float32)
    lean = rng.normal(0, 1.2)
    cv2.line(kernel, (round(4 - lean), 0), (round(4 + lean), 8), 1.0, 1)
    strands = cv2.filter2D(strands, -1, kernel / kernel.sum())
    return tone + (strands * np.float32(rng.uniform(15, 70)) + smooth_noise(rng, 6) * 6) * np.float32(0.4 + tone / 255)


def finger(rng: Rng, tip: np.ndarray, angle: float, *, length: float, width: float, tone: float) -> Layer:
    """A finger: round in its shading, with creases at the joints and sometimes a nail.

    Args:
        tip: x, y.
        angle: where it points to, in radians.
    """
    along, across = _turned(tip, angle)  # along is negative from the tip to the root
    half = width / 2
    middle = np.clip(along, -length, -half)
    reach = np.hypot(along - middle, across)
    alpha = np.clip(half - reach + 0.5, 0, 1)
    roundness = np.sqrt(np.clip(1 - (reach / half) ** 2, 0, 1))
    dark = rng.uniform(0.45, 0.8)
    grey = tone * (dark + (1 - dark) * roundness) * (1 + 0.06 * np.clip(across / half, -1, 1) * rng.choice([-1, 1]))
    for joint in (-width * rng.uniform(1.3, 1.7), -width * rng.uniform(2.7, 3.3)):
        for line in (-1.3, 0.0, 1.3)[: int(rng.integers(1, 4))]:
            grey = grey * (1 - np.float32(rng.uniform(0.03, 0.2)) * np.exp(-(((along - joint - line) / 0.6) ** 2)))
    if rng.random() < 0.5:
        nail = ellipse(tip - half * 1.1 * np.array([np.cos(angle), np.sin(angle)]), (half * 0.75, half * 0.6), angle)
        grey = grey * (1 - nail) + np.minimum(tone * rng.uniform(0.8, 1.3), 250) * nail
    return Layer(grey.astype(np.float32), alpha.astype(np.float32))


def mesh(rng: Rng, centre: np.ndarray, radius: float, tone: float) -> Layer:
    """The ball of a microphone: grid or foam, lit from above."""
    alpha = ellipse(centre, (radius, radius * rng.uniform(0.9, 1.2)))
    along, across = _turned(centre, rng.uniform(0, np.pi))
    wave = rng.uniform(2.2, 4)
    grid = np.maximum(np.sin(along * 2 * np.pi / wave), np.sin(across * 2 * np.pi / wave)) * rng.uniform(0, 35)
    light = 1 - 0.35 * np.hypot(_X - centre[0] + radius / 3, _Y - centre[1] + radius / 3) / radius
    grey = (tone + grid) * np.clip(light, 0.3, 1.3) + rng.standard_normal(grid.shape) * rng.uniform(0, 12)
    return Layer(np.clip(grey, 0, 255).astype(np.float32), alpha.astype(np.float32))


def _turned(centre: np.ndarray, angle: float) -> tuple[np.ndarray, np.ndarray]:
    """Coordinates along and across a direction, from a point."""
    x, y = _X - np.float32(centre[0]), _Y - np.float32(centre[1])
    cos, sin = np.float32(np.cos(angle)), np.float32(np.sin(angle))
    return x * cos + y * sin, y * cos - x * sin
