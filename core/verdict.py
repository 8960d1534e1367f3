"""From measurements to a decision: by all of the video, never by its best part.

What cannot be judged gets a reason instead of numbers, and is never allowed. What can be judged is decided by the rules
below, one after the other; each may lower the decision for a reason it can name, none raises it. A genuine person told
BLOCK is the worst error: only sound that fits nowhere, over most of the speech, is one.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

import numpy as np

from lipgate.core.calibration import Calibration
from lipgate.core.constants import VIDEO_FPS
from lipgate.core.limits import Limits
from lipgate.core.presence.findings import Finding
from lipgate.core.reasons import Reason
from lipgate.core.sync.distances import SyncResult
from lipgate.core.timeline import Segment, State, segments, shares
from lipgate.core.track_result import TrackResult

SILENT_PEAK = 33
"""Largest sample of a sound that counts as silent: -60 dB of full scale."""

MAX_LENGTH_GAP_S = 1.0
MAX_LENGTH_GAP_SHARE = 0.2
"""Picture and sound may differ in length by this much: by both, seconds and share of the longer one, to be a mismatch."""

PERSON_AT_MOST_S = 60.0
"""`auto` takes a single shot of up to this length for one person who speaks to one camera."""

OTHER_FACE_FRAMES = VIDEO_FPS
OTHER_FACE_SHARE = 0.4
"""A second face could be the speaker from this long in view on, and from this share of the speaker's size on."""

CUT_FRAMES = 6
"""A face that is found so soon after a cut and lost so shortly before the next is there for the whole shot."""

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
class ClipFacts:
    """What is known of the whole clip at its end."""

    has_audio: bool
    video_frames: int
    audio_frames: int
    audio_peak: int
    shots: int = 1
    spoken: np.ndarray = field(default_factory=lambda: np.zeros(0, bool))
    """bool (frames,): whether somebody speaks."""
    findings: tuple[Finding, ...] = ()
    """What the checks of the whole picture and sound noticed."""
    cuts: tuple[int, ...] = ()
    """First frames of all shots but the first."""
    sound_passed_over: bool = False
    """A player plays another sound of the file, which is not silent."""
    picture_passed_over: bool = False
    """A player shows another picture of the file."""


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


def track_reason(
    frames: int, face_px: float, speech_s: float, hidden_share: float, sync: SyncResult | None, limits: Limits
) -> Reason | None:
    """Why a track is not judged, None where it is. The arguments are those of `TrackResult`."""
    if face_px < limits.min_face_px:
        return Reason.FACE_TOO_SMALL
    if frames < limits.min_track_frames:
        return Reason.TOO_SHORT
    if speech_s < limits.min_speech_s:
        return Reason.NO_SPEECH
    if hidden_share > limits.max_hidden_share:
        return Reason.MOUTH_HIDDEN
    return Reason.TOO_SHORT if sync is None else None


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
    reason = _clip_reason(tracks, facts, limits)
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


_FURTHEST = [Reason.MOUTH_HIDDEN, Reason.NO_SPEECH, Reason.TOO_SHORT, Reason.FACE_TOO_SMALL]
"""Of several tracks' reasons the video takes the one of the track that came furthest."""


def _clip_reason(tracks: Sequence[TrackResult], facts: ClipFacts, limits: Limits) -> Reason | None:
    """Why the whole video is not judged, None where at least one track is."""
    reasons = [track.reason for track in tracks]
    causes = [
        (Reason.NO_AUDIO, not facts.has_audio or facts.audio_frames == 0),
        (Reason.SILENT_AUDIO, facts.audio_peak < SILENT_PEAK),
        (Reason.TOO_SHORT, facts.video_frames < limits.min_track_frames),
        (Reason.NO_FACE, not tracks),
        (Reason.SHORT_SHOTS, None not in reasons and _cut_short(tracks, facts)),
        *[(reason, None not in reasons and reason in reasons) for reason in _FURTHEST],
        (Reason.LENGTH_MISMATCH, _lengths_differ(facts)),
    ]
    return next((reason for reason, applies in causes if applies), None)


def _cut_short(tracks: Sequence[TrackResult], facts: ClipFacts) -> bool:
    """Whether faces are in view for too short a time because the shots are: no track came further, and one fills its shot."""
    if any(track.reason in (Reason.MOUTH_HIDDEN, Reason.NO_SPEECH) for track in tracks):
        return False
    starts = np.array([0, *facts.cuts])
    stops = np.array([*facts.cuts, facts.video_frames])
    return len(starts) > 1 and any(
        track.reason is Reason.TOO_SHORT
        and ((starts - track.start <= 0) & (track.start - starts <= CUT_FRAMES) & (abs(stops - track.stop) <= CUT_FRAMES)).any()
        for track in tracks
    )


def _lengths_differ(facts: ClipFacts) -> bool:
    gap = abs(facts.video_frames - facts.audio_frames)
    longer = max(facts.video_frames, facts.audio_frames)
    return gap > MAX_LENGTH_GAP_S * VIDEO_FPS and gap > MAX_LENGTH_GAP_SHARE * longer
