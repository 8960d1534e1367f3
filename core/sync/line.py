"""An offset that runs away steadily: the straight line through the distances, and how to look along it."""

from dataclasses import dataclass

import numpy as np

from lipgate.core.sync.distances import exact_offset

MAX_SLOPE = 0.06
"""Largest drift that is looked for, in frames a frame."""

SLOPES = 121
FINE = 0.1
"""Frames between the places at which a line is tried in the end."""

MOST_BINS = 600
"""A line over hours is tried on sums of neighbouring groups: it moves by little within one of so many."""

BLOCK_FRAMES = 50
"""What is measured as one offset when the line is drawn exactly: two seconds."""

NEAR_FRAMES = 1.5
"""A block whose own offset lies further from the line says nothing of it."""


@dataclass(frozen=True)
class Line:
    """An offset that grows by the same amount in every frame."""

    rate: float
    """Frames a frame; positive: the sound runs ahead of the lips."""
    offset: float
    """In frames, at time zero of whatever it was found in."""
    cost: float
    """Sum of the distances along it."""

    @property
    def ms_per_min(self) -> float:
        """A frame a frame is a minute a minute."""
        return self.rate * 60_000.0

    def at(self, frame: float) -> float:
        """Offset in frames."""
        return self.offset + self.rate * frame


def best_line(costs: np.ndarray, at: np.ndarray) -> tuple[Line, float] | None:
    """The straight line that is cheapest.

    Args:
        costs: float (groups, shifts), of shifts + reach .. - reach, less the median of each group: silence is 0.
        at: float (groups,), the frame each is centred on, in order.

    Returns:
        The line, its time zero that of `at`, and what the best constant offset costs; None where there is nothing.
    """
    groups, shifts = costs.shape
    if groups < 2 or not np.abs(costs).any():
        return None
    middle = (at[0] + at[-1]) / 2
    binned, centres = _binned(costs, at - middle)
    steepest = min(MAX_SLOPE, shifts / max(at[-1] - at[0], 1.0))
    slopes = np.linspace(-steepest, steepest, SLOPES)
    sums = np.array([_along(binned, centres, slope, 0.5)[0] for slope in slopes])
    finer = slopes[int(sums.argmin())] + np.linspace(-1, 1, SLOPES // 4) * (slopes[1] - slopes[0])
    found = [_along(binned, centres, slope, FINE) for slope in finer]
    least = min(range(len(finer)), key=lambda number: found[number][0])
    cost, place = found[least]
    slope, place = _exact(costs, at - middle, float(finer[least]), place)
    reach = shifts // 2
    # The slope is that of places; an offset counts the other way.
    return Line(-slope, reach - place + slope * middle, cost), _along(binned, centres, 0.0, FINE)[0]


def straightened(rows: np.ndarray, rate: float) -> np.ndarray:
    """Rows moved so that an offset which drifts is everywhere what it is in the middle.

    Args:
        rows: float (rows, shifts), consecutive frames; NaN for pairs that do not exist.
        rate: frames a frame, as of `Line`.

    Returns:
        float32 of the same shape. What comes from beyond the search range says nothing: it is the row's median.
    """
    shifts = rows.shape[1]
    place = np.arange(shifts)[None] - rate * (np.arange(len(rows)) - (len(rows) - 1) / 2)[:, None]
    inside = (place >= 0) & (place <= shifts - 1)
    low = np.clip(np.floor(place).astype(int), 0, max(shifts - 2, 0))
    share = np.clip(place - low, 0, 1)
    at = np.arange(len(rows))[:, None]
    level = np.nanmedian(np.where(np.isnan(rows).all(axis=1, keepdims=True), 0.0, rows), axis=1, keepdims=True)
    missing = np.isnan(rows).all(axis=1, keepdims=True)
    known = np.where(np.isnan(rows), level, rows)
    moved = known[at, low] * (1 - share) + known[at, np.minimum(low + 1, shifts - 1)] * share
    return np.where(missing, np.nan, np.where(inside, moved, level)).astype(np.float32)


def _binned(costs: np.ndarray, at: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Sums over neighbours, and their mean time."""
    size = -(-len(costs) // MOST_BINS)
    if size == 1:
        return costs, at
    starts = np.arange(0, len(costs), size)
    count = np.diff(np.append(starts, len(costs)))
    return np.add.reduceat(costs, starts, axis=0), np.add.reduceat(at, starts) / count


def _along(costs: np.ndarray, at: np.ndarray, slope: float, step: float) -> tuple[float, float]:
    """Least sum of distances along a line of this slope, in places a frame, over all its places; and that place, at time zero."""
    groups, shifts = costs.shape
    starts = np.arange(0, shifts - 1 + step / 2, step)
    place = starts[:, None] + (slope * at)[None]
    inside = (place >= 0) & (place <= shifts - 1)
    low = np.clip(np.floor(place).astype(int), 0, shifts - 2)
    share = np.clip(place - low, 0, 1)
    rows = np.arange(groups)[None]
    sums = np.where(inside, costs[rows, low] * (1 - share) + costs[rows, low + 1] * share, 0.0).sum(axis=1)
    best = int(sums.argmin())
    return float(sums[best]), float(starts[best])


def _exact(costs: np.ndarray, at: np.ndarray, slope: float, place: float) -> tuple[float, float]:
    """The same line, drawn through the offsets that blocks of two seconds have by themselves: least squares."""
    shifts = costs.shape[1]
    blocks = np.floor(at / BLOCK_FRAMES).astype(int)
    times, errors, weights = [], [], []
    for block in np.unique(blocks):
        mine = blocks == block
        moved = np.stack(
            [
                np.interp(np.arange(shifts) + slope * when, np.arange(shifts), row, 0.0, 0.0)
                for when, row in zip(at[mine], costs[mine], strict=True)
            ]
        ).sum(axis=0)
        low = max(0, round(place) - 3)
        near = moved[low : round(place) + 4]
        if len(near) < 3:
            continue
        # `exact_offset` counts from the middle, upwards to the left.
        found = low + len(near) // 2 - exact_offset(near)
        if abs(found - place) <= NEAR_FRAMES and near.min() < 0:
            times.append(at[mine].mean())
            errors.append(found - place)
            weights.append(-near.min())
    if len(times) < 3:
        return slope, place
    more, beside = np.polyfit(times, errors, 1, w=np.sqrt(weights))
    return slope + float(more), place + float(beside)
