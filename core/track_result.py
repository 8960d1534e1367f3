"""What was measured on one face track: as a whole, in stretches of one offset, and in windows of two seconds."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np

from lipgate.core.calibration import Calibration
from lipgate.core.constants import VIDEO_FPS, WINDOW_FRAMES
from lipgate.core.presence.findings import Finding
from lipgate.core.reasons import Reason
from lipgate.core.sync.course import GROUP, WINDOW_ROWS, Course, Stretch, Window, course, windows
from lipgate.core.sync.distances import BLOCK_ROWS, SyncResult, exact_offset, search, sums_and_counts
from lipgate.core.sync.line import straightened

JACKKNIFE_ROWS = 25
"""Rows that are left out at a time for the interval of an offset: neighbours within a second are not independent."""

LEAST_CONFIDENCE = 0.3
STRETCH_SHARE = 0.25
"""A stretch fits from this share on of the confidence that would score one half over two seconds: what is in doubt is not
called foreign."""

SPOKEN_ROWS = 25
"""Rows of speech a window needs to say anything: one second of its two."""


@dataclass(frozen=True)
class Fit:
    """A stretch of a track with one offset, judged by itself."""

    start: int
    stop: int
    """Frames start .. stop - 1, counted from the track's first."""
    sync: SyncResult
    fits: bool
    """False: no shift fits; `sync` holds the best there is."""
    ci_ms: float | None
    """Half width of the 95 % interval of the offset; None where the stretch is too short to tell."""
    moved_frames: float = 0.0
    """What the offset here is more than that of `sync`: where it drifts, `sync` is that of the whole stretch, in its middle."""

    @property
    def offset(self) -> float:
        """In frames, to a fraction."""
        return self.sync.offset + self.moved_frames

    @property
    def offset_frames(self) -> int:
        """Whole frames."""
        return self.sync.offset_frames if not self.moved_frames else round(self.offset)


AGREEING_SHARE = 0.7
FEWEST_WINDOWS = 3

NO_COURSE = Course((), None)


@dataclass(frozen=True)
class Groups:
    """The distances of a track, each group of `GROUP` rows as one: what is kept of it while the film runs, a megabyte an hour."""

    distances: np.ndarray
    """float16 (groups, 2 vshift + 1), means; NaN for pairs that do not exist."""
    spoken: np.ndarray
    """float16 (groups,), frames of speech in each."""
    rows: int

    @classmethod
    def of(cls, distances: np.ndarray, spoken: np.ndarray) -> "Groups":
        """Of rows; the arguments are those of `over_time`, speech that of each row."""
        blocks = []
        size = BLOCK_ROWS // GROUP * GROUP
        for start in range(0, len(distances), size):
            part = distances[start : start + size]
            exists = ~np.isnan(part)
            starts = np.arange(0, len(part), GROUP)
            count = np.add.reduceat(exists, starts, axis=0, dtype=np.float32)
            sums = np.add.reduceat(np.where(exists, part, 0.0), starts, axis=0)
            blocks.append(np.where(count > 0, sums / np.maximum(count, 1), np.nan).astype(np.float16))
        speech = np.add.reduceat(spoken.astype(np.float32), np.arange(0, len(distances), GROUP)).astype(np.float16)
        return cls(np.concatenate(blocks), speech, len(distances))

    @property
    def each_row(self) -> tuple[np.ndarray, np.ndarray]:
        """Distances, float32, and speech, float64, as if every row of a group were their mean."""
        rows = np.repeat(self.distances.astype(np.float32), GROUP, axis=0)[: self.rows]
        return rows, np.repeat(self.spoken.astype(np.float64) / GROUP, GROUP)[: self.rows]


NO_GROUPS = Groups(np.empty((0, 1), np.float16), np.empty(0, np.float16), 0)


@dataclass(frozen=True)
class OverTime:
    """What `TrackResult` tells of a track over time."""

    fits: tuple[Fit, ...] = ()
    windows: tuple[Window, ...] = ()
    """Windows of two seconds with enough speech to say something."""
    course: Course = NO_COURSE
    groups: Groups = NO_GROUPS

    def agree(self, offset_frames: int) -> bool:
        """Whether most of the windows, searched by themselves, find this offset within a frame.

        Foreign sound fits here and there at different shifts; what moves a mouth, however loosely, fits at one.
        """
        found = [abs(window.sync.offset_frames - offset_frames) <= 1 for window in self.windows]
        return len(found) >= FEWEST_WINDOWS and sum(found) >= AGREEING_SHARE * len(found)


NOTHING_OVER_TIME = OverTime()


