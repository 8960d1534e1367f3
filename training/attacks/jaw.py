"""Moves the jaw of any photographed face, from the five landmarks a detector finds.

As in the puppet, the face is two layers with a line between them, the upper lip and the lower lip with chin and cheeks; opening
the mouth slides the lower layer down and shows an inside that is drawn. Geometry is told in the face's own units: `u` across, 1
from the middle of the mouth to a corner; `v` down, 1 from the eyes to the mouth. The chin is near v = 0.7.
"""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from lipgate.core.opencv import cv2

_U, _V = np.linspace(-3.0, 3.0, 97, dtype=np.float32), np.linspace(-0.5, 1.6, 106, dtype=np.float32)
"""The grid displacements are known on."""

LEVELS = 32
"""Openings and roundings are rounded to so many steps, so that displacements can be kept."""


@dataclass(frozen=True)
class Mouth:
    """What an opened mouth looks like."""

    drop: float = 0.26
    """How far the lower lip travels at most, in units of v."""
    sag: float = 0.0
    """How far the line between the lips hangs below the corners in its middle, in units of v."""
    inside: tuple[float, float, float] = (16.0, 12.0, 26.0)
    """BGR colour of the hole."""
    teeth: float = 0.0
    """Brightness of drawn teeth, 0 (none) to 1."""

    @classmethod
    def drawn(cls, rng: np.random.Generator, sag: float = 0.0) -> "Mouth":
        """A black hole as often as a mouth with teeth."""
        inside = tuple(np.array([16.0, 12.0, 26.0]) * rng.uniform(0.2, 2.0) + rng.uniform(0, 6))
        return cls(float(rng.uniform(0.18, 0.32)), sag, inside, float(rng.choice([0.0, rng.uniform(0.4, 0.9)])))


def axes(landmarks: np.ndarray) -> np.ndarray:
    """The affine transform from face units (u, v) to pixels.

    Args:
        landmarks: float (5, 2), order as in `lipgate.core.faces.detection`.

    Returns:
        float64 (2, 3).
    """
    points = landmarks.astype(np.float64)
    eyes, corners = points[:2], points[3:]
    middle = corners.mean(axis=0)
    down = middle - eyes.mean(axis=0)
    across = (corners[1] - corners[0]) / 2 + (eyes[1] - eyes[0]) / 4
    across *= float(np.linalg.norm(corners[1] - corners[0])) / 2 / max(float(np.linalg.norm(across)), 1e-6)
    return np.column_stack([across, down, middle])


