"""Results as tables on the terminal."""

from typing import TYPE_CHECKING

from rich.table import Table
from rich.text import Text

from lipgate.core.constants import MS_PER_FRAME
from lipgate.core.reasons import Reason
from lipgate.core.timeline import State
from lipgate.core.tolerance import Severity, Tolerance
from lipgate.core.track_result import TrackResult
from lipgate.core.verdict import Decision, Profile
from lipgate.desktop.exports.graded import Graded, graded, overall
from lipgate.desktop.outcome import FileOutcome
from lipgate.handlers.commands.printing import show

if TYPE_CHECKING:
    from lipgate.core.limits import Limits
    from lipgate.core.report import Report
    from lipgate.core.site_calibration import SiteFile

STYLES = {Decision.ALLOW: "bold green", Decision.NEXT: "bold yellow", Decision.BLOCK: "bold red"}

_NOT_JUDGED = "-"

MATCH_SCORE = 0.5
"""Below this score the best shift is no better than chance, and nothing is said of early or late."""


def say_offset(offset_frames: int) -> str:
    """An offset in plain words."""
    if offset_frames == 0:
        return "sound in time"
    return f"sound {abs(offset_frames) * MS_PER_FRAME:.0f} ms {'early' if offset_frames > 0 else 'late'}"


def print_outcomes(outcomes: list[FileOutcome], *, stretches: bool = False, tolerance: Tolerance | None = None) -> None:
    """One line for each file. Errors have been told already.

    Args:
        outcomes: of the files.
        stretches: the timeline of each file too, a line a stretch.
        tolerance: grades files and stretches.
    """
    reports = [(outcome.file, outcome.report) for outcome in outcomes if outcome.report is not None]
    if not reports:
        return
    table = Table(box=None, padding=(0, 2, 0, 0), header_style="dim")
    table.add_column("file", overflow="fold")
    table.add_column("decision", no_wrap=True)
    for name in ("score", "offset", "conf.", "dist."):
        table.add_column(name, justify="right", no_wrap=True)
    table.add_column("")
    for file, report in reports:
        _add_report(table, file, report, tolerance)
        if stretches:
            for one in graded(report, tolerance):
                _add_stretch(table, one)
    show(table)
    # One run has one set of models, so what holds for the first report holds for all.
    if said := site_in_force(reports[0][1].site, reports[0][1].limits):
        show(Text(said, "yellow"))


def site_in_force(site: "SiteFile | None", limits: "Limits") -> str:
    """That a calibration file decides, and by which thresholds; empty where the embedded calibration is in use."""
    if site is None:
        return ""
    thresholds = f"ALLOW from a score of {limits.allow_threshold:.4g}, NEXT from {limits.next_threshold:.4g}"
    return f"calibration: {site.in_words}; {thresholds}"


def _add_report(table: Table, file: str, report: "Report", tolerance: Tolerance | None) -> None:
    decision = Text(str(report.decision), STYLES[report.decision])
    speaker = report.verdict.speaker
    if speaker is None:
        reason = report.reason.text if report.reason else ""
        table.add_row(Text(file), decision, *[_NOT_JUDGED] * 4, Text(f"{reason} [{report.reason}]"))
        return
    score = report.verdict.score or 0.0
    *numbers, words = _metrics(speaker, score >= MATCH_SCORE)
    said = f"{report.reason.text} [{report.reason}]" if report.reason else words
    if report.reason in (Reason.OUT_OF_SYNC, Reason.LOOSE_FIT) and speaker.sync is not None:
        said = f"{say_offset(speaker.sync.offset_frames)}. {said}"
    also = [_shares(report)] if report.verdict.profile is Profile.MEDIA else []
    if tolerance:
        also.append(f"{tolerance.name}: {overall(graded(report, tolerance), tolerance)}")
    table.add_row(Text(file), decision, f"{score:.3f}", *numbers, Text("; ".join(filter(None, [said, *also]))))


def _shares(report: "Report") -> str:
    """How much of the speech is not in sync, by state: "24 % late, 20 % no fit"."""
    found = [(state, share) for state, share in report.verdict.shares.items() if state != State.IN_SYNC and share >= 0.005]
    return ", ".join(f"{share:.0%} {state.replace('_', ' ')}" for state, share in found)


def _add_stretch(table: Table, one: Graded) -> None:
    segment = one.segment
    face = "" if segment.track is None else f", track {segment.track}"
    name = f"  {segment.start_s:.1f} to {segment.end_s:.1f} s{face}"
    numbers = [
        _NOT_JUDGED if value is None else f"{value:.{digits}f}"
        for value, digits in ((segment.score, 3), (None, 0), (segment.confidence, 2), (segment.min_dist, 2))
    ]
    grade = f" [{one.severity}]" if one.severity in (Severity.ISSUE, Severity.BLOCKER) else ""
    table.add_row(name, str(segment.state).replace("_", " "), *numbers, Text(one.words + grade), style="dim")


def _metrics(track: TrackResult, matched: bool) -> list[str]:
    assert track.sync is not None  # noqa: S101
    sync = track.sync
    words = say_offset(sync.offset_frames) if matched else "no shift fits"
    return [f"{sync.offset_frames:+d}", f"{sync.confidence:.2f}", f"{sync.min_dist:.2f}", words]
