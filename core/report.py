"""The report: one shape for command line, API and kiosk."""

from dataclasses import asdict, dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

from lipgate.core import __version__
from lipgate.core.calibration import Calibration
from lipgate.core.candidates import Heard, described
from lipgate.core.constants import MS_PER_FRAME, VIDEO_FPS
from lipgate.core.film import Change, changes
from lipgate.core.limits import Limits
from lipgate.core.media import Clip
from lipgate.core.media.tracks import Kind
from lipgate.core.reasons import Reason
from lipgate.core.site_calibration import SiteFile
from lipgate.core.speakers import JOINED_BY, speakers
from lipgate.core.sync.distances import SyncResult
from lipgate.core.timeline import shares
from lipgate.core.timeline import worst as worst_segment
from lipgate.core.track_result import TrackResult
from lipgate.core.verdict import Decision, Verdict

SCHEMA = 2
"""Of the JSON document. 2: the whole video is judged; fields since 1 kept their names and meaning, `lag_ms` is measured."""

AUTHENTICITY_REFUSED, AUTHENTICITY_NOT_ASSESSED = "refused", "not_assessed"
"""What a report says of the picture being genuine: that something speaks against it, or nothing at all."""


@dataclass(frozen=True)
class ModelInfo:
    """Which weights were used."""

    name: str
    version: str
    sha256: str
    verified: bool
    """False: not the file the manifest knows, but one the operator allowed."""


