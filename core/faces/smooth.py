"""Steadies the positions of a face track."""

from typing import Literal

import numpy as np

BOX_MEDIAN = 13
"""Width of the median filter on box centre and size (reference: run_pipeline.py, crop_video)."""

LANDMARK_MEAN = 7
"""Width of the moving mean on landmarks."""

LOOKAHEAD = BOX_MEDIAN // 2
"""Frames that must be known after a frame before it can be smoothed."""


def boxes(raw: np.ndarray, start: int, stop: int) -> np.ndarray:
    """Median-filter centre and half of the larger side.

    Zeros count outside the track, as in scipy.signal.medfilt; outside one that is shorter than the filter its ends do.

    Args:
        raw: float32 (n, 4), left, top, right, bottom for all frames of the track known so far.
        start, stop: the rows wanted. Rows up to `stop + LOOKAHEAD` must be known unless the track has ended.

    Returns:
        float32 (stop - start, 4), square boxes.
    """
    half = BOX_MEDIAN // 2
    low, high = max(0, start - half), min(len(raw), stop + half)
    part = raw[low:high]
    centre = (part[:, :2] + part[:, 2:]) / 2
    size = (part[:, 2:] - part[:, :2]).max(axis=1, keepdims=True) / 2
    # Of a track shorter than the filter nothing but zeros would be left.
    beyond: Literal["edge", "constant"] = "edge" if high - low < min(BOX_MEDIAN, stop - start + 1) else "constant"
    padded = np.pad(np.hstack([centre, size]), ((half - (start - low), half - (high - stop)), (0, 0)), mode=beyond)
    windows = np.lib.stride_tricks.sliding_window_view(padded, BOX_MEDIAN, axis=0)
    x, y, s = np.median(windows, axis=-1).T
    return np.stack([x - s, y - s, x + s, y + s], axis=1).astype(np.float32)


def landmarks(raw: np.ndarray, start: int, stop: int) -> np.ndarray:
    """Moving mean, over fewer frames at the ends of the track.

    Args:
        raw: float32 (n, 5, 2) for all frames of the track known so far; `start`, `stop` as in `boxes`.

    Returns:
        float32 (stop - start, 5, 2).
    """
    half = LANDMARK_MEAN // 2
    rows = [raw[max(0, row - half) : row + half + 1].mean(axis=0) for row in range(start, stop)]
    return np.asarray(rows, np.float32).reshape(-1, 5, 2)
