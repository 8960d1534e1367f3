"""Tracks become speakers by continuity, and by nothing else."""

from dataclasses import replace

import numpy as np
import pytest

from lipgate.core.speakers import speakers
from lipgate.core.track_result import TrackResult
from tests.core.test_verdict import track
from tests.desktop.reports import report


def at(number: int, start: int, frames: int, left: float = 100.0) -> TrackResult:
    box = np.array([left, 50, left + 90, 140], np.float32)
    return replace(track(number, start=start, frames=frames), boxes=np.broadcast_to(box, (frames, 4)))


@pytest.mark.parametrize(
    ("tracks", "cuts", "found"),
    [
        ([at(0, 0, 100), at(1, 130, 100)], [], [0, 0]),
        ([at(0, 0, 100), at(1, 130, 100, left=130)], [], [0, 0]),
        ([at(0, 0, 100), at(1, 130, 100, left=180)], [], [0, 1]),
        ([at(0, 0, 100), at(1, 151, 100)], [], [0, 1]),
        ([at(0, 0, 100), at(1, 110, 100)], [105], [0, 1]),
        ([at(0, 0, 100), at(1, 100, 100)], [100], [0, 1]),
        ([at(0, 0, 100), at(1, 50, 100)], [], [0, 1]),
        ([at(0, 0, 100), at(1, 0, 100, left=300), at(2, 120, 50, left=300), at(3, 121, 50)], [], [0, 1, 1, 0]),
        ([at(1, 130, 100), at(0, 0, 100)], [], [0, 0]),
        ([], [], []),
    ],
)
def test_a_face_goes_on_where_it_was_lost(tracks: list[TrackResult], cuts: list[int], found: list[int]) -> None:
    joined = speakers(tracks, cuts)
    assert [joined[number] for number in sorted(joined)] == found


def test_a_report_names_speakers_and_what_is_worst() -> None:
    document = report(
        (0, 250, 8.0, 0), (250, 500, 8.0, -6), (500, 600, 8.0, 9), (600, 700, 8.0, -9), (700, 1000, 8.0, 1)
    ).to_dict()
    assert [segment["speaker"] for segment in document["segments"]] == [0] * 5
    (speaker,) = document["speakers"]
    assert (speaker["tracks"], speaker["start_s"], speaker["end_s"], speaker["speech_s"]) == ([0], 0.0, 40.0, 40.0)
    assert speaker["shares"] == document["summary"]["shares"]
    assert document["speakers_joined_by"] == "continuity"
    assert document["summary"]["worst_segment"] == 2
    assert report((0, 250, 8.0, -9), (250, 500, 1.0, None)).to_dict()["summary"]["worst_segment"] == 1
    assert report((0, 250, 8.0, 0)).to_dict()["summary"]["worst_segment"] is None


def test_every_stretch_that_is_not_in_sync_has_its_reason() -> None:
    film = report(
        (0, 250, 8.0, 0), (250, 500, 8.0, -6), (500, 750, 1.0, None), (750, 900, 4.5, 0), frames=1000, silent=slice(0, 60)
    )
    found = {segment["state"]: segment["reason"] for segment in film.to_dict()["segments"][:-1]}
    assert found == {
        "no_speech": "no_speech",
        "in_sync": None,
        "late": "out_of_sync",
        "no_fit": "no_fit",
        "not_judged": "in_doubt",
    }
    assert film.to_dict()["segments"][-1]["reason"] == "off_screen"
