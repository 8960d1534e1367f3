"""Which clips are kept, which are shifted first, and which are dropped."""

from dataclasses import dataclass
from enum import StrEnum

from lipgate.core.report import Report
from lipgate.core.track_result import TrackResult

MIN_CONFIDENCE = {"syncnet": 3.0}
"""As people who train talking heads have it (LatentSync): less is no match."""

MIN_SCORE = 0.5
"""For `mini`, whose confidence is another scale: its score says how likely it is that lips and sound belong together."""

MAX_OFFSET_FRAMES = 6


class Action(StrEnum):
    """What becomes of a clip."""

    KEEP = "keep"
    SHIFT = "shift"
    """Kept with its sound moved to where it belongs."""
    DROP = "drop"


@dataclass(frozen=True)
class Rules:
    """What a clip is held to. None: not asked."""

    min_confidence: float | None = None
    min_score: float | None = None
    max_offset_frames: int = MAX_OFFSET_FRAMES
    shift: bool = True
    """Move the sound of what lies within `max_offset_frames`, so that the offset is 0; else keep it as it is."""

    @classmethod
    def for_model(cls, model: str, **given: float | None) -> "Rules":
        """Those given; where neither confidence nor score is, the default of the model."""
        if given.get("min_confidence") is None and given.get("min_score") is None:
            usual = MIN_CONFIDENCE.get(model)
            given |= {"min_confidence": usual} if usual is not None else {"min_score": MIN_SCORE}
        return cls(**given)  # type: ignore[arg-type]

    def choose(self, report: Report) -> tuple[Action, str]:
        """What becomes of a clip, and the rule that said so, in words."""
        speaker = report.verdict.speaker
        if speaker is None or speaker.sync is None:
            return Action.DROP, f"not judged: {report.reason}"
        if against := self._against(report, speaker):
            return Action.DROP, against
        offset = speaker.sync.offset_frames
        if offset == 0 or not self.shift:
            return Action.KEEP, f"offset {offset:+d}"
        return Action.SHIFT, f"offset {offset:+d} taken out"

    def _against(self, report: Report, speaker: TrackResult) -> str | None:
        """Why a clip is dropped."""
        sync = speaker.sync
        assert sync is not None  # noqa: S101
        score = report.calibration.score(sync)
        if self.min_confidence is not None and sync.confidence < self.min_confidence:
            return f"confidence {sync.confidence:.2f} below {self.min_confidence:g}"
        if self.min_score is not None and score < self.min_score:
            return f"score {score:.3f} below {self.min_score:g}"
        if abs(sync.offset_frames) > self.max_offset_frames:
            return f"offset {sync.offset_frames:+d} beyond {self.max_offset_frames} frames"
        if report.offset_changes or speaker.over_time.course.drift_ms_per_min is not None:
            return "the offset steps or drifts: no one shift puts it right"
        return None
