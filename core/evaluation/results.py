"""What was measured on each clip of a manifest, without any threshold: it can be judged again by others."""

from dataclasses import asdict, dataclass
from typing import Any, Self

import numpy as np

from lipgate.core.constants import VIDEO_FPS
from lipgate.core.errors import LipgateError
from lipgate.core.evaluation.manifest import Entry
from lipgate.core.reasons import BY_THRESHOLDS
from lipgate.core.report import Report
from lipgate.core.sync.distances import SyncResult


@dataclass(frozen=True)
class Measured:
    """One scored clip."""

    duration_s: float
    fps: float | None
    """Of the source."""
    face_px: float | None
    """Mean size of the speaker's face, of the largest one where nobody was judged; None without a face."""
    reason: str | None
    """Why it was not judged; the rest is None then."""
    offset_frames: int | None = None
    confidence: float | None = None
    min_dist: float | None = None
    windows: int | None = None
    """Length of what was compared, in frames."""
    against: str | None = None
    """Rule beside the thresholds of score and offset that spoke against ALLOW: a part that does not fit, a second face, ..."""

    @classmethod
    def of(cls, report: Report) -> Self:
        """What a report says."""
        duration = report.decoded_frames / VIDEO_FPS if report.decoded_frames else report.clip.duration_s or 0.0
        speaker = report.verdict.speaker
        if speaker is None or speaker.sync is None:
            face = max((track.face_px for track in report.tracks), default=None)
            return cls(duration, report.clip.fps, face, str(report.reason))
        sync = speaker.sync
        windows = len(sync.framewise_confidence)
        against = next((str(reason) for reason in report.verdict.reasons if reason not in BY_THRESHOLDS), None)
        measured = (sync.offset_frames, sync.confidence, sync.min_dist, windows)
        return cls(duration, report.clip.fps, speaker.face_px, None, *measured, against)

    @classmethod
    def from_dict(cls, fields: dict[str, Any]) -> Self:
        """What `to_dict` gave.

        Raises:
            TypeError, ValueError: it did not.
        """
        found = cls(**fields)
        numbers = (found.duration_s, found.fps, found.face_px, found.offset_frames, found.confidence, found.min_dist)
        if not np.isfinite([number for number in numbers if number is not None]).all():
            raise ValueError("not a number")
        if (found.reason is None) != (None not in (found.offset_frames, found.confidence, found.min_dist, found.windows)):
            raise ValueError("neither judged nor a reason")
        return found

    def to_dict(self) -> dict[str, Any]:
        """For a line of JSON."""
        return asdict(self)

    @property
    def sync(self) -> SyncResult | None:
        """What a calibration needs: the curve is not kept, only the length of the confidence over time."""
        if self.offset_frames is None or self.confidence is None or self.min_dist is None or self.windows is None:
            return None
        return SyncResult(self.offset_frames, self.confidence, self.min_dist, np.empty(0), np.zeros(self.windows))


@dataclass(frozen=True)
class Result:
    """What became of one clip: measured, or failed."""

    entry: Entry
    measured: Measured | None = None
    error: LipgateError | None = None
