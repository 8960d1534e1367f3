"""From measurements to a decision: by all of the video, never by its best part.

What cannot be judged gets a reason instead of numbers, and is never allowed. What can be judged is decided by the rules
below, one after the other; each may lower the decision for a reason it can name, none raises it. A genuine person told
BLOCK is the worst error: only sound that fits nowhere, over most of the speech, is one.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum

import numpy as np

from lipgate.core.calibration import Calibration
from lipgate.core.constants import VIDEO_FPS
from lipgate.core.judgeable import ClipFacts, clip_reason
from lipgate.core.limits import Limits
from lipgate.core.presence.findings import Finding
from lipgate.core.reasons import Reason
from lipgate.core.sync.distances import SyncResult
from lipgate.core.timeline import Segment, State, segments, shares
from lipgate.core.track_result import TrackResult

PERSON_AT_MOST_S = 60.0
"""`auto` takes a single shot of up to this length for one person who speaks to one camera."""

OTHER_FACE_FRAMES = VIDEO_FPS
OTHER_FACE_SHARE = 0.4
"""A second face could be the speaker from this long in view on, and from this share of the speaker's size on."""

BLOCK_SHARE = 0.5
"""Share of the speech that fits nowhere from which on a video is blocked."""

MEDIA_JUDGED_SHARE = 0.5
MEDIA_IN_SYNC_SHARE = 0.9
"""A film is allowed if so much of its speech can be judged, and so much of that is in sync."""


class Decision(StrEnum):
    """What to do with the person in front of the camera."""

    ALLOW = "ALLOW"
    """In sync, all of it."""
    NEXT = "NEXT"
    """In doubt, or not to be judged: try again."""
    BLOCK = "BLOCK"
    """Not in sync."""


class Profile(StrEnum):
    """What kind of video the rules expect."""

    PERSON = "person"
    """One person speaks to one camera."""
    MEDIA = "media"
    """A film, a dub, a talk with cuts: several faces, shots and voices."""


@dataclass(frozen=True)
class Verdict:
    """The answer for a video."""

    decision: Decision
    reason: Reason | None
    """The one that decided; None only with ALLOW."""
    speaker: TrackResult | None
    """The track with most speech that fits; None where nothing was judged."""
    score: float | None
    """Of the speaker's whole track, or of what lowered it."""
    reasons: tuple[Reason, ...] = ()
    """All that speak against ALLOW, the one that decided first."""
    profile: Profile = Profile.PERSON
    segments: tuple[Segment, ...] = ()
    findings: tuple[Finding, ...] = ()
    """What was noticed in the picture and sound of the clip and of the speaker's face, whether it counts or is told only."""
    worst_score: float | None = None
    """Of the speaker's worst two seconds, at the offset of the whole."""

    @property
    def judged(self) -> bool:
        """Whether something was measured."""
        return self.speaker is not None

    @property
    def fits(self) -> bool:
        """Whether what is heard is what these lips say, early or late perhaps."""
        return self.decision is Decision.ALLOW or Reason.OUT_OF_SYNC in self.reasons

    @property
    def shares(self) -> dict[str, float]:
        """Share of the speech in each state."""
        return shares(self.segments)


def judge(tracks: Sequence[TrackResult], facts: ClipFacts, calibration: Calibration, limits: Limits) -> Verdict:
    """Decide on a video.

    Args:
        tracks: all face tracks, also those that were not judged.
        facts: of the clip.
        calibration: of the sync model.
        limits: thresholds and profile.
    """
    profile = profile_of(facts, limits)
    laid_out = segments(tracks, facts.spoken, calibration, limits)
    reason = clip_reason(tracks, facts, limits)
    if reason is not None:
        return Verdict(Decision.NEXT, reason, None, None, (reason,), profile, laid_out)
    speaker = _speaker(tracks, laid_out, calibration)
    assert speaker.sync is not None  # noqa: S101
    case = _Case(speaker, speaker.sync, tracks, facts, calibration, limits, laid_out)
    rulings = list(_of_person(case) if profile is Profile.PERSON else _of_media(case))
    worst = min((ruling for ruling in rulings), key=lambda ruling: _SEVERITY[ruling.decision], default=None)
    reasons = tuple(dict.fromkeys(ruling.reason for ruling in sorted(rulings, key=lambda ruling: _SEVERITY[ruling.decision])))
    return Verdict(
        worst.decision if worst else Decision.ALLOW,
        worst.reason if worst else None,
        speaker,
        calibration.score(speaker.sync),
        reasons,
        profile,
        laid_out,
        (*facts.findings, *speaker.findings),
        case.worst_score,
    )


def profile_of(facts: ClipFacts, limits: Limits) -> Profile:
    """The profile asked for; `auto` is `person` for a single shot of up to a minute."""
    if limits.profile != "auto":
        return Profile(limits.profile)
    one_shot = facts.shots <= 1 and facts.video_frames <= PERSON_AT_MOST_S * VIDEO_FPS
    return Profile.PERSON if one_shot else Profile.MEDIA


def decide(score: float, offset_frames: int, limits: Limits) -> Decision:
    """The thresholds of one judged stretch."""
    if score >= limits.allow_threshold and limits.off_by(offset_frames) <= limits.max_offset_frames:
        return Decision.ALLOW
    return Decision.NEXT if score >= limits.next_threshold else Decision.BLOCK


_SEVERITY = {Decision.BLOCK: 0, Decision.NEXT: 1, Decision.ALLOW: 2}


@dataclass(frozen=True)
class _Ruling:
    """What one rule says against ALLOW."""

    decision: Decision
    reason: Reason


