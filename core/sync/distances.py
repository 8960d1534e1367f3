"""The distance search of SyncNet: how far picture and sound lie apart at every shift."""

from dataclasses import dataclass

import numpy as np

from lipgate.core.constants import FRAMEWISE_MEDIAN, VSHIFT

BLOCK_ROWS = 4096
"""Rows that are worked on at a time."""


@dataclass(frozen=True, slots=True)
class SyncResult:
    """Offset and certainty of one face track."""

    offset_frames: int
    """Positive: the sound comes before the lips by so many frames of 40 ms; negative: it comes late."""
    confidence: float
    """Median of the mean distances at the calibration's 31 shifts, less `min_dist`. Near 0: no shift fits better than others."""
    min_dist: float
    """Minimum of the curve."""
    curve: np.ndarray
    """float64 (2 vshift + 1,): mean distance m(k) at each shift that was searched."""
    framewise_confidence: np.ndarray
    """float64 (windows,): the same median less the distance at the found shift, median-filtered."""

    @property
    def offset(self) -> float:
        """The offset to a fraction of a frame."""
        return exact_offset(self.curve)


def pair_distances(video: np.ndarray, audio: np.ndarray, lead: int, vshift: int = VSHIFT) -> np.ndarray:
    """Euclidean distances d(i, k) of V[i] and A[i + k - vshift].

    Args:
        video: float32 (n, width).
        audio: float32 (m, width).
        lead: how many rows of `audio` come before the row that belongs to `video[0]`; may be negative.
        vshift: search range, in frames.

    Returns:
        float32 (n, 2 vshift + 1), NaN where there is no such sound.
    """
    at = np.arange(len(video))[:, None] + np.arange(-vshift, vshift + 1) + lead
    exists = (at >= 0) & (at < len(audio))
    if not len(audio):
        return np.full(at.shape, np.nan, np.float32)
    apart = video[:, None, :] - audio[np.clip(at, 0, len(audio) - 1)]
    return np.where(exists, np.sqrt((apart * apart).sum(axis=-1)), np.float32("nan")).astype(np.float32)


def fill_with_zero_vectors(distances: np.ndarray, video: np.ndarray) -> np.ndarray:
    """Replace missing pairs by the distance to a zero vector, as SyncNetInstance.calc_pdist of the reference does."""
    return np.where(np.isnan(distances), np.linalg.norm(video, axis=1)[:, None], distances).astype(np.float32)


def compared(vshift: int) -> int:
    """How far sound and picture are compared for a search range: never less far than the calibration was made with."""
    return max(vshift, VSHIFT)


def search(distances: np.ndarray, vshift: int | None = None) -> SyncResult | None:
    """Find the best shift (reference: SyncNetInstance.evaluate).

    The range says where the offset is looked for, not what confidence means: its median is always of the calibration's 31 shifts.
    They are moved just so far that the found one is among them, where it lies further out.

    Args:
        distances: float32 (windows, 2 reach + 1), NaN for pairs that do not exist; `reach` from `compared`.
        vshift: search range in frames, at most the reach; all of it by default.

    Returns:
        None where some shift has no pair at all, so that the shifts cannot be compared.
    """
    sums, count = sums_and_counts(distances)
    if not len(distances) or not count.all():
        return None
    curve = sums / count
    reach = len(curve) // 2
    first = 0 if vshift is None else reach - vshift
    searched = curve[first : len(curve) - first]
    best = first + int(searched.argmin())
    calibrated = max(0, min(max(reach - VSHIFT, best - 2 * VSHIFT), best))
    middle = float(np.median(curve[calibrated : calibrated + 2 * VSHIFT + 1]))
    at_best = distances[:, best].astype(np.float64)
    framewise = np.where(np.isnan(at_best), 0.0, middle - at_best)
    return SyncResult(
        offset_frames=reach - best,
        confidence=middle - float(curve[best]),
        min_dist=float(curve[best]),
        curve=searched,
        framewise_confidence=_median_filter(framewise),
    )


def sums_and_counts(distances: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Sum and number of the pairs that exist at each shift; a track of hours is not copied for it.

    Returns:
        float64 and int64 (2 reach + 1,).
    """
    sums, count = np.zeros(distances.shape[1]), np.zeros(distances.shape[1], np.int64)
    for start in range(0, len(distances), BLOCK_ROWS):
        block = distances[start : start + BLOCK_ROWS]
        exists = ~np.isnan(block)
        sums += np.where(exists, block, 0).sum(axis=0, dtype=np.float64)
        count += exists.sum(axis=0)
    return sums, count


def exact_offset(curve: np.ndarray) -> float:
    """Offset of the least distance in frames, between shifts: the vertex of the parabola through the least three.

    Args:
        curve: float (2 vshift + 1,), mean distance at each shift.
    """
    best = int(curve.argmin())
    middle = len(curve) // 2
    if not 0 < best < len(curve) - 1:
        return float(middle - best)
    before, least, after = (float(value) for value in curve[best - 1 : best + 2])
    bend = before - 2 * least + after
    return middle - best - (0.5 * (before - after) / bend if bend > 0 else 0.0)


def _median_filter(values: np.ndarray) -> np.ndarray:
    """Running median; zeros count outside, as in scipy.signal.medfilt."""
    padded = np.pad(values, FRAMEWISE_MEDIAN // 2)
    return np.median(np.lib.stride_tricks.sliding_window_view(padded, FRAMEWISE_MEDIAN), axis=-1)