@dataclass(frozen=True)
class Report:
    """All that is known of one scored video."""

    clip: Clip
    decoded_frames: int
    verdict: Verdict
    tracks: list[TrackResult]
    """In order of appearance; also those that were not judged."""
    calibration: Calibration
    model: ModelInfo
    detector: ModelInfo
    device: str
    limits: Limits
    """What it was judged by."""
    processing_time_ms: int
    timings_ms: dict[str, float] = field(default_factory=dict)
    """Time in each stage, by name."""
    sound_s: float = 0.0
    """How long the decoded sound is."""
    site: SiteFile | None = None
    """The file that score and thresholds come from; None: the embedded calibration."""
    heard: dict[int, Heard] = field(default_factory=dict)
    """What a first look found in each sound, by number, where there were several to choose from."""

    cuts: tuple[int, ...] = ()
    """First frame, at 25 fps, of each shot but the first."""

    @property
    def decision(self) -> Decision:
        """ALLOW, NEXT or BLOCK."""
        return self.verdict.decision

    @property
    def reason(self) -> Reason | None:
        """The one that decided; None with ALLOW."""
        return self.verdict.reason

    @property
    def judged(self) -> bool:
        """Whether something was measured."""
        return self.verdict.judged

    @property
    def _weights_verified(self) -> bool:
        return self.model.verified and self.detector.verified

    def to_dict(self) -> dict[str, Any]:
        """The JSON document of DESIGN.md; metrics are null where nothing was judged. Numbers are finite."""
        sync = self.verdict.speaker.sync if self.verdict.speaker else None
        return {
            **_metrics(sync, self.verdict.score),
            "lag_ms": round(sync.offset * MS_PER_FRAME, 1) if sync else None,
            "decision": str(self.decision),
            "reason": str(self.reason) if self.reason else None,
            "reasons": [str(reason) for reason in self.verdict.reasons],
            "schema": SCHEMA,
            "version": __version__,
            "profile": str(self.verdict.profile),
            "limits": asdict(self.limits),
            "segments": self._segments(),
            "summary": self._summary(),
            "speakers": self._speakers(),
            "speakers_joined_by": JOINED_BY,
            "offset_changes": self._offset_changes(),
            "drift_ms_per_min": self._drift(),
            "cuts_s": [round(cut / VIDEO_FPS, 2) for cut in self.cuts],
            "picture": self._picture(),
            "sound_tracks": described(self.clip, Kind.SOUND, self.heard),
            "picture_tracks": described(self.clip, Kind.PICTURE, self.heard),
            "verified": self._weights_verified,
            "weights_verified": self._weights_verified,
            "processing_time_ms": self.processing_time_ms,
            "model": asdict(self.model),
            "detector": asdict(self.detector),
            "calibration": self.site.origin() if self.site else {"origin": "embedded"},
            "device": self.device,
            "video": self._video(),
            "debug": {
                "num_results": sum(track.reason is None for track in self.tracks),
                "speaker_track": self.verdict.speaker.track if self.verdict.speaker else None,
                "all_results": [self._track(track) for track in self.tracks],
                "timings_ms": {name: round(value, 1) for name, value in self.timings_ms.items()},
            },
        }

    def _picture(self) -> dict[str, Any]:
        findings = self.verdict.findings
        refused = any(finding.counts for finding in findings)
        return {
            "authenticity": AUTHENTICITY_REFUSED if refused else AUTHENTICITY_NOT_ASSESSED,
            "findings": [
                {
                    "code": str(finding.code),
                    "start_s": round(finding.start_s, 2),
                    "end_s": round(finding.end_s, 2),
                    "value": round(finding.value, 4),
                    "threshold": round(finding.threshold, 4),
                    "counts": finding.counts,
                    "words": finding.words,
                }
                for finding in findings
            ],
        }

    def _summary(self) -> dict[str, Any]:
        worst = self.verdict.worst_score
        return {
            "shares": {state: round(share, 4) for state, share in self.verdict.shares.items()},
            "worst_score": None if worst is None else round(worst, 4),
            "worst_segment": worst_segment(self.verdict.segments),
            "drift_ms_per_min": self._drift(),
        }

    @cached_property
    def offset_changes(self) -> list[Change]:
        """Steps of the offset, in order."""
        return changes(self.tracks, self.verdict.speaker, self.verdict.segments, self.cuts)

    @cached_property
    def _speaker_of(self) -> dict[int, int]:
        return speakers(self.tracks, self.cuts)

    def _segments(self) -> list[dict[str, Any]]:
        return [
            {
                **asdict(segment),
                "state": str(segment.state),
                "speaker": None if segment.track is None else self._speaker_of[segment.track],
            }
            for segment in self.verdict.segments
        ]

    def _speakers(self) -> list[dict[str, Any]]:
        found = []
        for number in sorted(set(self._speaker_of.values())):
            own = [track for track in self.tracks if self._speaker_of[track.track] == number]
            mine = [one for one in self.verdict.segments if one.track is not None and self._speaker_of[one.track] == number]
            found.append(
                {
                    "speaker": number,
                    "tracks": [track.track for track in own],
                    "start_s": round(min(track.start for track in own) / VIDEO_FPS, 2),
                    "end_s": round(max(track.stop for track in own) / VIDEO_FPS, 2),
                    "speech_s": round(sum(one.seconds for one in mine), 2),
                    "shares": {state: round(share, 4) for state, share in shares(mine).items()},
                }
            )
        return found

    def _offset_changes(self) -> list[dict[str, Any]]:
        return [
            {
                "time_s": round(change.frame / VIDEO_FPS, 2),
                "from_frames": change.before_frames,
                "to_frames": change.after_frames,
            }
            for change in self.offset_changes
        ]

    def _drift(self) -> float | None:
        speaker = self.verdict.speaker
        drift = speaker.over_time.course.drift_ms_per_min if speaker else None
        return None if drift is None else round(drift, 1)

    def _video(self) -> dict[str, Any]:
        return {
            "file": Path(self.clip.path).name,
            "duration_s": round(self.decoded_frames / VIDEO_FPS if self.decoded_frames else self.clip.duration_s or 0.0, 3),
            "sound_s": round(self.sound_s, 3),
            "fps": self.clip.fps,
            "width": self.clip.width,
            "height": self.clip.height,
            "sha256": self.clip.sha256,
        }

    def _track(self, track: TrackResult) -> dict[str, Any]:
        sync = track.sync if track.reason is None else None
        return {
            "track": track.track,
            "start_s": round(track.start / VIDEO_FPS, 2),
            "end_s": round((track.start + track.frames) / VIDEO_FPS, 2),
            "box": _rounded(np.median(track.boxes, axis=0) * (self.clip.width / self.clip.decoded_size[0]), 1),
            "face_px": round(track.face_px, 1),
            "speech_s": round(track.speech_s, 2),
            "hidden_share": round(track.hidden_share, 2),
            "reason": str(track.reason) if track.reason else None,
            **_metrics(sync, self.calibration.score(sync) if sync else None),
            "curve": _rounded(sync.curve, 4) if sync else None,
            "framewise_confidence": _rounded(sync.framewise_confidence, 3) if sync else None,
        }


def _metrics(sync: SyncResult | None, score: float | None) -> dict[str, Any]:
    if sync is None or score is None:
        return {"offset_frames": None, "confidence": None, "min_dist": None, "score": None}
    return {
        "offset_frames": sync.offset_frames,
        "confidence": round(sync.confidence, 4),
        "min_dist": round(sync.min_dist, 4),
        "score": round(score, 4),
    }


def _rounded(values: np.ndarray, digits: int) -> list[float]:
    return [round(float(value), digits) for value in values]