@dataclass(frozen=True)
class _Case:
    """All that the rules look at."""

    speaker: TrackResult
    sync: SyncResult
    tracks: Sequence[TrackResult]
    facts: ClipFacts
    calibration: Calibration
    limits: Limits
    segments: tuple[Segment, ...]

    @property
    def worst_score(self) -> float | None:
        """Least score of two seconds of the speaker at the offset of the whole."""
        return min((self.calibration.score(window.kept) for window in self.speaker.over_time.windows), default=None)


def _of_person(case: _Case) -> Iterator[_Ruling]:
    """One face, one shot, all of the speech; the whole fits, and so does the worst of it."""
    yield from _whole(case)
    yield from _picture(case)
    course = case.speaker.over_time.course
    if course.changes or course.drift_ms_per_min is not None:
        yield _Ruling(Decision.NEXT, Reason.SOUND_MOVES)
    worst = case.worst_score
    if worst is not None and worst < case.limits.worst_threshold:
        yield _Ruling(Decision.NEXT, Reason.PART_NO_FIT)
    if case.facts.shots > 1:
        yield _Ruling(Decision.NEXT, Reason.SHOT_CHANGES)
    if _other_faces(case):
        yield _Ruling(Decision.NEXT, Reason.SEVERAL_FACES)
    if _seen_share(case) < case.limits.min_seen_share:
        followed = any(track is not case.speaker and track.stop - track.start >= OTHER_FACE_FRAMES for track in case.tracks)
        yield _Ruling(Decision.NEXT, Reason.FACE_CHANGES if followed else Reason.PART_UNSEEN)


def _of_media(case: _Case) -> Iterator[_Ruling]:
    """Every stretch of speech counts for itself; what is off screen is not held against the film."""
    spoken = shares(case.segments)
    judged = 1 - spoken[State.NOT_JUDGED] if any(spoken.values()) else 0.0
    yield from _picture(case)
    if spoken[State.NO_FIT] >= BLOCK_SHARE * judged and judged > 0:
        yield _Ruling(Decision.BLOCK, Reason.NO_FIT)
    elif spoken[State.NO_FIT] > (1 - MEDIA_IN_SYNC_SHARE) * judged:
        yield _Ruling(Decision.NEXT, Reason.PART_NO_FIT)
    shifted = spoken[State.LATE] + spoken[State.EARLY]
    if shifted > (1 - MEDIA_IN_SYNC_SHARE) * judged:
        yield _Ruling(Decision.NEXT, Reason.PART_OUT_OF_SYNC if spoken[State.IN_SYNC] else Reason.OUT_OF_SYNC)
    if judged < MEDIA_JUDGED_SHARE:
        yield _Ruling(Decision.NEXT, Reason.PART_UNSEEN)
    best = max((segment.score for segment in case.segments if segment.score is not None), default=0.0)
    if best < case.limits.allow_threshold:
        yield _Ruling(Decision.NEXT, Reason.IN_DOUBT)


def _whole(case: _Case) -> Iterator[_Ruling]:
    score = case.calibration.score(case.sync)
    decision = decide(score, case.sync.offset_frames, case.limits)
    if decision is Decision.ALLOW:
        return
    if decision is Decision.BLOCK:
        # A part that fits well speaks for a person who is there: the whole is then in doubt, not refuted.
        foreign = shares(case.segments)[State.NO_FIT]
        if case.speaker.over_time.agree(case.sync.offset_frames):
            yield _Ruling(Decision.NEXT, Reason.LOOSE_FIT)
        elif foreign >= BLOCK_SHARE:
            yield _Ruling(Decision.BLOCK, Reason.NO_FIT)
        else:
            yield _Ruling(Decision.NEXT, Reason.PART_NO_FIT if foreign else Reason.IN_DOUBT)
    elif case.limits.off_by(case.sync.offset_frames) > case.limits.max_offset_frames:
        yield _Ruling(Decision.NEXT, Reason.OUT_OF_SYNC)
    else:
        yield _Ruling(Decision.NEXT, Reason.IN_DOUBT)


def _picture(case: _Case) -> Iterator[_Ruling]:
    if case.facts.sound_passed_over:
        yield _Ruling(Decision.NEXT, Reason.SEVERAL_SOUNDS)
    if case.facts.picture_passed_over:
        yield _Ruling(Decision.NEXT, Reason.SEVERAL_PICTURES)
    for finding in (*case.facts.findings, *case.speaker.findings):
        if finding.counts:
            yield _Ruling(Decision.NEXT, Reason(str(finding.cause)))


def _other_faces(case: _Case) -> bool:
    """Whether another face is in view beside the speaker, long and large enough to be the one who speaks."""
    speaker = case.speaker
    for track in case.tracks:
        if track is speaker or track.face_px < OTHER_FACE_SHARE * speaker.face_px:
            continue
        together = min(track.stop, speaker.stop) - max(track.start, speaker.start)
        if together >= OTHER_FACE_FRAMES:
            return True
    return False


def _seen_share(case: _Case) -> float:
    """Share of the speech during which the speaker is in view."""
    spoken = case.facts.spoken
    heard = float(spoken.sum())
    return float(spoken[case.speaker.start : case.speaker.stop].sum()) / heard if heard else 1.0


def _speaker(tracks: Sequence[TrackResult], laid_out: Sequence[Segment], calibration: Calibration) -> TrackResult:
    """The track with most speech that fits; where none does, the one that fits best."""
    judged = [track for track in tracks if track.reason is None and track.sync is not None]
    seconds = {
        track.track: sum(
            segment.seconds
            for segment in laid_out
            if segment.track == track.track and segment.state in (State.IN_SYNC, State.LATE, State.EARLY)
        )
        for track in judged
    }
    return max(judged, key=lambda track: (seconds[track.track], calibration.evidence(track.sync) if track.sync else -np.inf))
