"""What was measured on each clip of a manifest, and decided of it."""

from dataclasses import asdict, dataclass
from typing import Any, Self

import numpy as np

from lipgate.core.constants import VIDEO_FPS
from lipgate.core.errors import LipgateError
from lipgate.core.evaluation.manifest import Entry
from lipgate.core.reasons import BY_SCORE, BY_THRESHOLDS
from lipgate.core.report import Report
from lipgate.core.sync.distances import SyncResult
from lipgate.core.verdict import Decision


@dataclass(frozen=True)
class Measured:
    """One scored clip."""

    duration_s: float
    fps: float | None
    """Of the source."""
    face_px: float | None
    """Mean size of the speaker's face, of the largest one where nobody was judged; None without a face."""
    reason: str | None
    """Why it was not allowed, where that is told; of what was not judged always, and the numbers are None then."""
    offset_frames: int | None = None
    confidence: float | None = None
    min_dist: float | None = None
    windows: int | None = None
    """Length of what was compared, in frames."""
    decision: str | None = None
    """What the report said. None: it follows from the numbers of the track alone."""
    reasons: tuple[str, ...] = ()
    """All that speak against ALLOW."""

    @classmethod
    def of(cls, report: Report) -> Self:
        """What a report says."""
        duration = report.decoded_frames / VIDEO_FPS if report.decoded_frames else report.clip.duration_s or 0.0
        speaker = report.verdict.speaker
        reason = str(report.reason) if report.reason else None
        decision, reasons = str(report.decision), tuple(map(str, report.verdict.reasons))
        if speaker is None or speaker.sync is None:
            face = max((track.face_px for track in report.tracks), default=None)
            return cls(duration, report.clip.fps, face, reason, decision=decision, reasons=reasons)
        sync = speaker.sync
        return cls(
            duration,
            report.clip.fps,
            speaker.face_px,
            reason,
            sync.offset_frames,
            sync.confidence,
            sync.min_dist,
            windows=len(sync.framewise_confidence),
            decision=decision,
            reasons=reasons,
        )

    @classmethod
    def from_dict(cls, fields: dict[str, Any]) -> Self:
        """What `to_dict` gave.

        Raises:
            KeyError, TypeError, ValueError: it did not.
        """
        found = cls(**{**fields, "reasons": tuple(map(str, fields["reasons"]))})
        numbers = (found.duration_s, found.fps, found.face_px, found.offset_frames, found.confidence, found.min_dist)
        if not np.isfinite([number for number in numbers if number is not None]).all():
            raise ValueError("not a number")
        missing = [number is None for number in (found.offset_frames, found.confidence, found.min_dist, found.windows)]
        if any(missing) and not (all(missing) and found.reason):
            raise ValueError("neither judged nor a reason")
        if found.decision not in (None, *map(str, Decision)):
            raise ValueError("no decision")
        return found

    def to_dict(self) -> dict[str, Any]:
        """For a line of JSON."""
        return asdict(self)

    @property
    def judged(self) -> bool:
        """Whether there are numbers."""
        return self.offset_frames is not None

    @property
    def ruled_out(self) -> bool:
        """Whether a rule beside the thresholds of score and offset spoke against ALLOW: a moved picture, a second face, a cut."""
        return self.judged and not BY_THRESHOLDS.issuperset(self.reasons)

    @property
    def given_away(self) -> bool:
        """Whether something speaks against ALLOW that no calibration takes back; lips and sound may well belong together."""
        return self.judged and not BY_SCORE.issuperset(self.reasons)

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
