"""What can be judged at all: why a track, or a whole video, gets a reason instead of numbers."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from lipgate.core.constants import VIDEO_FPS
from lipgate.core.limits import Limits
from lipgate.core.presence.findings import Finding
from lipgate.core.reasons import Reason
from lipgate.core.sync.distances import SyncResult
from lipgate.core.track_result import TrackResult

SILENT_PEAK = 33
"""Largest sample of a sound that counts as silent: -60 dB of full scale."""

MAX_LENGTH_GAP_S = 1.0
MAX_LENGTH_GAP_SHARE = 0.2
"""Picture and sound may differ in length by this much: by both, seconds and share of the longer one, to be a mismatch."""

CUT_FRAMES = 6
"""A face that is found so soon after a cut and lost so shortly before the next is there for the whole shot."""


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


_FURTHEST = [Reason.MOUTH_HIDDEN, Reason.NO_SPEECH, Reason.TOO_SHORT, Reason.FACE_TOO_SMALL]
"""Of several tracks' reasons the video takes the one of the track that came furthest."""


def clip_reason(tracks: Sequence[TrackResult], facts: ClipFacts, limits: Limits) -> Reason | None:
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
