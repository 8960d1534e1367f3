"""Plots of an attempt, drawn again from the report that was kept of it."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from lipgate.core.constants import VIDEO_FPS
from lipgate.core.sync.distances import SyncResult
from lipgate.desktop.report import plots as html_plots


def plots(report: Mapping[str, Any], key: str) -> dict[str, str] | None:
    """Draw the speaker's offset curve and framewise confidence.

    Args:
        report: the JSON document of `lipgate.core.report.Report.to_dict`.
        key: makes ids unique on the page.

    Returns:
        {"curve": svg, "framewise": svg}; None where nothing was judged, so that there is nothing to draw.
    """
    debug = report["debug"]
    track = next((track for track in debug["all_results"] if track["track"] == debug["speaker_track"]), None)
    if track is None or not track["curve"] or not track["framewise_confidence"]:
        return None
    sync = _sync(track)
    start = round(track["start_s"] * VIDEO_FPS)
    return {
        "curve": html_plots.curve(sync, f"{key}-curve", "Distance at each shift"),
        "framewise": html_plots.framewise(sync, start, None, f"{key}-time", "Confidence over time"),
    }


def _sync(track: Mapping[str, Any]) -> SyncResult:
    """What was measured, to the digits that the report keeps."""
    return SyncResult(
        offset_frames=track["offset_frames"],
        confidence=track["confidence"],
        min_dist=track["min_dist"],
        curve=np.asarray(track["curve"], np.float64),
        framewise_confidence=np.asarray(track["framewise_confidence"], np.float64),
    )
