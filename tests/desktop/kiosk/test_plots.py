"""An attempt's plots, drawn from the report that was kept of it, show what the report shows."""

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from lipgate.core.models import Models
from lipgate.core.pipeline import score
from lipgate.core.report import Report
from lipgate.desktop.kiosk.plots import plots
from lipgate.desktop.report import plots as html_plots
from lipgate.desktop.report.timeline import LaidOut, drawn

MakePuppet = Callable[..., Path]


@pytest.fixture(scope="module")
def models() -> Models:
    return Models.load(device="cpu")


@pytest.fixture(scope="module")
def report(puppet: MakePuppet, models: Models) -> Report:
    return score(puppet(seconds=4.0, offset_frames=3), models)


def stored(report: Report) -> dict[str, Any]:
    """The report after the way through a store."""
    return json.loads(json.dumps(report.to_dict()))


def points(drawing: str) -> list[float]:
    """Horizontal and vertical places of the series, in turn."""
    (series,) = re.findall(r'<polyline class="series" points="([^"]*)"', drawing)
    return [float(value) for value in re.split("[ ,]", series)]


def test_the_plots_are_those_of_the_measured_track(report: Report) -> None:
    speaker = report.verdict.speaker
    assert speaker is not None
    assert speaker.sync is not None
    drawn = plots(stored(report), "attempt")
    assert drawn is not None
    measured = {
        "curve": html_plots.curve(speaker.sync, "measured", ""),
        "framewise": html_plots.framewise(speaker.sync, speaker.start, None, "measured", ""),
    }
    for name, drawing in measured.items():
        assert points(drawn[name]) == pytest.approx(points(drawing), abs=0.3)
    assert f"at {speaker.sync.offset_frames} frames" in drawn["curve"]


def test_the_timeline_is_that_of_the_report(report: Report) -> None:
    found = plots(stored(report), "attempt")
    assert found is not None
    assert found["timeline"] == drawn(LaidOut.of(report), "attempt-timeline")
    assert found["timeline"].count("<rect") > len(report.verdict.segments)


def test_a_report_of_an_earlier_version_has_no_timeline(report: Report) -> None:
    document = stored(report)
    del document["segments"]
    assert set(plots(document, "attempt") or ()) == {"curve", "framewise"}


def test_of_several_faces_the_speaker_is_drawn(report: Report) -> None:
    document = stored(report)
    (speaker,) = document["debug"]["all_results"]
    other = {**speaker, "track": 5, "curve": [20.0] * 31, "framewise_confidence": [0.0] * 50, "offset_frames": 9}
    document["debug"]["all_results"] = [other, speaker]
    assert plots(document, "attempt") == plots(stored(report), "attempt")


def test_each_key_gives_ids_of_its_own(report: Report) -> None:
    both = [plots(stored(report), key) for key in ("attempt-1", "attempt-2")]
    ids = [found for drawn in both if drawn for drawing in drawn.values() for found in re.findall(r' id="([^"]*)"', drawing)]
    assert len(ids) == len(set(ids)) == 12


def test_nothing_is_drawn_where_nothing_was_judged(puppet: MakePuppet, models: Models) -> None:
    assert plots(stored(score(puppet(seconds=1.0), models)), "attempt") is None
