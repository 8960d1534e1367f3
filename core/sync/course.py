"""How the offset goes over time: constant, in steps, drifting, or fitting nowhere.

All of it is found in the distances of one track, d(i, k) of `lipgate.core.sync.distances`: a path through them that is cheap
although every change of the offset costs something (dynamic programming), and the straight line that is cheapest.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np

from lipgate.core.sync.distances import BLOCK_ROWS, SyncResult, search
from lipgate.core.sync.line import Line, best_line

WINDOW_ROWS = 50
"""Rows of a window that is judged by itself: 2 s."""

HOP_ROWS = 13
"""Rows from one window to the next: about half a second."""

GROUP = 5
"""Rows that are taken together in the path: 0.2 s. Neighbouring rows share most of what they look at."""

CHANGE_COST = 60.0
"""What a change of the offset costs, in sums of distances over rows: a second or so of clearly better distances pays for it."""

STEP_COST = 12.0
"""What a move by one frame costs: a drift makes many of them."""

EVEN = 12.0
"""Moments at which a step costs no more than this beside the cheapest are as likely."""

MIN_STEP_FRAMES = 3
"""A smaller difference between stretches is a drift or a recording's own wavering, not a step."""

MIN_STRETCH_ROWS = 25
"""A stretch shorter than a second is no finding."""

DRIFT_GAIN = 0.12
"""What a slanted line must gain against the best constant offset, in mean distance, to be called a drift."""

MIN_DRIFT_FRAMES = 1.5
"""A drift that moves the sound less over the whole track cannot be told from none."""


@dataclass(frozen=True, slots=True)
class Window:
    """Two seconds of a track, judged by themselves."""

    start: int
    """First row, counted from the track's first frame."""
    rows: int
    sync: SyncResult
    """The best shift of this window alone."""
    kept: SyncResult
    """The same rows at the track's own offset, or one frame beside it: what the window says of the whole being in sync."""


@dataclass(frozen=True)
class Stretch:
    """Consecutive rows with one offset."""

    start: int
    stop: int
    """Rows start .. stop - 1."""
    offset_frames: int | None
    """None: no shift fits."""


@dataclass(frozen=True)
class Course:
    """The offset of one track over time."""

    stretches: tuple[Stretch, ...]
    drift_ms_per_min: float | None
    """How fast the sound runs ahead of the lips (positive) or falls behind; None where the offset does not drift."""

    @property
    def changes(self) -> tuple[tuple[int, int, int], ...]:
        """Steps of the offset: row, offset before, offset after; in order. Stretches that fit nowhere are passed over.

        A drift is no series of steps.
        """
        found: list[tuple[int, int, int]] = []
        if self.drift_ms_per_min is not None:
            return ()
        fitting = [stretch for stretch in self.stretches if stretch.offset_frames is not None]
        for before, after in pairwise(fitting):
            assert before.offset_frames is not None  # noqa: S101
            assert after.offset_frames is not None  # noqa: S101
            if abs(after.offset_frames - before.offset_frames) >= MIN_STEP_FRAMES:
                found.append((after.start, before.offset_frames, after.offset_frames))
        return tuple(found)


def windows(distances: np.ndarray, offset_frames: int) -> list[Window]:
    """Judge a track in overlapping windows of two seconds; a shorter track is one window.

    Args:
        distances: float32 (rows, 2 vshift + 1), NaN for pairs that do not exist.
        offset_frames: of the whole track.
    """
    last = max(1, len(distances) - WINDOW_ROWS + 1)
    starts = list(range(0, last, HOP_ROWS))
    if starts[-1] != last - 1:
        starts.append(last - 1)
    found = []
    for start in starts:
        part = distances[start : start + WINDOW_ROWS]
        sync = search(part)
        if sync is not None:
            sync = replace(
                sync, curve=sync.curve.astype(np.float32), framewise_confidence=sync.framewise_confidence.astype(np.float16)
            )
            found.append(Window(start, len(part), sync, _kept(sync, offset_frames)))
    return found


