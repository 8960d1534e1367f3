"""Cuts the mouth region out of frames, upright and of one size, from five landmarks."""

from collections.abc import Sequence

import numpy as np

from lipgate.core.opencv import cv2
from lipgate.core.picture import Picture, grey

UNITS = np.array([[-12, -36], [12, -36], [0, -18], [-9, 0], [9, 0]], np.float32)
"""Eyes, nose tip and mouth corners of a mean face around the middle of its mouth; the eyes are 24 units apart."""

PIXELS_PER_UNIT = 1.5
MOUTH_ABOVE_MIDDLE = 3.5
"""The mouth stands this many pixels above the middle of the crop, so that the lowered chin stays inside."""


def cut(frames: Sequence[Picture], landmarks: np.ndarray, side: int) -> np.ndarray:
    """Cut the mouths of one face.

    Args:
        frames: n pictures.
        landmarks: float32 (n, 5, 2), smoothed.
        side: size of the square crop in pixels; the scale stays the same, a larger side shows more around the mouth.

    Returns:
        uint8 (n, side, side), grey.
    """
    crops = np.empty((len(frames), side, side), np.uint8)
    for crop, frame, matrix in zip(crops, frames, _similarities(landmarks, side), strict=True):
        crop[:] = _warp(frame, matrix, side)
    return crops


def _similarities(landmarks: np.ndarray, side: int) -> np.ndarray:
    """Least-squares similarity transforms of pictures to the crop, float64 (n, 2, 3)."""
    target = UNITS * PIXELS_PER_UNIT + [side / 2, side / 2 - MOUTH_ABOVE_MIDDLE]
    points = landmarks[..., 0].astype(np.float64) + 1j * landmarks[..., 1]
    goal = target[:, 0] + 1j * target[:, 1]
    centred = points - points.mean(axis=1, keepdims=True)
    spread = np.maximum((np.abs(centred) ** 2).sum(axis=1), 1e-6)
    turn = (centred.conj() * (goal - goal.mean())).sum(axis=1) / spread
    shift = goal.mean() - turn * points.mean(axis=1)
    return np.stack([np.stack([turn.real, -turn.imag, shift.real], -1), np.stack([turn.imag, turn.real, shift.imag], -1)], 1)


def _warp(frame: Picture, matrix: np.ndarray, side: int) -> np.ndarray:
    """Warp with pixels outside the frame repeated from its edge; large faces are averaged down first, against aliasing."""
    scale = float(np.hypot(matrix[0, 0], matrix[1, 0]))
    corners = np.array([[0, 0, 1], [side, 0, 1], [0, side, 1], [side, side, 1]], np.float64)
    inverse = cv2.invertAffineTransform(matrix)
    reach = corners @ inverse.T
    low = np.clip(np.floor(reach.min(axis=0)) - 2, 0, [frame.shape[1] - 1, frame.shape[0] - 1]).astype(int)
    high = np.clip(np.ceil(reach.max(axis=0)) + 3, low + 1, [frame.shape[1], frame.shape[0]]).astype(int)
    part = grey(frame, slice(low[1], high[1]), slice(low[0], high[0]))
    matrix = matrix.copy()
    matrix[:, 2] += matrix[:, :2] @ low
    if scale < 0.75:
        size = np.maximum(1, np.round(np.array(part.shape[::-1]) * scale)).astype(int)
        ratio = size / part.shape[::-1]
        part = cv2.resize(part, (int(size[0]), int(size[1])), interpolation=cv2.INTER_AREA)
        # INTER_AREA maps pixel areas; cv2.warpAffine maps pixel centres, half a pixel from their corner.
        matrix[:, :2] /= ratio
        matrix[:, 2] += matrix[:, :2] @ (0.5 - 0.5 * ratio)
    return cv2.warpAffine(part, matrix, (side, side), flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
