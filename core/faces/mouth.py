"""Cuts the mouth region out of frames, upright and of one size, from five landmarks."""

import math
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from lipgate.core.opencv import cv2
from lipgate.core.picture import Picture, grey

UNITS = np.array([[-12, -36], [12, -36], [0, -18], [-9, 0], [9, 0]], np.float32)
"""Eyes, nose tip and mouth corners of a mean face around the middle of its mouth; the eyes are 24 units apart."""

SIDE = 64
"""Height and width of the crops that networks look at, in pixels."""

PIXELS_PER_UNIT = 1.5
MOUTH_ABOVE_MIDDLE = 3.5
"""The mouth stands this many pixels above the middle of the crop, so that the lowered chin stays inside."""


class View(NamedTuple):
    """What a crop shows of a face that is upright."""

    width: int
    height: int
    """Of the crop, in pixels."""
    pixels_per_unit: float
    mouth_x: float
    mouth_y: float
    """Where the middle of the mouth stands in it, in pixels."""


def cut(frames: Sequence[Picture], landmarks: np.ndarray, side: int) -> np.ndarray:
    """Cut the mouths of one face.

    Args:
        frames: n pictures.
        landmarks: float32 (n, 5, 2), smoothed.
        side: size of the square crop in pixels; the scale stays the same, a larger side shows more around the mouth.

    Returns:
        uint8 (n, side, side), grey.
    """
    return cut_view(frames, landmarks, _view(side))


def to_crop(landmarks: np.ndarray, side: int = SIDE) -> np.ndarray:
    """The transforms by which `cut` brings pixels of pictures to those of crops: float64 (n, 2, 3)."""
    return _similarities(landmarks, _view(side))


def _view(side: int) -> View:
    return View(side, side, PIXELS_PER_UNIT, side / 2, side / 2 - MOUTH_ABOVE_MIDDLE)


def cut_view(frames: Sequence[Picture], landmarks: np.ndarray, view: View) -> np.ndarray:
    """Cut a part of one face, as `cut`.

    Returns:
        uint8 (n, height, width), grey.
    """
    crops = np.empty((len(frames), view.height, view.width), np.uint8)
    if not len(frames):
        return crops
    matrices = _similarities(landmarks, view)
    for crop, frame, matrix, reach in zip(crops, frames, matrices, _reaches(matrices, view), strict=True):
        _warp(frame, matrix, reach, crop)
    return crops


def _reaches(matrices: np.ndarray, view: View) -> list[list[float]]:
    """Left, top, right and bottom of what a crop shows, in pixels of the picture; they may lie outside it."""
    right, bottom = view.width, view.height
    corners = np.array([[0, 0], [right, 0], [0, bottom], [right, bottom]], np.float64)
    # Similarities: the transpose, divided by the square of the scale, turns back.
    size = np.maximum(np.square(matrices[:, 0, :2]).sum(axis=1), 1e-12)
    back = (corners - matrices[:, None, :, 2]) @ matrices[:, :, :2] / size[:, None, None]
    return np.concatenate([back.min(axis=1), back.max(axis=1)], axis=1).tolist()


def _similarities(landmarks: np.ndarray, view: View) -> np.ndarray:
    """Least-squares similarity transforms of pictures to the crop, float64 (n, 2, 3)."""
    target = UNITS * view.pixels_per_unit + [view.mouth_x, view.mouth_y]
    points = landmarks[..., 0].astype(np.float64) + 1j * landmarks[..., 1]
    goal = target[:, 0] + 1j * target[:, 1]
    centred = points - points.mean(axis=1, keepdims=True)
    spread = np.maximum((np.abs(centred) ** 2).sum(axis=1), 1e-6)
    turn = (centred.conj() * (goal - goal.mean())).sum(axis=1) / spread
    shift = goal.mean() - turn * points.mean(axis=1)
    return np.stack([np.stack([turn.real, -turn.imag, shift.real], -1), np.stack([turn.imag, turn.real, shift.imag], -1)], 1)


def _warp(frame: Picture, matrix: np.ndarray, reach: list[float], crop: np.ndarray) -> None:
    """Warp with pixels outside the frame repeated from its edge; large faces are averaged down first, against aliasing."""
    height, width = frame.shape[:2]
    scale = math.hypot(matrix[0, 0], matrix[1, 0])
    left, top = (min(max(math.floor(edge) - 2, 0), most - 1) for edge, most in zip(reach[:2], (width, height), strict=True))
    right = min(max(math.ceil(reach[2]) + 3, left + 1), width)
    bottom = min(max(math.ceil(reach[3]) + 3, top + 1), height)
    part = grey(frame, slice(top, bottom), slice(left, right))
    (a, b, x), (c, d, y) = matrix.tolist()
    x, y = x + a * left + b * top, y + c * left + d * top
    if scale < 0.75:
        high, wide = part.shape
        size = max(1, round(wide * scale)), max(1, round(high * scale))
        across, down = size[0] / wide, size[1] / high
        part = cv2.resize(part, size, interpolation=cv2.INTER_AREA)
        # INTER_AREA maps pixel areas; cv2.warpAffine maps pixel centres, half a pixel from their corner.
        a, b, c, d = a / across, b / down, c / across, d / down
        x, y = x + a * (0.5 - 0.5 * across) + b * (0.5 - 0.5 * down), y + c * (0.5 - 0.5 * across) + d * (0.5 - 0.5 * down)
    matrix = np.array([[a, b, x], [c, d, y]])
    cv2.warpAffine(part, matrix, crop.shape[::-1], crop, cv2.INTER_LINEAR, cv2.BORDER_REPLICATE)
