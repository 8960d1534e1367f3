"""Plots of an attempt, drawn again from the report that was kept of it."""

from collections.abc import Mapping
from dataclasses import fields
from typing import Any

import numpy as np

from lipgate.core.constants import MS_PER_FRAME, VIDEO_FPS
from lipgate.core.sync.distances import SyncResult
from lipgate.core.timeline import Segment, State
from lipgate.desktop.report import plots as html_plots
from lipgate.desktop.report.timeline import LaidOut, drawn


def plots(report: Mapping[str, Any], key: str) -> dict[str, str] | None:
    """Draw the timeline, the speaker's offset curve and framewise confidence.

    Args:
        report: the JSON document of `lipgate.core.report.Report.to_dict`.
        key: makes ids unique on the page.

    Returns:
        {"timeline": svg, "curve": svg, "framewise": svg}; a report of an earlier version has no timeline. None where nothing was
        judged, so that there is nothing to draw.
    """
    debug = report["debug"]
    track = next((track for track in debug["all_results"] if track["track"] == debug["speaker_track"]), None)
    if track is None or not track["curve"] or not track["framewise_confidence"]:
        return None
    sync = _sync(track)
    start = round(track["start_s"] * VIDEO_FPS)
    laid_out = _laid_out(report)
    return {
        **({"timeline": drawn(laid_out, f"{key}-timeline")} if laid_out else {}),
        "curve": html_plots.curve(sync, f"{key}-curve", "Distance at each shift"),
        "framewise": html_plots.framewise(sync, start, None, f"{key}-time", "Confidence over time"),
    }


def _laid_out(report: Mapping[str, Any]) -> LaidOut | None:
    """What the HTML report draws on top; None where there is nothing to lay out."""
    length, limits = report["video"]["duration_s"], report.get("limits")
    names = {field.name for field in fields(Segment)}
    found = [
        Segment(**{name: value for name, value in one.items() if name in names} | {"state": State(one["state"])})
        for one in report.get("segments", ())
    ]
    if not found or not length or not limits:
        return None
    allowed, expected = (limits[name] * MS_PER_FRAME for name in ("max_offset_frames", "expected_offset_frames"))
    return LaidOut(found, length, report.get("cuts_s", ()), allowed, expected)


def _sync(track: Mapping[str, Any]) -> SyncResult:
    """What was measured, to the digits that the report keeps."""
    return SyncResult(
        offset_frames=track["offset_frames"],
        confidence=track["confidence"],
        min_dist=track["min_dist"],
        curve=np.asarray(track["curve"], np.float64),
        framewise_confidence=np.asarray(track["framewise_confidence"], np.float64),
    )
