"""The report: one shape for command line, API and kiosk."""

from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from core.calibration import Calibration
from core.constants import MS_PER_FRAME, VIDEO_FPS
from core.limits import Limits
from core.media import Clip
from core.site_calibration import SiteFile
from core.sync.distances import SyncResult
from core.verdict import Decision, Reason, TrackResult, Verdict


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
    site: SiteFile | None = None
    """The file that score and thresholds come from; None: the embedded calibration."""

    @property
    def decision(self) -> Decision:
        """ALLOW, NEXT or BLOCK."""
        return self.verdict.decision

    @property
    def reason(self) -> Reason | None:
        """Why there is no score."""
        return self.verdict.reason

    def to_dict(self) -> dict[str, Any]:
        """The JSON document of DESIGN.md; metrics are null where nothing was judged. Numbers are finite."""
        sync = self.verdict.speaker.sync if self.verdict.speaker else None
        return {
            **_metrics(sync, self.verdict.score),
            "lag_ms": sync.offset_frames * MS_PER_FRAME if sync else None,
            "decision": str(self.decision),
            "reason": str(self.reason) if self.reason else None,
            "verified": self.model.verified and self.detector.verified,
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

    def _video(self) -> dict[str, Any]:
        return {
            "file": Path(self.clip.path).name,
            "duration_s": round(self.decoded_frames / VIDEO_FPS if self.decoded_frames else self.clip.duration_s or 0.0, 3),
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
