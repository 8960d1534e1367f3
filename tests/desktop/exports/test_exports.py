"""Timelines as files: what other programs read back is what was found."""

import csv
import io
import json
from pathlib import Path

import pytest

from lipgate.core.errors import InputError, OutputError
from lipgate.core.tolerance import tolerance
from lipgate.desktop.exports.graded import graded, overall
from lipgate.desktop.exports.timecode import Timecode
from lipgate.desktop.exports.writing import FORMATS, check_target, write_markers
from tests.desktop.reports import report

FILM = report((0, 250, 8.0, 0), (250, 500, 8.0, -6), (500, 750, 1.0, None), (750, 1000, 8.0, 2), silent=slice(900, 1000))
"""Ten seconds each in time, 240 ms late, and foreign; then 80 ms early, and silence at the end."""


def written(tmp_path: Path, suffix: str, name: str | None = None, **options: object) -> str:
    target = tmp_path / f"out{suffix}"
    write_markers([(Path("clip.mp4"), FILM)], target, tolerance(name) if name else None, **options)
    assert [path.name for path in tmp_path.iterdir()] == [target.name]
    return target.read_text("utf-8")


def test_every_stretch_has_its_state_its_reason_and_its_severity(tmp_path: Path) -> None:
    rows = list(csv.DictReader(io.StringIO(written(tmp_path, ".csv"))))
    assert [(row["state"], row["offset_ms"], row["reason"], row["severity"]) for row in rows] == [
        ("in_sync", "0.0", "", "pass"),
        ("late", "-240.0", "out_of_sync", "issue"),
        ("no_fit", "", "no_fit", "issue"),
        ("in_sync", "80.0", "", "pass"),
        ("no_speech", "", "no_speech", ""),
    ]
    assert [(row["start_tc"], row["end_tc"]) for row in rows[:2]] == [
        ("00:00:00:00", "00:00:10:00"),
        ("00:00:10:00", "00:00:20:00"),
    ]


def test_a_tolerance_grades_what_the_limits_let_pass(tmp_path: Path) -> None:
    rows = [json.loads(line) for line in written(tmp_path, ".jsonl", "ebu-r37").splitlines()]
    assert [row["severity"] for row in rows] == ["pass", "blocker", "issue", "issue", None]
    assert {row["file"] for row in rows} == {"clip.mp4"}


@pytest.mark.parametrize(
    ("parts", "name", "severity"),
    [
        ([(0, 750, 8.0, 0), (750, 1000, 8.0, -3)], "netflix-like", "issue"),
        ([(0, 250, 8.0, 0), (250, 1000, 8.0, -3)], "netflix-like", "blocker"),
        ([(0, 500, 8.0, 1), (500, 1000, 8.0, -1)], "ebu-r37", "pass"),
        ([(0, 900, 8.0, 0), (900, 1000, 8.0, -6)], "ebu-r37", "blocker"),
        ([(0, 250, 3.0, 0)], "ebu-r37", "not_judged"),
    ],
)
def test_a_file_is_as_bad_as_its_worst_stretch_or_as_most_of_it(parts: list, name: str, severity: str) -> None:
    bounds = tolerance(name)
    assert bounds is not None
    assert overall(graded(report(*parts), bounds), bounds) == severity


def test_resolve_finds_a_marker_for_each_stretch_that_is_off(tmp_path: Path) -> None:
    otio = pytest.importorskip("opentimelineio")
    text = written(tmp_path, ".edl", "ebu-r37", start="01:00:00:00")
    found = otio.adapters.read_from_string(text, "cmx_3600", rate=25).find_clips()
    assert [clip.source_range.start_time.to_timecode() for clip in found] == ["01:00:10:00", "01:00:20:00", "01:00:30:00"]
    notes = [clip.metadata["cmx_3600"]["comments"][0] for clip in found]
    assert notes[0] == "blocker, late, track 0, score 0.98 |C:ResolveColorRed |M:sound 240 ms late (±10 ms) |D:250"
    assert [note.split(" |")[1] for note in notes] == ["C:ResolveColorRed", "C:ResolveColorYellow", "C:ResolveColorYellow"]


