"""Which files `lipgate watch` takes and when, each once, through every kind of trouble."""

import json
import os
import threading
from pathlib import Path

import pytest

from lipgate.desktop.watch.results import MARK
from tests.desktop.watch.conftest import Bench, grow


def test_a_file_is_taken_when_it_has_stopped_growing(bench: Bench, tmp_path: Path) -> None:
    clip = tmp_path / "clip.mp4"
    for _ in range(5):
        grow(clip)
        bench.pass_by(1.5)
    assert bench.scored == []
    bench.pass_by(1.0)
    assert bench.scored == []
    bench.pass_by(1.0)
    assert bench.scored == ["clip.mp4"]


@pytest.mark.parametrize(
    "name",
    [
        ".hidden.mp4",
        "clip.mp4.part",
        "clip.MP4.PART",
        "clip.tmp",
        "~clip.mp4",
        "clip.mp4~",
        "a.crdownload",
        "notes.json",
        "a.html",
    ],
)
def test_hidden_and_unfinished_names_are_left_alone(name: str, bench: Bench, tmp_path: Path) -> None:
    (tmp_path / name).write_text("x")
    bench.pass_by()
    bench.pass_by(10)
    assert bench.scored == []


def test_only_plain_files_are_taken(bench: Bench, tmp_path: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    outside = tmp_path_factory.mktemp("outside") / "secret.mp4"
    outside.write_text("x")
    (tmp_path / "folder.mp4").mkdir()
    (tmp_path / "folder.mp4" / "inner.mp4").write_text("x")
    (tmp_path / "link.mp4").symlink_to(outside)
    (tmp_path / "dangling.mp4").symlink_to(tmp_path / "nothing")
    os.mkfifo(tmp_path / "pipe.mp4")
    bench.pass_by()
    bench.pass_by(10)
    assert bench.scored == []


def test_the_oldest_file_is_first(bench: Bench, tmp_path: Path) -> None:
    for age, name in ((1, "c"), (3, "a"), (2, "b")):
        (tmp_path / name).write_text("x")
        os.utime(tmp_path / name, (1000 - age, 1000 - age))
    bench.pass_by()
    bench.pass_by(10)
    assert bench.scored == ["a", "b", "c"]


def test_a_file_is_scored_once_also_across_restarts(bench: Bench, tmp_path: Path) -> None:
    (tmp_path / "clip.mp4").write_text("x")
    bench.pass_by()
    bench.pass_by(10)
    bench.pass_by(10)
    assert bench.scored == ["clip.mp4"]
    again = Bench(tmp_path)
    again.pass_by()
    again.pass_by(10)
    assert again.scored == []


def test_a_changed_file_is_scored_again(bench: Bench, tmp_path: Path) -> None:
    clip = tmp_path / "clip.mp4"
    clip.write_text("x")
    bench.pass_by()
    bench.pass_by(10)
    first = json.loads((tmp_path / "clip.mp4.json").read_text())
    grow(clip)
    bench.pass_by(10)
    bench.pass_by(10)
    assert bench.scored == ["clip.mp4"] * 2
    assert json.loads((tmp_path / "clip.mp4.json").read_text())[MARK]["bytes"] == first[MARK]["bytes"] + 1


def test_a_file_that_changes_while_it_is_scored_is_scored_again(bench: Bench, tmp_path: Path) -> None:
    clip = tmp_path / "clip.mp4"
    clip.write_text("x")
    bench.pass_by()
    bench.during = grow
    bench.pass_by(10)
    bench.during = lambda path: None
    bench.pass_by(10)
    bench.pass_by(10)
    bench.pass_by(10)
    assert bench.scored == ["clip.mp4"] * 2


def test_who_removes_a_result_gets_another(bench: Bench, tmp_path: Path) -> None:
    (tmp_path / "clip.mp4").write_text("x")
    bench.pass_by()
    bench.pass_by(10)
    (tmp_path / "clip.mp4.json").unlink()
    bench.pass_by(10)
    assert bench.scored == ["clip.mp4"] * 2


def test_a_file_taken_away_while_it_is_scored_leaves_no_result(bench: Bench, tmp_path: Path) -> None:
    (tmp_path / "clip.mp4").write_text("x")
    bench.pass_by()
    bench.during = Path.unlink
    bench.pass_by(10)
    assert list(tmp_path.iterdir()) == []
    assert bench.told == []


def test_a_folder_may_vanish_and_return(bench: Bench, tmp_path: Path) -> None:
    away = tmp_path.with_name("away")
    (tmp_path / "clip.mp4").write_text("x")
    bench.pass_by()
    tmp_path.rename(away)
    bench.pass_by(10)
    bench.pass_by(10)
    assert len(bench.complaints) == 1
    away.rename(tmp_path)
    bench.pass_by(10)
    assert bench.scored == []  # it must be seen at rest again
    bench.pass_by(10)
    assert bench.scored == ["clip.mp4"]
    assert bench.complaints[1:] == ["the folder is back"]


def test_it_stops_when_told(bench: Bench) -> None:
    stop = threading.Event()
    thread = threading.Thread(target=bench.watcher.run, args=[stop, 60.0])
    thread.start()
    stop.set()
    thread.join(timeout=10)
    assert not thread.is_alive()


@pytest.mark.parametrize("name", ["notes.txt", "Thumbs.db", "list", "sound.wav", "table.csv"])
def test_what_is_no_video_is_passed_over_without_a_word(name: str, bench: Bench, tmp_path: Path) -> None:
    (tmp_path / name).write_text("x")
    for _ in range(3):
        bench.pass_by(3)
    assert (bench.scored, bench.told, bench.complaints) == ([name], [], [])
    assert [path.name for path in tmp_path.iterdir()] == [name]
    grow(tmp_path / name)  # it may become one
    for _ in range(2):
        bench.pass_by(3)
    assert bench.scored == [name, name]


@pytest.mark.parametrize("name", ["a.mp4", "a.MOV", "a.mkv", "a.mts", "a.webm"])
def test_a_broken_file_with_the_name_of_a_video_is_told(name: str, bench: Bench, tmp_path: Path) -> None:
    (tmp_path / name).write_text("x")
    for _ in range(2):
        bench.pass_by(3)
    assert bench.told == [name]
    assert (tmp_path / f"{name}.json").exists()
