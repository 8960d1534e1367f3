"""Writes the timeline of reports in the format that a file's name asks for."""

from collections.abc import Sequence
from pathlib import Path

from lipgate.core.errors import OutputError
from lipgate.core.report import Report
from lipgate.core.tolerance import Tolerance
from lipgate.desktop.exports.graded import graded
from lipgate.desktop.exports.markers import edl, write_timeline
from lipgate.desktop.exports.rows import as_csv, as_json_lines, rows
from lipgate.desktop.exports.subtitles import srt, web_vtt
from lipgate.desktop.exports.timecode import RESOLVE_START, Timecode
from lipgate.desktop.output import whole_file

OF_SEVERAL = (".csv", ".jsonl")
"""Formats that hold the timelines of several videos."""

FORMATS = (*OF_SEVERAL, ".edl", ".xml", ".otio", ".vtt", ".srt")


def check_target(target: Path, videos: int) -> None:
    """Whether a name can be written to; asked before anything is scored.

    Args:
        target: its suffix chooses the format.
        videos: how many there are.

    Raises:
        OutputError: output_failed.
    """
    suffix = target.suffix.lower()
    if suffix not in FORMATS:
        raise OutputError("output_failed", f"{target.name}: the name must end in one of {', '.join(FORMATS)}.")
    if videos > 1 and suffix not in OF_SEVERAL:
        raise OutputError(
            "output_failed", f"{target.name} holds the timeline of one video; {' and '.join(OF_SEVERAL)} hold several."
        )


def write_markers(
    reports: Sequence[tuple[Path, Report]], target: Path, tolerance: Tolerance | None = None, start: str = RESOLVE_START
) -> None:
    """Write what was found.

    Args:
        reports: each with the file's name as it was given; one, unless the format holds several.
        target: its suffix chooses the format; an existing file is replaced.
        tolerance: what grades offsets; each report's own limits by default.
        start: timecode of the first frame, for an EDL.

    Raises:
        OutputError: output_failed, extra_missing.
        InputError: bad_timecode.
    """
    check_target(target, len(reports))
    suffix = target.suffix.lower()
    with whole_file(target, *(path for path, _ in reports)) as part:
        if suffix in OF_SEVERAL:
            found = [row for path, report in reports for row in rows(str(path), report, tolerance)]
            part.write_text(as_csv(found) if suffix == ".csv" else as_json_lines(found), "utf-8", newline="")
            return
        path, report = reports[0]
        stretches = graded(report, tolerance)
        if suffix in (".xml", ".otio"):
            write_timeline(report, stretches, target, part)
        elif suffix == ".edl":
            text = edl(path.stem, stretches, Timecode.of(report.clip.fps, start))
            part.write_text(text, "utf-8", "backslashreplace")
        else:
            part.write_text(web_vtt(stretches) if suffix == ".vtt" else srt(stretches), "utf-8")