@pytest.mark.parametrize("fps", [23.976, 25.0, 29.97, None])
def test_premiere_finds_the_video_and_its_markers(tmp_path: Path, fps: float | None) -> None:
    otio = pytest.importorskip("opentimelineio")
    name = 'a | "b" <c> & d\n.mp4'
    film = report((0, 250, 8.0, 0), (250, 500, 8.0, -6), path=tmp_path / name, fps=fps)
    write_markers([(film.clip.path, film)], tmp_path / "out.xml")
    timeline = otio.adapters.read_from_file(str(tmp_path / "out.xml"))
    (marker,) = timeline.tracks.markers
    rate = fps or 25.0
    assert marker.marked_range.start_time.to_seconds() == pytest.approx(10.0, abs=1 / rate)
    assert marker.marked_range.duration.to_seconds() == pytest.approx(10.0, abs=2 / rate)
    assert marker.name == "sound 240 ms late (±10 ms)"
    assert [track.kind for track in timeline.tracks] == ["Video", "Audio"]
    assert all(clip.media_reference.target_url == film.clip.path.as_uri() for clip in timeline.find_clips())
    write_markers([(film.clip.path, film)], tmp_path / "out.otio")
    assert len(otio.adapters.read_from_file(str(tmp_path / "out.otio")).tracks.markers) == 1


def test_without_opentimelineio_it_says_what_to_install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "opentimelineio", None)
    with pytest.raises(OutputError, match="install timeline") as caught:
        write_markers([(Path("clip.mp4"), FILM)], tmp_path / "out.xml")
    assert caught.value.code == "extra_missing"
    assert list(tmp_path.iterdir()) == []


def test_subtitles_tell_what_is_off_while_it_plays(tmp_path: Path) -> None:
    assert written(tmp_path, ".vtt").split("\n\n")[:2] == [
        "WEBVTT",
        "00:00:10.000 --> 00:00:20.000\nISSUE: sound 240 ms late (±10 ms)",
    ]
    (tmp_path / "out.vtt").unlink()
    assert written(tmp_path, ".srt").startswith("1\n00:00:10,000 --> 00:00:20,000\nISSUE: sound 240 ms late")


def test_a_table_cannot_start_a_formula(tmp_path: Path) -> None:
    write_markers([(Path("=HYPERLINK(1).mp4"), FILM)], tmp_path / "out.csv")
    assert "'=HYPERLINK(1).mp4" in (tmp_path / "out.csv").read_text("utf-8")


@pytest.mark.parametrize(
    ("fps", "seconds", "start", "written_as"),
    [
        (25.0, 61.48, "00:00:00:00", "00:01:01:12"),
        (29.97, 3600.0, "00:00:00:00", "00:59:56:12"),
        (24.0, 1.0, "23:59:59:12", "00:00:00:12"),
        (None, 0.04, "10:00:00:24", "10:00:01:00"),
    ],
)
def test_timecode_counts_frames_of_the_video(fps: float | None, seconds: float, start: str, written_as: str) -> None:
    clock = Timecode.of(fps, start)
    assert clock.at(clock.frame(seconds)) == written_as


@pytest.mark.parametrize("start", ["1:00:00:00", "00:60:00:00", "00:00:00:25", "x", "00:00:00:00\n"])
def test_what_is_no_timecode_is_refused(start: str) -> None:
    with pytest.raises(InputError) as caught:
        Timecode.of(25.0, start)
    assert caught.value.code == "bad_timecode"


def test_a_name_that_cannot_be_written_to_is_refused_before_anything_is_scored() -> None:
    with pytest.raises(OutputError, match=r"must end in one of \.csv"):
        check_target(Path("out.doc"), 1)
    for suffix in FORMATS:
        check_target(Path(f"out{suffix.upper()}"), 1)
    with pytest.raises(OutputError, match="one video"):
        check_target(Path("out.edl"), 2)