def _kept(sync: SyncResult, offset_frames: int) -> SyncResult:
    middle = len(sync.curve) // 2
    low, high = max(0, middle - offset_frames - 1), min(len(sync.curve), middle - offset_frames + 2)
    best = low + int(sync.curve[low:high].argmin()) if low < high else int(sync.curve.argmin())
    least = float(sync.curve[best])
    return SyncResult(middle - best, float(np.median(sync.curve)) - least, least, sync.curve, sync.framewise_confidence)


def course(distances: np.ndarray, spoken: np.ndarray, least_confidence: float, *, drifts: bool = True) -> Course:
    """Find how the offset goes over a track.

    Args:
        distances: float32 (rows, 2 vshift + 1), NaN for pairs that do not exist.
        spoken: float (rows,), how much of each row is speech, 0 to 1: silence fits everywhere and says nothing.
        least_confidence: mean lead of an offset over the median shift below which a stretch fits nowhere.
        drifts: whether it may drift; not where the drift has been taken out.
    """
    if not len(distances):
        return Course((), None)
    costs = _grouped(distances, spoken)
    found = _stretches(_path(costs, least_confidence), len(distances), costs.shape[1] // 2)
    stretches = _sharpened(found, costs, distances, spoken)
    if not drifts:
        return Course(stretches, None)
    drift = drifting(costs, (np.arange(len(costs)) + 0.5) * GROUP, float(spoken[: len(distances)].sum()))
    if drift is None or _cost(stretches, costs) < drift.cost:
        return Course(stretches, None)
    return Course(stretches, drift.ms_per_min)


def drifting(costs: np.ndarray, at: np.ndarray, spoken_rows: float) -> Line | None:
    """The line along which an offset drifts; None where a constant does as well, or there is too little to tell.

    Args:
        costs, at: as of `lipgate.core.sync.line.best_line`.
        spoken_rows: frames of speech in them.
    """
    if spoken_rows < WINDOW_ROWS or len(at) < 2 or at[-1] - at[0] < 2 * WINDOW_ROWS - GROUP:
        return None
    found = best_line(costs, at)
    if found is None:
        return None
    line, level = found
    moves = abs(line.rate) * (at[-1] - at[0])
    return line if (level - line.cost) / spoken_rows >= DRIFT_GAIN and moves >= MIN_DRIFT_FRAMES else None


def relative_to_median(distances: np.ndarray) -> np.ndarray:
    """Distances less each row's median, so that only what a shift gains against the others counts; 0 where there is none."""
    missing = np.isnan(distances)
    middle = np.nanmedian(np.where(missing.all(axis=1, keepdims=True), 0.0, distances), axis=1, keepdims=True)
    return np.where(missing, 0.0, distances - middle)


def _grouped(distances: np.ndarray, spoken: np.ndarray) -> np.ndarray:
    """Sums over groups of rows of what each shift gains, weighted by speech: float64 (groups, shifts)."""
    blocks = []
    size = BLOCK_ROWS // GROUP * GROUP
    for start in range(0, len(distances), size):
        part = distances[start : start + size]
        relative = relative_to_median(part) * spoken[start : start + len(part), None]
        full = -(-len(relative) // GROUP) * GROUP
        padded = np.pad(relative, ((0, full - len(relative)), (0, 0)))
        blocks.append(padded.reshape(-1, GROUP, relative.shape[1]).sum(axis=1))
    return np.concatenate(blocks)


def _path(costs: np.ndarray, least_confidence: float) -> np.ndarray:
    """Cheapest state of each group: a shift, or the number of shifts where none fits. int (groups,)."""
    groups, shifts = costs.shape
    # No fit is worth what a fit of the least confidence would be: it is chosen where no shift gains as much.
    weight = np.abs(costs).max(axis=1) > 0
    nowhere = np.where(weight, -least_confidence * GROUP, 0.0)
    emission = np.column_stack([costs, nowhere])
    total = emission[0].copy()
    came_from = np.empty((groups, shifts + 1), np.int16)
    own = np.arange(shifts + 1)
    for group in range(groups):
        if group:
            best = int(total.argmin())
            stay, origin = total.copy(), own.copy()
            for move in (-1, 1):
                beside = np.full(shifts + 1, np.inf)
                if move > 0:
                    beside[1:shifts] = total[: shifts - 1]
                else:
                    beside[: shifts - 1] = total[1:shifts]
                cheaper = beside + STEP_COST < stay
                stay, origin = np.where(cheaper, beside + STEP_COST, stay), np.where(cheaper, own - move, origin)
            jump = total[best] + CHANGE_COST < stay
            came_from[group] = np.where(jump, best, origin)
            total = np.where(jump, total[best] + CHANGE_COST, stay) + emission[group]
    path = np.empty(groups, np.int64)
    path[-1] = int(total.argmin())
    for group in range(groups - 1, 0, -1):
        path[group - 1] = came_from[group, path[group]]
    return path


def _stretches(path: np.ndarray, rows: int, vshift: int) -> tuple[Stretch, ...]:
    """Runs of one state; moves by a single frame are wavering and belong to the run."""
    found: list[Stretch] = []
    begin = 0
    for group in range(1, len(path) + 1):
        nowhere = 2 * vshift + 1
        joined = group < len(path) and (
            path[group] == path[group - 1]
            or (nowhere not in (path[group], path[group - 1]) and abs(path[group] - path[begin]) < 2)
        )
        if not joined:
            state = int(np.median(path[begin:group]))
            offset = None if path[begin] == nowhere else vshift - state
            found.append(Stretch(begin * GROUP, min(group * GROUP, rows), offset))
            begin = group
    return _without_short(found)


def _without_short(stretches: Sequence[Stretch]) -> tuple[Stretch, ...]:
    """Give stretches of less than a second to the one before (the first to the one after), and join what then is alike."""
    found: list[Stretch] = []
    for stretch in stretches:
        if found and (stretch.stop - stretch.start < MIN_STRETCH_ROWS or stretch.offset_frames == found[-1].offset_frames):
            found[-1] = Stretch(found[-1].start, stretch.stop, found[-1].offset_frames)
        elif found and found[-1].stop - found[-1].start < MIN_STRETCH_ROWS:
            found[-1] = Stretch(found[-1].start, stretch.stop, stretch.offset_frames)
        else:
            found.append(stretch)
    return tuple(found)


def _turn(summed: np.ndarray) -> int:
    """Where sums that fall and then rise turn: the middle of what lies about as low, as in a pause, in which nothing tells."""
    lowest = int(summed.argmin())
    low = summed <= summed[lowest] + EVEN
    return round(float(np.flatnonzero(low).mean()))


def _sharpened(
    stretches: tuple[Stretch, ...], costs: np.ndarray, distances: np.ndarray, spoken: np.ndarray
) -> tuple[Stretch, ...]:
    """Find each stretch's offset from all its rows, then the very row at which one offset becomes the other."""
    vshift = distances.shape[1] // 2
    found = []
    for stretch in stretches:
        inner = costs[stretch.start // GROUP : -(-stretch.stop // GROUP)].sum(axis=0)
        offset = None if stretch.offset_frames is None else vshift - int(inner.argmin())
        found.append(Stretch(stretch.start, stretch.stop, offset))
    for number in range(1, len(found)):
        before, after = found[number - 1], found[number]
        if before.offset_frames is None or after.offset_frames is None or before.offset_frames == after.offset_frames:
            continue
        low, high = max(before.start, after.start - WINDOW_ROWS) + 1, min(after.stop, after.start + WINDOW_ROWS)
        relative = relative_to_median(distances[low:high]) * spoken[low:high, None]
        gain = relative[:, vshift - before.offset_frames] - relative[:, vshift - after.offset_frames]
        at = low + _turn(np.concatenate([[0.0], np.cumsum(gain)]))
        found[number - 1] = Stretch(before.start, at, before.offset_frames)
        found[number] = Stretch(at, after.stop, after.offset_frames)
    return tuple(found)


def _cost(stretches: Sequence[Stretch], costs: np.ndarray) -> float:
    """Sum of the distances along stretches, with what their changes cost."""
    total = CHANGE_COST * (len(stretches) - 1)
    for stretch in stretches:
        if stretch.offset_frames is not None:
            groups = slice(stretch.start // GROUP, -(-stretch.stop // GROUP))
            total += float(costs[groups, costs.shape[1] // 2 - stretch.offset_frames].sum())
    return total
