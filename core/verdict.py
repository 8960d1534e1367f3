"""From measurements to a decision. What cannot be judged gets a reason instead of numbers, and is never allowed."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

import numpy as np

from core.calibration import Calibration
from core.constants import VIDEO_FPS
from core.limits import Limits
from core.sync.distances import SyncResult

SILENT_PEAK = 33
"""Largest sample of a sound that counts as silent: -60 dB of full scale."""

MAX_LENGTH_GAP_S = 1.0
MAX_LENGTH_GAP_SHARE = 0.2
"""Picture and sound may differ in length by this much: by both, seconds and share of the longer one, to be a mismatch."""


class Decision(StrEnum):
    """What to do with the person in front of the camera."""

    ALLOW = "ALLOW"
    """In sync."""
    NEXT = "NEXT"
    """In doubt, or not to be judged: try again."""
    BLOCK = "BLOCK"
    """Not in sync."""


class Reason(StrEnum):
    """Why a video or a track was not judged."""

    NO_AUDIO = "no_audio"
    SILENT_AUDIO = "silent_audio"
    NO_FACE = "no_face"
    FACE_TOO_SMALL = "face_too_small"
    TOO_SHORT = "too_short"
    NO_SPEECH = "no_speech"
    MOUTH_HIDDEN = "mouth_hidden"
    LENGTH_MISMATCH = "length_mismatch"

    @property
    def text(self) -> str:
        """The reason in a sentence."""
        return _TEXTS[self]


_TEXTS = {
    Reason.NO_AUDIO: "The video has no sound.",
    Reason.SILENT_AUDIO: "The sound is silent.",
    Reason.NO_FACE: "No face was found.",
    Reason.FACE_TOO_SMALL: "The face is too small to see the lips.",
    Reason.TOO_SHORT: "The face is not in view for long enough.",
    Reason.NO_SPEECH: "There is too little speech while a face is in view.",
    Reason.MOUTH_HIDDEN: "The mouth is hidden, by a mask or a hand for example.",
    Reason.LENGTH_MISMATCH: "Picture and sound are of very different length.",
}

_HARDEST = [Reason.MOUTH_HIDDEN, Reason.NO_SPEECH, Reason.FACE_TOO_SMALL, Reason.TOO_SHORT]
"""Of several tracks' reasons the video takes the one of the track that came furthest."""


@dataclass(frozen=True)
class TrackResult:
    """What was measured on one face track."""

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
    """None where the shifts could not be compared."""
    reason: Reason | None
    """Why it was not judged."""
    hidden_share: float = 0.0
    """Share of its time with the mouth hidden, 0 to 1."""


@dataclass(frozen=True)
class ClipFacts:
    """What is known of the whole clip at its end."""

    has_audio: bool
    video_frames: int
    audio_frames: int
    audio_peak: int


@dataclass(frozen=True)
class Verdict:
    """The answer for a video."""

    decision: Decision
    reason: Reason | None
    speaker: TrackResult | None
    """The best-synchronised track; None where nothing was judged."""
    score: float | None


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
        limits: thresholds.
    """
    reason = _clip_reason(tracks, facts, limits)
    if reason is not None:
        return Verdict(Decision.NEXT, reason, None, None)
    judged = [track for track in tracks if track.reason is None and track.sync is not None]
    speaker = max(judged, key=lambda track: calibration.evidence(track.sync) if track.sync else -np.inf)
    assert speaker.sync is not None  # noqa: S101
    score = calibration.score(speaker.sync)
    return Verdict(decide(score, speaker.sync.offset_frames, limits), None, speaker, score)


def decide(score: float, offset_frames: int, limits: Limits) -> Decision:
    """The thresholds of a judged video."""
    if score >= limits.allow_threshold and limits.off_by(offset_frames) <= limits.max_offset_frames:
        return Decision.ALLOW
    return Decision.NEXT if score >= limits.next_threshold else Decision.BLOCK


def _clip_reason(tracks: Sequence[TrackResult], facts: ClipFacts, limits: Limits) -> Reason | None:
    """Why the whole video is not judged, None where at least one track is."""
    reasons = [track.reason for track in tracks]
    causes = [
        (Reason.NO_AUDIO, not facts.has_audio or facts.audio_frames == 0),
        (Reason.SILENT_AUDIO, facts.audio_peak < SILENT_PEAK),
        (Reason.TOO_SHORT, facts.video_frames < limits.min_track_frames),
        (Reason.NO_FACE, not tracks),
        *[(reason, None not in reasons and reason in reasons) for reason in _HARDEST],
        (Reason.LENGTH_MISMATCH, _lengths_differ(facts)),
    ]
    return next((reason for reason, applies in causes if applies), None)


def _lengths_differ(facts: ClipFacts) -> bool:
    gap = abs(facts.video_frames - facts.audio_frames)
    longer = max(facts.video_frames, facts.audio_frames)
    return gap > MAX_LENGTH_GAP_S * VIDEO_FPS and gap > MAX_LENGTH_GAP_SHARE * longer
