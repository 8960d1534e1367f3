"""A photograph that moves its mouth.

The photograph is NASA's public-domain portrait of the astronaut Eileen Collins, which ships inside the scikit-image wheel.
She smiles with parted lips, so the picture holds all that is needed: the upper lip is one layer, the lower lip with chin and
cheeks another, and the teeth stay where the skull is. Opening the mouth slides the lower layer down over a dark interior,
closing it brings both lips together over the teeth. All geometry below is in pixels of the 512x512 photograph.
"""

from functools import lru_cache
from importlib.util import find_spec
from pathlib import Path

import cv2
import numpy as np

PHOTO_SIZE = 512
FACE_HEIGHT = 114.0
"""Height of the face box YuNet finds in the photograph."""

FACE_CENTRE = np.array([223.0, 120.0])
"""x, y of the centre of that box."""

MOUTH_CENTRE = np.array([223.5, 145.0])
ROI = (172, 112, 276, 208)
"""Left, top, right, bottom of the part the warp may change; nothing moves on its border."""

_KNOT_X = np.array([202.8, 207.5, 211.3, 216.3, 220.0, 225.0, 230.0, 235.0, 238.8, 244.5])
_UPPER_Y = np.array([140.1, 141.5, 142.3, 143.1, 143.5, 143.8, 143.6, 143.0, 142.0, 140.8])
_LOWER_Y = np.array([140.1, 144.4, 146.6, 149.0, 150.0, 150.1, 149.5, 147.8, 145.3, 140.8])
"""The edge of upper and lower lip from corner to corner, read off the photograph."""

_CHIN_Y, _COLLAR_Y = 178.0, 200.0
_JAW_DROP = 11.0
"""How far the lower lip travels from the photographed smile to a wide open mouth."""

LEVELS, ROUND_LEVELS = 32, 4
"""Openings and lip roundings are rounded to this many steps, so that warps can be kept."""


def photograph(name: str = "astronaut") -> np.ndarray:
    """Read one of the pictures inside the scikit-image wheel, without the network.

    Returns:
        uint8 (height, width, 3), BGR.
    """
    spec = find_spec("skimage")
    if spec is None or spec.origin is None:
        raise RuntimeError("the puppet is made of a photograph in scikit-image: pip install scikit-image")
    image = cv2.imread(str(Path(spec.origin).parent / "data" / f"{name}.png"))
    if image is None:
        raise RuntimeError(f"this scikit-image does not ship {name}.png")
    return image


def _ramp(x: np.ndarray, low: float, high: float) -> np.ndarray:
    """Smooth step: 0 below `low`, 1 above `high`."""
    t = np.clip((x - low) / (high - low), 0.0, 1.0)
    return t * t * (3.0 - 2.0 * t)


@lru_cache(maxsize=1)
def _lip_tables() -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Columns x, and there: upper edge (y), lower edge (y), share of full opening (0 at the corners, 1 in the middle)."""
    x = np.linspace(_KNOT_X[0], _KNOT_X[-1], 256)
    upper = np.polyval(np.polyfit(_KNOT_X - 220, _UPPER_Y, 4), x - 220)
    lower = np.maximum(np.polyval(np.polyfit(_KNOT_X - 220, _LOWER_Y, 4), x - 220), upper)
    share = (1.0 - np.linspace(-1.0, 1.0, 256) ** 2) ** 0.8
    return x, upper, lower, share


def _lips(x: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Upper edge, lower edge (y) and share of full opening at columns x; outside the mouth the corners go on flat."""
    columns, *tables = _lip_tables()
    upper, lower, share = (np.interp(x, columns, table) for table in tables)
    return upper, lower, share


def _shift(x: np.ndarray, y: np.ndarray, opening: float, rounding: float, below: bool) -> tuple[np.ndarray, np.ndarray]:
    """Where the photographed point (x, y) of one layer goes: displacement in x and y."""
    upper, lower, share = _lips(x)
    gap = lower - upper
    closing = float(np.clip(1.0 - opening / 0.3, 0.0, 1.0))
    across = np.exp(-np.square(np.square((x - MOUTH_CENTRE[0]) / 36.0)))
    if below:
        depth = y - lower
        jaw = share + (1.0 - share) * _ramp(depth, 0.0, 22.0)
        fall = 1.0 - 0.35 * _ramp(y, 152.0, _CHIN_Y)
        dy = _JAW_DROP * opening * across * jaw * fall * (1.0 - _ramp(y, _CHIN_Y - 4.0, _COLLAR_Y + 6.0))
        dy = dy - closing * (0.62 * gap + 0.3 * (gap > 0)) * (1.0 - _ramp(depth, 2.0, 18.0))
    else:
        height = upper - y
        dy = (closing * 0.42 * gap - 1.4 * opening * share) * (1.0 - _ramp(height, 1.0, 12.0))
    side, rise = (x - MOUTH_CENTRE[0]) / 26.0, (y - MOUTH_CENTRE[1] - 4.0 * opening) / 17.0
    near = np.exp(-np.square(np.square(side)) - np.square(np.square(rise)))
    dx = -0.27 * rounding * (x - MOUTH_CENTRE[0]) * near
    return dx, dy


