"""The timeline as a table: one row a stretch, as CSV or JSON Lines."""

import csv
import io
import json
from collections.abc import Iterable, Sequence
from typing import Any

from lipgate.core.report import Report
from lipgate.core.tolerance import Tolerance
from lipgate.desktop.exports.graded import graded
from lipgate.desktop.exports.timecode import Timecode

COLUMNS = (
    *("file", "start_tc", "end_tc", "start_s", "end_s", "track", "speaker", "state", "offset_ms", "ci_ms"),
    *("drift_ms_per_min", "confidence", "score", "reason", "severity"),
)


def rows(file: str, report: Report, tolerance: Tolerance | None) -> list[dict[str, Any]]:
    """All stretches of a file, also those in which nobody speaks. `COLUMNS` are the keys."""
    document = report.to_dict()
    clock = Timecode.of(report.clip.fps)
    found = []
    for segment, one in zip(document["segments"], graded(report, tolerance), strict=True):
        row = {
            **segment,
            "file": file,
            "start_tc": clock.at(clock.frame(segment["start_s"])),
            "end_tc": clock.at(clock.frame(segment["end_s"])),
            "drift_ms_per_min": document["drift_ms_per_min"] if one.segment.track is not None else None,
            "severity": str(one.severity) if one.severity else None,
        }
        found.append({name: row.get(name) for name in COLUMNS})
    return found


def as_csv(found: Iterable[dict[str, Any]], columns: Sequence[str] = COLUMNS, *, header: bool = True) -> str:
    """Rows as RFC 4180 has them, with a header. What a spreadsheet would take for a formula is quoted by an apostrophe."""
    text = io.StringIO(newline="")
    writer = csv.DictWriter(text, columns)
    if header:
        writer.writeheader()
    writer.writerows({name: _harmless(value) for name, value in row.items()} for row in found)
    return text.getvalue()


def as_json_lines(found: Iterable[dict[str, Any]]) -> str:
    """One JSON object a line."""
    return "".join(f"{json.dumps(row, allow_nan=False)}\n" for row in found)


def _harmless(value: Any) -> Any:
    if not isinstance(value, str):
        return value
    plain = value.encode("utf-8", "backslashreplace").decode()
    return f"'{plain}" if plain.startswith(("=", "+", "-", "@", "\t", "\r")) else plain
