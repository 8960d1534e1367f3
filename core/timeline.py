"""What the whole video says, stretch by stretch: when somebody speaks, whose lips it fits, and what cannot be judged."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from itertools import pairwise

import numpy as np

from lipgate.core.calibration import Calibration
from lipgate.core.constants import MS_PER_FRAME, VIDEO_FPS
from lipgate.core.limits import Limits
from lipgate.core.reasons import Reason
from lipgate.core.sync.distances import SyncResult
from lipgate.core.track_result import TrackResult

PAUSE_FRAMES = 13
"""A gap in the speech up to this long belongs to the sentence."""

SHORTEST_FRAMES = 8
"""Shorter pieces of a timeline are joined to their neighbour: nobody can act on a third of a second."""


REFUTED_SHARE = 0.25
"""A stretch whose score is below this share of the threshold for NEXT fits nowhere; between them it is in doubt."""


class State(StrEnum):
    """How lips and sound stand to each other."""

    IN_SYNC = "in_sync"
    LATE = "late"
    """The sound comes after the lips."""
    EARLY = "early"
    """The sound comes before the lips."""
    NO_FIT = "no_fit"
    """No shift makes this sound fit these lips."""
    NOT_JUDGED = "not_judged"
    """Somebody speaks and it cannot be said whether it is the face in view; the reason says why."""
    NO_SPEECH = "no_speech"


OFF_SCREEN = "off_screen"
"""Somebody speaks while no face is in view."""

_REASONS = {
    State.LATE: Reason.OUT_OF_SYNC,
    State.EARLY: Reason.OUT_OF_SYNC,
    State.NO_FIT: Reason.NO_FIT,
    State.NOT_JUDGED: Reason.IN_DOUBT,
}
"""Why a stretch that was measured is not in sync."""


@dataclass(frozen=True)
class Segment:
    """A stretch of the video of one state."""

    start_s: float
    end_s: float
    track: int | None
    """The face that fits best, of several in view; None where none is judged."""
    state: State
    offset_ms: float | None = None
    """Positive: the sound comes before the lips."""
    ci_ms: float | None = None
    """Half width of the 95 % interval of the offset."""
    confidence: float | None = None
    min_dist: float | None = None
    score: float | None = None
    reason: str | None = None
    """A code of every state but `in_sync`: one of `Reason`, or `off_screen`."""

    @property
    def seconds(self) -> float:
        """Length."""
        return self.end_s - self.start_s


@dataclass(frozen=True)
class _Piece:
    """A stretch of one track that was judged by itself."""

    start: int
    stop: int
    track: int
    sync: SyncResult
    score: float
    ci_ms: float | None
    fits: bool
    offset: float
    """In frames, to a fraction."""
    offset_frames: int


def segments(tracks: Sequence[TrackResult], spoken: np.ndarray, calibration: Calibration, limits: Limits) -> tuple[Segment, ...]:
    """Lay out a video.

    Args:
        tracks: all face tracks, also those that were not judged.
        spoken: bool (frames,), whether somebody speaks in a frame.
        calibration: of the sync model.
        limits: what is in sync.

    Returns:
        Segments that cover the video from its beginning to its end, in order.
    """
    pieces = [piece for track in tracks if track.reason is None for piece in _pieces(track, calibration)]
    borders = {0, len(spoken)}
    for first, last in _runs(spoken):
        borders |= {first, last}
    for piece in pieces:
        borders |= {piece.start, piece.stop}
    for track in tracks:
        borders |= {track.start, track.start + track.frames}
    edges = sorted(border for border in borders if 0 <= border <= len(spoken))
    filled = _filled(spoken)
    found: list[Segment] = []
    for first, last in pairwise(edges):
        segment = _segment(first, last, bool(filled[first]), pieces, tracks, limits)
        if found and _alike(found[-1], segment):
            found[-1] = replace(found[-1], end_s=segment.end_s)
        else:
            found.append(segment)
    return tuple(_without_crumbs(found))


def shares(found: Sequence[Segment]) -> dict[str, float]:
    """Share of the speech in each state, by name; all 0 where nobody speaks."""
    speech = {state: 0.0 for state in State if state is not State.NO_SPEECH}
    for segment in found:
        if segment.state in speech:
            speech[segment.state] += segment.seconds
    total = sum(speech.values())
    return {str(state): seconds / total if total else 0.0 for state, seconds in speech.items()}


def worst(found: Sequence[Segment]) -> int | None:
    """Place of the segment that is furthest from being in sync; None where all that was judged is in sync.

    What fits nowhere comes before what is off, the larger offset before the smaller, the longer before the shorter.
    """
    off = [number for number, one in enumerate(found) if one.state in (State.NO_FIT, State.LATE, State.EARLY)]
    if not off:
        return None
    return max(off, key=lambda at: (found[at].state is State.NO_FIT, abs(found[at].offset_ms or 0.0), found[at].seconds))


def _pieces(track: TrackResult, calibration: Calibration) -> list[_Piece]:
    found = []
    for fit in track.over_time.fits:
        score = calibration.score(fit.sync)
        start = track.start + fit.start
        stop = track.start + fit.stop
        found.append(_Piece(start, stop, track.track, fit.sync, score, fit.ci_ms, fit.fits, fit.offset, fit.offset_frames))
    return found


def _segment(
    first: int, last: int, speech: bool, pieces: Sequence[_Piece], tracks: Sequence[TrackResult], limits: Limits
) -> Segment:
    start_s, end_s = round(first / VIDEO_FPS, 2), round(last / VIDEO_FPS, 2)
    here = [piece for piece in pieces if piece.start <= first and last <= piece.stop]
    if not speech:
        return Segment(start_s, end_s, None, State.NO_SPEECH, reason=str(Reason.NO_SPEECH))
    if here:
        best = max(here, key=lambda piece: (piece.fits, piece.score, piece.sync.confidence))
        state = _state(best, limits)
        return Segment(
            start_s,
            end_s,
            best.track,
            state,
            offset_ms=round(best.offset * MS_PER_FRAME, 1) if best.fits else None,
            ci_ms=best.ci_ms if best.fits else None,
            confidence=round(best.sync.confidence, 3),
            min_dist=round(best.sync.min_dist, 3),
            score=round(best.score, 4),
            reason=str(_REASONS[state]) if state in _REASONS else None,
        )
    seen = [track for track in tracks if track.start < last and first < track.start + track.frames]
    unjudged = [track.reason for track in seen if track.reason is not None]
    return Segment(start_s, end_s, None, State.NOT_JUDGED, reason=str(unjudged[0]) if unjudged else OFF_SCREEN)


def _state(piece: _Piece, limits: Limits) -> State:
    if not piece.fits or piece.score < REFUTED_SHARE * limits.next_threshold:
        return State.NO_FIT
    if piece.score < limits.next_threshold:
        return State.NOT_JUDGED
    if limits.off_by(piece.offset_frames) <= limits.max_offset_frames:
        return State.IN_SYNC
    return State.EARLY if piece.offset_frames > limits.expected_offset_frames else State.LATE


def _runs(flags: np.ndarray) -> list[tuple[int, int]]:
    """Runs of true values with short gaps filled: first, and the one after the last."""
    filled = _filled(flags)
    edges = np.flatnonzero(np.diff(np.concatenate([[False], filled, [False]]).astype(np.int8)))
    return [(int(first), int(last)) for first, last in zip(edges[::2], edges[1::2], strict=True)]


def _filled(flags: np.ndarray) -> np.ndarray:
    """Flags with gaps of up to `PAUSE_FRAMES` between true values filled."""
    filled = np.array(flags, bool)
    where = np.flatnonzero(filled)
    for before, after in pairwise(where):
        if after - before <= PAUSE_FRAMES:
            filled[before:after] = True
    return filled


def _alike(one: Segment, other: Segment) -> bool:
    """Whether two segments differ in nothing but where they lie."""
    return replace(one, start_s=0.0, end_s=0.0) == replace(other, start_s=0.0, end_s=0.0)


def _without_crumbs(found: list[Segment]) -> list[Segment]:
    kept: list[Segment] = []
    for segment in found:
        if kept and (segment.seconds * VIDEO_FPS < SHORTEST_FRAMES or _alike(kept[-1], segment)):
            kept[-1] = replace(kept[-1], end_s=segment.end_s)
        else:
            kept.append(segment)
    return kept
