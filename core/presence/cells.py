"""Pictures so coarse that what an encoder does to them is averaged out, and a moving mouth is not."""

import numpy as np

from lipgate.core.opencv import cv2

FINE = 4
"""Side of a fine cell, in pixels of the small picture (`lipgate.core.scenes`): a mouth of the smallest face that is judged."""

COARSE = 2
"""Fine cells along the side of a coarse one."""


def fine(small: np.ndarray) -> np.ndarray:
    """Mean brightness of squares of `FINE` pixels.

    Args:
        small: uint8 (height, width, 3) BGR.

    Returns:
        float32 (rows, columns), 0 to 255.
    """
    grey = cv2.cvtColor(small, cv2.COLOR_BGR2GRAY)
    size = max(1, grey.shape[1] // FINE), max(1, grey.shape[0] // FINE)
    # Rounded to whole levels: five times as fast as in floating point, and finer than any threshold.
    return cv2.resize(grey, size, interpolation=cv2.INTER_AREA).astype(np.float32)


def coarse(cells: np.ndarray) -> np.ndarray:
    """Means of squares of `COARSE` fine cells: float32 (rows, columns)."""
    size = max(1, cells.shape[1] // COARSE), max(1, cells.shape[0] // COARSE)
    return cv2.resize(cells, size, interpolation=cv2.INTER_AREA)
