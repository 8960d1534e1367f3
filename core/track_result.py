"""What was measured on one face track: as a whole, in stretches of one offset, and in windows of two seconds."""

from dataclasses import dataclass

import numpy as np

from lipgate.core.calibration import Calibration
from lipgate.core.constants import VIDEO_FPS, WINDOW_FRAMES
from lipgate.core.presence.findings import Finding
from lipgate.core.reasons import Reason
from lipgate.core.sync.course import WINDOW_ROWS, Course, Window, course, windows
from lipgate.core.sync.distances import SyncResult, exact_offset, search

BLOCK_ROWS = 25
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


AGREEING_SHARE = 0.7
FEWEST_WINDOWS = 3

NO_COURSE = Course((), None)


@dataclass(frozen=True)
class OverTime:
    """What `TrackResult` tells of a track over time."""

    fits: tuple[Fit, ...] = ()
    windows: tuple[Window, ...] = ()
    """Windows of two seconds with enough speech to say something."""
    course: Course = NO_COURSE

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
    least = max(LEAST_CONFIDENCE, STRETCH_SHARE * calibration.least_confidence(sync, WINDOW_ROWS / VIDEO_FPS))
    found = course(distances, rows, least)
    heard = [
        window
        for window in windows(distances, sync.offset_frames)
        if rows[window.start : window.start + window.rows].sum() >= SPOKEN_ROWS
    ]
    fits = []
    for stretch in found.stretches:
        part = distances[stretch.start : stretch.stop]
        result = search(part)
        if result is not None:
            reach = WINDOW_FRAMES - 1 if stretch.stop >= len(distances) else 0
            at_home = stretch.offset_frames is not None and abs(result.offset_frames - stretch.offset_frames) <= 2
            fits.append(Fit(stretch.start, stretch.stop + reach, result, at_home, _interval_ms(part)))
    return OverTime(tuple(fits), tuple(heard), found)


def _interval_ms(distances: np.ndarray) -> float | None:
    """Jackknife over blocks of a second of the exact offset."""
    blocks = len(distances) // BLOCK_ROWS
    if blocks < 3:
        return None
    exists = ~np.isnan(distances)
    sums = np.where(exists, distances, 0.0).astype(np.float64)
    total, count = sums.sum(axis=0), exists.sum(axis=0)
    offsets = []
    for block in range(blocks):
        rows = slice(block * BLOCK_ROWS, (block + 1) * BLOCK_ROWS)
        curve = (total - sums[rows].sum(axis=0)) / np.maximum(count - exists[rows].sum(axis=0), 1)
        offsets.append(exact_offset(curve))
    deviation = np.sqrt((blocks - 1) / blocks * np.square(np.array(offsets) - np.mean(offsets)).sum())
    return round(float(1.96 * deviation * 1000 / VIDEO_FPS), 1)
