"""What is told of all tracks together: an offset that drifts over the whole film, and steps that come at its cuts.

A film is cut into tracks of a few seconds, each too short to show that the sound runs away by two milliseconds a second; and
whoever puts a film together puts a wrong sound in at a cut. So what the tracks found is laid in one row.
"""

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np

from lipgate.core.calibration import Calibration
from lipgate.core.constants import MS_PER_FRAME, VIDEO_FPS, WINDOW_FRAMES
from lipgate.core.sync.course import CHANGE_COST, GROUP, MIN_STEP_FRAMES, WINDOW_ROWS, drifting, relative_to_median
from lipgate.core.sync.line import Line
from lipgate.core.timeline import Segment, State
from lipgate.core.track_result import TrackResult, along

STEADY_S = 2.0
"""Least seconds of one offset between two others."""

_FITTING = (State.IN_SYNC, State.LATE, State.EARLY)

_STEP = MIN_STEP_FRAMES - 0.5
"""Frames, not whole ones: offsets are measured between frames."""


@dataclass(frozen=True)
class Change:
    """A step of the offset."""

    frame: int
    """First frame of the video with the offset after."""
    before_frames: int
    after_frames: int


@dataclass(frozen=True)
class Stretch:
    """A part of the film with one offset."""

    frame: int
    """First frame of the video; 0 for the first of all."""
    offset_ms: float
    """Mean over all that fits in it. Positive: the sound comes before the lips."""
    first_ms: float
    last_ms: float
    """Of the first and of the last segment in it."""


def along_one_line(tracks: Sequence[TrackResult], calibration: Calibration) -> list[TrackResult]:
    """The tracks of a film; where the offset drifts over all of it, laid out along that drift.

    Args:
        tracks: all, judged or not, in any order.
        calibration: of the sync model.
    """
    judged = sorted(
        (track for track in tracks if track.sync is not None and track.over_time.groups.rows), key=lambda one: one.start
    )
    line = _line(judged) if len(judged) > 1 else None
    if line is None:
        return list(tracks)
    drifted = {
        track.track: replace(track, over_time=along(track.over_time, line.rate, track.sync, calibration))
        for track in judged
        if track.sync is not None
    }
    return [drifted.get(track.track, track) for track in tracks]


def changes(
    tracks: Sequence[TrackResult], speaker: TrackResult | None, segments: Sequence[Segment], cuts: Sequence[int]
) -> list[Change]:
    """Where the offset steps, in order: from one stretch that fits to the next, and wherever the speaker's does.

    Args:
        tracks: all.
        speaker: of the verdict.
        segments: of the verdict.
        cuts: first frame of each shot but the first. A step between two tracks lies at the cut between them.
    """
    found = []
    if all(track.over_time.course.drift_ms_per_min is None for track in tracks):
        for one, other in pairwise(stretches(tracks, segments, cuts)):
            found.append(Change(other.frame, round(one.last_ms / MS_PER_FRAME), round(other.first_ms / MS_PER_FRAME)))
    beside = [] if speaker is None or speaker.reason is not None else _within(speaker)
    found += [change for change in beside if all(abs(change.frame - other.frame) > WINDOW_ROWS for other in found)]
    return sorted(found, key=lambda change: change.frame)


def stretches(tracks: Sequence[TrackResult], segments: Sequence[Segment], cuts: Sequence[int]) -> list[Stretch]:
    """The film in stretches of one offset, in order; the arguments are those of `changes`."""
    runs = _steady(segments)
    found = []
    for number, run in enumerate(runs):
        offsets = [one.offset_ms or 0.0 for one in run]
        mean = float(np.average(offsets, weights=[one.seconds for one in run]))
        frame = _frame(runs[number - 1][-1], run[0], tracks, cuts) if number else 0
        found.append(Stretch(frame, mean, offsets[0], offsets[-1]))
    return found


def _steady(segments: Sequence[Segment]) -> list[list[Segment]]:
    """What fits, in runs of one offset. A second of foreign sound fits somewhere by chance: a short run between is none."""
    runs: list[list[Segment]] = []
    for one in segments:
        if one.state not in _FITTING or one.offset_ms is None:
            continue
        if runs and not _steps(runs[-1][-1], one):
            runs[-1].append(one)
            continue
        if len(runs) > 1 and sum(each.seconds for each in runs[-1]) < STEADY_S:
            runs.pop()
            if not _steps(runs[-1][-1], one):
                runs[-1].append(one)
                continue
        runs.append([one])
    return runs


def _steps(one: Segment, other: Segment) -> bool:
    return abs((other.offset_ms or 0.0) - (one.offset_ms or 0.0)) >= _STEP * MS_PER_FRAME


def _frame(one: Segment, other: Segment, tracks: Sequence[TrackResult], cuts: Sequence[int]) -> int:
    """Where the step between two segments lies: within a track as its course has it, else at a cut, if there is one."""
    begin, end = one.end_s * VIDEO_FPS, round(other.start_s * VIDEO_FPS)
    if one.track == other.track:
        (track,) = (track for track in tracks if track.track == one.track)
        near = [change.frame for change in _within(track)]
        return min(near, key=lambda frame: abs(frame - end), default=end)
    last = bisect_right(cuts, end)
    return cuts[last - 1] if last and cuts[last - 1] > begin - 1 else end


def _within(track: TrackResult) -> list[Change]:
    return [
        Change(max(0, track.start + row + WINDOW_FRAMES // 2 - _later(before, after)), before, after)
        for row, before, after in track.over_time.course.changes
    ]


def _later(before: int, after: int) -> int:
    """Frames from a step in the sound to where it is seen.

    Lips go on to match the sound of before the step until it has come to its end, and match that of after it from where
    there is some: between a jump ahead and the first lips whose sound was not left out there is nothing to match.
    """
    return round((before + max(before, after)) / 2)


def _line(judged: Sequence[TrackResult]) -> Line | None:
    """The drift of a film; None where constant offsets, with a step here and there, explain it as well."""
    costs, at = [], []
    spoken = 0.0
    constants: list[tuple[int, np.ndarray]] = []
    """Of each run without a step: its first offset, and the sums of the costs at each shift."""
    for track in judged:
        groups = track.over_time.groups
        own = relative_to_median(groups.distances.astype(np.float32)) * groups.spoken.astype(np.float32)[:, None]
        costs.append(own)
        at.append(track.start + WINDOW_FRAMES // 2 + (np.arange(len(own)) + 0.5) * GROUP)
        spoken += float(groups.spoken.sum(dtype=np.float64))
        for stretch in track.over_time.course.stretches:
            if stretch.offset_frames is None:
                continue
            sums = own[stretch.start // GROUP : -(-stretch.stop // GROUP)].sum(axis=0, dtype=np.float64)
            if constants and abs(constants[-1][0] - stretch.offset_frames) < MIN_STEP_FRAMES:
                constants[-1] = (constants[-1][0], constants[-1][1] + sums)
            else:
                constants.append((stretch.offset_frames, sums))
    order = np.argsort(np.concatenate(at), kind="stable")
    line = drifting(np.concatenate(costs)[order], np.concatenate(at)[order], spoken)
    apart = sum(float(sums.min()) for _, sums in constants) + CHANGE_COST * (len(constants) - 1)
    return None if line is None or apart < line.cost else line