def _interior(base: np.ndarray, x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """What shows between the lips: the photographed upper teeth, darkness below them, a hint of tongue."""
    _, lower, share = _lips(x)
    teeth = np.clip((lower - 0.8 - y) / 1.2 + 0.5, 0.0, 1.0)[..., None]
    shade = (0.5 + 0.42 * _ramp(y, 141.0, 146.0)) * (0.55 + 0.45 * share)
    tongue = _ramp(y, lower.max() + 0.15 * _JAW_DROP, lower.max() + _JAW_DROP)[..., None] * share[..., None]
    dark = np.array([22.0, 16.0, 34.0]) * (1 - tongue) + np.array([62.0, 52.0, 118.0]) * tongue
    mouth = base * shade[..., None] * teeth + dark * (1.0 - teeth)
    inside = _ramp(share, 0.0, 0.25)[..., None]
    return mouth * inside + base * (1.0 - inside)


@lru_cache(maxsize=8)
def _scaled(scale: float) -> np.ndarray:
    """The photograph at `scale` times its size: uint8 (n, n, 3)."""
    n = round(PHOTO_SIZE * scale)
    return cv2.resize(photograph(), (n, n), interpolation=cv2.INTER_AREA if scale < 1 else cv2.INTER_LANCZOS4)


def roi_at(scale: float) -> tuple[int, int, int, int]:
    """The changing part in pixels of the scaled photograph: left, top, right, bottom."""
    left, top, right, bottom = (round(v * scale) for v in ROI)
    return left, top, right, bottom


@lru_cache(maxsize=LEVELS * ROUND_LEVELS)
def _warp(level: int, round_level: int) -> np.ndarray:
    """What the mouth at one of the kept openings is made of, one entry per pixel of the unscaled changing part.

    Returns:
        float32 (rows, columns, 6): for the upper, then the lower layer: x and y to fetch, and how far inside the layer
        the point is (pixels of the photograph, negative outside).
    """
    opening, rounding = level / (LEVELS - 1), round_level / (ROUND_LEVELS - 1)
    left, top, right, bottom = ROI
    grid_y, grid_x = np.mgrid[top:bottom, left:right]
    x, y = grid_x + 0.5, grid_y + 0.5
    channels = []
    for below in (False, True):
        from_x, from_y = x, y
        for _ in range(8):  # the warp is known forwards; its inverse is found by iteration
            dx, dy = _shift(from_x, from_y, opening, rounding, below)
            from_x, from_y = x - dx, y - dy
        upper, lower, _ = _lips(from_x)
        channels += [from_x, from_y, (from_y - lower) if below else (upper - from_y)]
    return np.stack(channels, axis=-1).astype(np.float32)  # float64 maps are misread by OpenCV 5


@lru_cache(maxsize=2048)
def _mouth(scale: float, level: int, round_level: int) -> np.ndarray:
    """The changing part of the scaled photograph with the mouth at one of the kept openings: uint8 (rows, columns, 3)."""
    base = _scaled(scale)
    left, top, right, bottom = roi_at(scale)
    warp = cv2.resize(_warp(level, round_level), (right - left, bottom - top), interpolation=cv2.INTER_LINEAR)
    grid_y, grid_x = np.mgrid[top:bottom, left:right]
    out = _interior(base[top:bottom, left:right].astype(np.float32), (grid_x + 0.5) / scale, (grid_y + 0.5) / scale)
    for x, y, inside in (np.split(warp[..., :3], 3, axis=-1), np.split(warp[..., 3:], 3, axis=-1)):
        pixels = cv2.remap(base, x * scale - 0.5, y * scale - 0.5, cv2.INTER_CUBIC, borderMode=cv2.BORDER_REPLICATE)
        alpha = np.clip(inside * max(scale, 0.7) / 1.3 + 0.5, 0.0, 1.0)
        out = out * (1.0 - alpha) + pixels * alpha
    return np.clip(out, 0, 255).astype(np.uint8)


class Head:
    """One portrait whose mouth can be set frame by frame.

    Args:
        face_px: height of the face box in pixels.
    """

    def __init__(self, face_px: float) -> None:
        self.scale = round(face_px / FACE_HEIGHT, 4)
        self._image = _scaled(self.scale).copy()

    def at(self, opening: float, rounding: float = 0.0) -> np.ndarray:
        """The portrait with the mouth opened (0 to 1) and the lips rounded (0 to 1).

        Returns:
            uint8 (n, n, 3), BGR; overwritten by the next call.
        """
        left, top, right, bottom = roi_at(self.scale)
        level = round(float(np.clip(opening, 0, 1)) * (LEVELS - 1))
        round_level = round(float(np.clip(rounding, 0, 1)) * (ROUND_LEVELS - 1))
        self._image[top:bottom, left:right] = _mouth(self.scale, level, round_level)
        return self._image