@dataclass(frozen=True)
class TrackResult:
    """One face track."""

    track: int
    start: int
    """First frame."""
    frames: int
    boxes: np.ndarray
    """float32 (frames, 4), smoothed left, top, right, bottom in decoded pixels."""
    face_px: float
    """Mean size in pixels of the source."""
    speech_s: float
    sync: SyncResult | None
    """Of the whole track; None where the shifts could not be compared."""
    reason: Reason | None
    """Why it was not judged."""
    hidden_share: float = 0.0
    """Share of its time with the mouth hidden, 0 to 1."""
    over_time: OverTime = NOTHING_OVER_TIME
    findings: tuple[Finding, ...] = ()
    """What was noticed of the face, see `lipgate.core.presence`."""

    @property
    def stop(self) -> int:
        """The frame after the last."""
        return self.start + self.frames


def over_time(distances: np.ndarray, spoken: np.ndarray, sync: SyncResult, calibration: Calibration) -> OverTime:
    """Judge a track in stretches and windows.

    Args:
        distances: float32 (rows, 2 vshift + 1), NaN for pairs that do not exist.
        spoken: float (rows + 4,), speech in each frame, 0 or 1.
        sync: of the whole track.
        calibration: says from which confidence on a stretch fits rather than not.
    """
    rows = spoken[WINDOW_FRAMES // 2 :][: len(distances)]
    least = _least_confidence(sync, calibration)
    found = course(distances, rows, least)
    heard = [
        window
        for window in windows(distances, sync.offset_frames)
        if rows[window.start : window.start + window.rows].sum() >= SPOKEN_ROWS
    ]
    told = OverTime(_fits(distances, found.stretches), tuple(heard), found, Groups.of(distances, rows))
    return told if found.drift_ms_per_min is None else along(told, found.drift_ms_per_min / 60_000, sync, calibration)


def along(told: OverTime, rate: float, sync: SyncResult, calibration: Calibration) -> OverTime:
    """Judge a track once more, of which it is known that its offset drifts.

    Args:
        told: as `over_time` has it.
        rate: frames a frame, positive: the sound runs ahead of the lips.
        sync, calibration: as of `over_time`.

    Returns:
        The same with fits along the drift: a stretch for each frame that the offset goes on by.
    """
    distances, spoken = told.groups.each_row
    level = straightened(distances, rate)
    found = course(level, spoken, _least_confidence(sync, calibration), drifts=False)
    middle = (len(level) - 1) / 2
    pieces = []
    for fit in _fits(level, found.stretches):
        edges = _edges(fit, rate, middle) if fit.fits else [fit.start, fit.stop]
        for start, stop in pairwise(edges):
            pieces.append(replace(fit, start=start, stop=stop, moved_frames=rate * ((start + stop) / 2 - middle) * fit.fits))
    return replace(told, fits=tuple(pieces), course=Course(found.stretches, rate * 60_000))


def _edges(fit: Fit, rate: float, middle: float) -> list[int]:
    """Where the offset of a drifting stretch comes nearer to the next whole frame: what is in time is said of whole frames."""
    first, last = (fit.sync.offset + rate * (row - middle) for row in (fit.start, fit.stop))
    halves = np.arange(np.floor(min(first, last)) + 0.5, max(first, last))
    rows = sorted(round(middle + (half - fit.sync.offset) / rate) for half in halves)
    return [fit.start, *(row for row in rows if fit.start < row < fit.stop), fit.stop]


def _least_confidence(sync: SyncResult, calibration: Calibration) -> float:
    return max(LEAST_CONFIDENCE, STRETCH_SHARE * calibration.least_confidence(sync, WINDOW_ROWS / VIDEO_FPS))


def _fits(distances: np.ndarray, stretches: Sequence[Stretch]) -> tuple[Fit, ...]:
    fits = []
    for stretch in stretches:
        part = distances[stretch.start : stretch.stop]
        result = search(part)
        if result is not None:
            reach = WINDOW_FRAMES - 1 if stretch.stop >= len(distances) else 0
            at_home = stretch.offset_frames is not None and abs(result.offset_frames - stretch.offset_frames) <= 2
            fits.append(Fit(stretch.start, stretch.stop + reach, result, at_home, _interval_ms(part)))
    return tuple(fits)


def _interval_ms(distances: np.ndarray) -> float | None:
    """Jackknife over blocks of a second of the exact offset."""
    blocks = len(distances) // JACKKNIFE_ROWS
    if blocks < 3:
        return None
    total, count = sums_and_counts(distances)
    offsets = []
    for block in range(blocks):
        out, out_count = sums_and_counts(distances[block * JACKKNIFE_ROWS : (block + 1) * JACKKNIFE_ROWS])
        curve = (total - out) / np.maximum(count - out_count, 1)
        offsets.append(exact_offset(curve))
    deviation = np.sqrt((blocks - 1) / blocks * np.square(np.array(offsets) - np.mean(offsets)).sum())
    return round(float(1.96 * deviation * 1000 / VIDEO_FPS), 1)