def sag(frame: np.ndarray, landmarks: np.ndarray) -> float:
    """How far the line between closed lips hangs below the corners: the darkest path through the mouth, in units of v."""
    at = axes(landmarks)
    u, v = np.linspace(-0.6, 0.6, 25), np.linspace(-0.12, 0.2, 33)
    grid = np.stack(np.meshgrid(u, v), -1) @ at[:, :2].T + at[:, 2]
    x, y = np.moveaxis(grid.astype(np.float32), -1, 0)
    grey = cv2.remap(cv2.cvtColor(frame, cv2.COLOR_BGR2GRAY), x, y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    darkest = v[cv2.GaussianBlur(grey, (0, 0), 1.5).argmin(axis=0)]
    return float(np.clip(np.median(darkest / (1 - np.square(u))), -0.08, 0.15))


def open_jaw(frame: np.ndarray, landmarks: np.ndarray, mouth: Mouth, opening: float, rounding: float = 0.0) -> np.ndarray:
    """The same picture with the jaw lowered.

    Args:
        frame: uint8 (height, width, 3), BGR.
        landmarks: float32 (5, 2).
        mouth: its looks.
        opening: 0 (as photographed) to 1.
        rounding: of the lips, 0 to 1.

    Returns:
        uint8 (height, width, 3), a copy; nothing changes outside of the lower face.
    """
    at = axes(landmarks)
    left, top, right, bottom = reach(frame, at)
    if right - left < 2 or bottom - top < 2:
        return frame.copy()
    level, round_level = (round(float(np.clip(value, 0, 1)) * (LEVELS - 1)) for value in (opening, rounding))
    to_pixels = _grid_to_pixels(at, left, top)
    size = (right - left, bottom - top)
    flags = {"flags": cv2.INTER_LINEAR, "borderMode": cv2.BORDER_REPLICATE}
    fields = _field(mouth, level, round_level)
    upper, lower, inside = (cv2.warpAffine(field, to_pixels, size, **flags) for field in fields)
    y, x = np.mgrid[top:bottom, left:right].astype(np.float32)
    linear = at[:, :2].astype(np.float32)
    out = inside.astype(np.float32)
    soft = np.float32(np.linalg.norm(at[:, 1]) / 1.6)  # edges of layers are blurred over about 1.6 pixels
    for layer in (upper, lower):
        shift = layer[..., :2] @ linear.T
        pixels = cv2.remap(frame, x + shift[..., 0], y + shift[..., 1], cv2.INTER_CUBIC, borderMode=cv2.BORDER_REPLICATE)
        alpha = np.clip(layer[..., 2:] * soft + 0.5, 0.0, 1.0)
        out = out * (1.0 - alpha) + pixels * alpha
    moved = frame.copy()
    moved[top:bottom, left:right] = np.clip(out + 0.5, 0, 255).astype(np.uint8)
    return moved


def reach(frame: np.ndarray, at: np.ndarray) -> tuple[int, int, int, int]:
    """The part of the picture that a moved jaw may change: left, top, right, bottom, in pixels."""
    corners = np.array([[_U[0], _V[0]], [_U[-1], _V[0]], [_U[0], _V[-1]], [_U[-1], _V[-1]]]) @ at[:, :2].T + at[:, 2]
    limits = np.array([frame.shape[1], frame.shape[0]])
    low, high = np.clip(np.floor(corners.min(axis=0)), 0, limits), np.clip(np.ceil(corners.max(axis=0)), 0, limits)
    return int(low[0]), int(low[1]), int(high[0]), int(high[1])


def _grid_to_pixels(at: np.ndarray, left: int, top: int) -> np.ndarray:
    """Matrix for cv2.warpAffine that brings a field known on the grid to the pixels of the part that begins at left, top."""
    step = np.diag([_U[1] - _U[0], _V[1] - _V[0]]).astype(np.float64)
    linear = at[:, :2] @ step
    origin = at[:, :2] @ np.array([_U[0], _V[0]]) + at[:, 2] - [left, top]
    return np.column_stack([linear, origin])


def _ramp(x: np.ndarray, low: float, high: float) -> np.ndarray:
    """Smooth step: 0 below `low`, 1 above `high`."""
    t = np.clip((x - low) / (high - low), 0.0, 1.0)
    return t * t * (3.0 - 2.0 * t)


def _shift(
    u: np.ndarray, v: np.ndarray, mouth: Mouth, opening: float, rounding: float, below: bool
) -> tuple[np.ndarray, np.ndarray]:
    """Where the photographed point (u, v) of one layer goes."""
    share = np.clip(1.0 - np.square(u), 0.0, 1.0) ** 0.8
    line = mouth.sag * np.clip(1.0 - np.square(u), 0.0, 1.0)
    if below:
        across = np.exp(-np.square(np.square(u / 1.8)))
        jaw = share + (1.0 - share) * _ramp(v - line, 0.0, 0.5)
        fall = 1.0 - 0.35 * _ramp(v, 0.17, 0.8)
        dv = mouth.drop * opening * across * jaw * fall * (1.0 - _ramp(v, 0.7, 1.45))
    else:
        dv = -0.03 * opening * share * (1.0 - _ramp(line - v, 0.02, 0.3))
    near = np.exp(-np.square(np.square(u / 1.25)) - np.square(np.square((v - 0.1 * opening) / 0.42)))
    return -0.25 * rounding * u * near, dv


@lru_cache(maxsize=4 * LEVELS)
def _field(mouth: Mouth, level: int, round_level: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """On the grid, float32 (rows, columns, 3) each: for the upper, then the lower layer the shift in u and v to what is fetched
    and how far inside the layer the point is; last what shows between the lips.
    """
    opening, rounding = level / (LEVELS - 1), round_level / (LEVELS - 1)
    u, v = np.meshgrid(_U, _V)
    layers = []
    for below in (False, True):
        from_u, from_v = u, v
        for _ in range(10):  # the warp is known forwards; its inverse is found by iteration
            du, dv = _shift(from_u, from_v, mouth, opening, rounding, below)
            from_u, from_v = u - du, v - dv
        line = mouth.sag * np.clip(1.0 - np.square(from_u), 0.0, 1.0)
        depth = (from_v - line) if below else (line - from_v)
        # Beyond the corners there is no gap between the layers: they meet in the photograph.
        layers.append(
            np.stack([from_u - u, from_v - v, depth + 0.08 * _ramp(np.abs(from_u), 0.8, 1.05)], axis=-1).astype(np.float32)
        )
    hole = np.ones((*u.shape, 3)) * mouth.inside
    edge = mouth.sag * np.clip(1.0 - np.square(u), 0.0, 1.0)
    strip = np.clip(1.0 - (v - edge) / 0.09, 0.0, 1.0) ** 0.5 * np.clip(1.0 - np.square(u), 0.0, 1.0) * mouth.teeth
    teeth = np.array([170.0, 190.0, 200.0])
    hole = hole + strip[..., None] * (teeth - hole)
    return layers[0], layers[1], hole.astype(np.float32)
