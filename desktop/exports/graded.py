"""The timeline of a report as whoever accepts a file reads it: each stretch with its severity and a sentence."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from lipgate.core.report import Report
from lipgate.core.timeline import Segment, State
from lipgate.core.tolerance import Severity, Tolerance

_BY_STATE: dict[State, Severity | None] = {
    State.IN_SYNC: Severity.PASS,
    State.LATE: Severity.ISSUE,
    State.EARLY: Severity.ISSUE,
    State.NO_FIT: Severity.ISSUE,
    State.NOT_JUDGED: Severity.NOT_JUDGED,
    State.NO_SPEECH: None,
}
"""By the limits the report was judged by. A tolerance grades offsets; sound that fits at no shift is an issue in any case."""


@dataclass(frozen=True)
class Graded:
    """A stretch with what is made of it."""

    segment: Segment
    severity: Severity | None
    """None: nobody speaks."""

    @property
    def found(self) -> bool:
        """Whether it is something to look at."""
        return self.severity in (Severity.ISSUE, Severity.BLOCKER)

    @property
    def words(self) -> str:
        """The stretch in a few words: "sound 240 ms late (±8 ms)"."""
        return said(self.segment)


def graded(report: Report, tolerance: Tolerance | None = None) -> list[Graded]:
    """All stretches of a report in order.

    Args:
        report: what was measured.
        tolerance: what grades offsets; the report's own limits by default.
    """
    return [Graded(one, _severity(one, tolerance)) for one in report.verdict.segments]


def _severity(segment: Segment, tolerance: Tolerance | None) -> Severity | None:
    measured = segment.state in (State.IN_SYNC, State.LATE, State.EARLY)
    if tolerance is None or not measured or segment.offset_ms is None:
        return _BY_STATE[segment.state]
    return tolerance.grade(segment.offset_ms)


def overall(stretches: Sequence[Graded], tolerance: Tolerance) -> Severity:
    """The severity of the file: that of its worst stretch, or blocker where most of what could be judged is out of tolerance."""
    judged = [one for one in stretches if one.severity in (Severity.PASS, Severity.ISSUE, Severity.BLOCKER)]
    length = sum(one.segment.seconds for one in judged)
    wrong = sum(one.segment.seconds for one in judged if one.found)
    if not judged:
        return Severity.NOT_JUDGED
    if any(one.severity is Severity.BLOCKER for one in judged) or wrong > tolerance.most_share * length:
        return Severity.BLOCKER
    return Severity.ISSUE if wrong else Severity.PASS


def told(report: Report, tolerance: Tolerance) -> dict[str, Any]:
    """The field `tolerance` of a JSON document: what was asked for, the severity of the file and of each segment."""
    stretches = graded(report, tolerance)
    return {
        "name": tolerance.name,
        "issue_ms": [tolerance.issue.early_ms, tolerance.issue.late_ms],
        "blocker_ms": [tolerance.blocker.early_ms, tolerance.blocker.late_ms] if tolerance.blocker else None,
        "severity": str(overall(stretches, tolerance)),
        "segments": [str(one.severity) if one.severity else None for one in stretches],
    }


def said(segment: Segment) -> str:
    """A stretch in a few words."""
    if segment.state is State.NO_SPEECH:
        return "no speech"
    if segment.state is State.NOT_JUDGED:
        return f"not judged: {segment.reason}"
    if segment.offset_ms is None:
        return "the sound fits at no shift"
    if segment.state is State.NO_FIT:
        return f"the sound does not fit; best {_when(segment.offset_ms)}"
    interval = f" (±{segment.ci_ms:.0f} ms)" if segment.ci_ms is not None else ""
    return f"sound {_when(segment.offset_ms)}{interval}"


def _when(offset_ms: float) -> str:
    if round(offset_ms) == 0:
        return "in time"
    return f"{abs(offset_ms):.0f} ms {'early' if offset_ms > 0 else 'late'}"
