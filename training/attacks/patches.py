"""Lays the mouth of one picture over another."""

import numpy as np

from lipgate.core.opencv import cv2
from training.attacks.jaw import axes

_MIDDLE_V, _HALF_U, _HALF_V = 0.27, 1.65, 0.58
"""The ellipse that holds mouth and chin, in the units of `training.attacks.jaw`."""


def mask_of(shape: tuple[int, ...], landmarks: np.ndarray, softness: float = 0.18, size: float = 1.0) -> np.ndarray:
    """How much of a picture is mouth and chin: float32 (height, width), 1 inside, falling to 0 over the edge.

    Args:
        shape: of the picture, height first.
        landmarks: float32 (5, 2).
        softness: width of the edge as a share of the ellipse.
        size: of the ellipse; 1 reaches from below the nose to the chin.
    """
    at = axes(landmarks)
    inverse = cv2.invertAffineTransform(at)
    y, x = np.mgrid[: shape[0], : shape[1]].astype(np.float32)
    u, v = (inverse[row, 0] * x + inverse[row, 1] * y + inverse[row, 2] for row in (0, 1))
    radius = np.hypot(u / (_HALF_U * size), (v - _MIDDLE_V) / (_HALF_V * size))
    return np.clip((1.0 - radius) / softness, 0.0, 1.0).astype(np.float32)


def between(source: np.ndarray, target: np.ndarray) -> np.ndarray:
    """The affine transform that brings one face to where another is.

    Args:
        source, target: landmarks, float32 (5, 2).

    Returns:
        float64 (2, 3).
    """
    one, other = axes(source), axes(target)
    linear = other[:, :2] @ np.linalg.inv(one[:, :2])
    return np.column_stack([linear, other[:, 2] - linear @ one[:, 2]])


def blend(frame: np.ndarray, patch: np.ndarray, mask: np.ndarray, matrix: np.ndarray) -> np.ndarray:
    """Lay a part of one picture over another.

    Args:
        frame: uint8 (height, width, 3), what is covered.
        patch: uint8 (rows, columns, 3), where the cover is from.
        mask: float32 (rows, columns), how much of the patch is taken, 0 to 1.
        matrix: (2, 3), from pixels of the patch to those of the frame.

    Returns:
        uint8 (height, width, 3), new.
    """
    size = frame.shape[1::-1]
    weight = cv2.warpAffine(mask, matrix, size, flags=cv2.INTER_LINEAR)
    rows, columns = np.nonzero(weight)
    out = frame.copy()
    if not len(rows):
        return out
    part = np.s_[rows.min() : rows.max() + 1, columns.min() : columns.max() + 1]
    moved = cv2.warpAffine(patch, matrix, size, flags=cv2.INTER_CUBIC, borderMode=cv2.BORDER_REPLICATE)[part]
    share = weight[part][..., None]
    out[part] = np.clip(frame[part] * (1.0 - share) + moved * share + 0.5, 0, 255).astype(np.uint8)
    return out
