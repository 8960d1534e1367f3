"""Results of `lipgate watch`: whole or not at all, never in the place of something else, also on a full disk."""

import json
import os
from pathlib import Path

import pytest

from lipgate.core.errors import InputError, OutputError
from lipgate.desktop.cli import main
from lipgate.desktop.outcome import FileOutcome
from lipgate.desktop.watch import loop as watch_module
from lipgate.desktop.watch import results as watch_results
from lipgate.desktop.watch.folder import Arrival
from lipgate.desktop.watch.results import MARK, Results
from tests.desktop.watch.conftest import Bench, folder_of, grow


def no_space(path: Path) -> None:
    raise OSError(28, "No space left on device")


@pytest.mark.parametrize("content", ["", "{}", "[]", "not json", '{"watched": 7}', '{"watched": {"bytes": "x"}}', "[" * 100_000])
def test_what_watch_has_not_written_is_not_replaced(content: str, bench: Bench, tmp_path: Path) -> None:
    (tmp_path / "clip.mp4").write_text("x")
    (tmp_path / "clip.mp4.json").write_text(content)
    for _ in range(3):
        bench.pass_by(10)
    assert bench.scored == []
    assert (tmp_path / "clip.mp4.json").read_text() == content
    assert len(bench.complaints) == 1
    assert "no result of watch" in bench.complaints[0]
    (tmp_path / "clip.mp4.json").unlink()
    bench.pass_by(10)
    assert bench.scored == ["clip.mp4"]


def test_a_page_of_somebody_else_is_not_replaced_and_one_of_ours_is(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = folder_of(tmp_path, "clip.mp4", "other.mp4")
    (folder / "clip.mp4.html").write_text("<!DOCTYPE html><title>Notes</title>")
    command = ["watch", str(folder), "--once", "--settle", "0", "--report"]
    assert main(command) == 0
    assert "clip.mp4 is left alone" in capsys.readouterr().err
    assert (folder / "clip.mp4.html").read_text() == "<!DOCTYPE html><title>Notes</title>"
    (folder / "other.mp4.json").unlink()
    (folder / "other.mp4").touch()
    assert main(command) == 0
    assert (folder / "other.mp4.json").exists()


@pytest.mark.parametrize("suffix", [".json", ".html"])
@pytest.mark.parametrize("exists", [True, False])
def test_a_link_in_the_place_of_a_result_is_not_followed(suffix: str, exists: bool, tmp_path: Path) -> None:
    precious = tmp_path / "precious"
    if exists:
        precious.write_text(json.dumps({MARK: {"bytes": 0, "modified_ns": 0}}))
    before = precious.read_bytes() if exists else None
    folder = folder_of(tmp_path, "clip.mp4")
    (folder / f"clip.mp4{suffix}").symlink_to(precious)
    assert main(["watch", str(folder), "--once", "--settle", "0", "--report"]) == 0
    assert (precious.read_bytes() if precious.exists() else None) == before
    assert (folder / f"clip.mp4{suffix}").is_symlink()


def test_a_pipe_in_the_place_of_a_result_stops_nothing(bench: Bench, tmp_path: Path) -> None:
    (tmp_path / "clip.mp4").write_text("x")
    (tmp_path / "other.mp4").write_text("x")
    os.mkfifo(tmp_path / "clip.mp4.json")
    bench.pass_by()
    bench.pass_by(10)
    assert bench.scored == ["other.mp4"]


@pytest.mark.parametrize("html", [False, True])
def test_a_name_that_leaves_no_room_for_a_result_is_an_error_of_that_file_told_once(
    html: bool, bench: Bench, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(watch_module, "MOST_UNWRITTEN", 1)
    monkeypatch.setattr(bench.results, "_html", html)
    long = [f"{letter * 247}.mp4" for letter in "ab"]
    for name in (*long, "z.mp4"):
        (tmp_path / name).write_text("x")
        os.utime(tmp_path / name, (1000, 1000))
    bench.pass_by()
    for _ in range(3):
        bench.pass_by(10)
    assert bench.scored == ["z.mp4"]
    assert bench.told == [*long, "z.mp4"]
    assert bench.complaints == []
    assert len(list(tmp_path.iterdir())) == 4


def test_results_go_to_their_own_folder(tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    (tmp_path / "out").mkdir()
    (tmp_path / "in" / "clip.mp4").write_text("x")
    bench = Bench(tmp_path / "in", tmp_path / "out")
    bench.pass_by()
    bench.pass_by(10)
    bench.pass_by(10)
    assert [path.name for path in (tmp_path / "in").iterdir()] == ["clip.mp4"]
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["clip.mp4.json"]
    assert bench.scored == ["clip.mp4"]


def test_a_full_disk_is_said_once_and_the_score_is_kept(bench: Bench, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("a.mp4", "b.mp4"):
        (tmp_path / name).write_text("x")
    with monkeypatch.context() as full:
        full.setattr(watch_results, "sync_file", no_space)
        bench.pass_by()
        for _ in range(3):
            bench.pass_by(10)
    assert bench.told == []
    assert len(bench.complaints) == 2
    assert "No space left on device" in bench.complaints[0]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.mp4", "b.mp4"]
    bench.pass_by(10)
    assert bench.told == ["a.mp4", "b.mp4"]
    assert bench.scored == ["a.mp4", "b.mp4"]


def test_what_cannot_be_written_is_not_piled_up_for_ever(bench: Bench, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(outcome: FileOutcome, arrival: Arrival) -> None:
        raise OutputError("output_failed", "No.")

    monkeypatch.setattr(watch_module, "MOST_UNWRITTEN", 2)
    monkeypatch.setattr(bench.results, "write", full)
    for name in "abcd":
        (tmp_path / f"{name}.mp4").write_text("x")
    bench.pass_by()
    bench.pass_by(10)
    bench.pass_by(10)
    assert len(bench.scored) == 2


def test_a_result_of_a_former_state_is_not_written_later(bench: Bench, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    clip = tmp_path / "clip.mp4"
    clip.write_text("x")
    with monkeypatch.context() as full:
        full.setattr(watch_results, "sync_file", no_space)
        bench.pass_by()
        bench.pass_by(10)
    grow(clip)
    bench.pass_by(10)
    assert bench.told == []
    bench.pass_by(10)
    assert bench.scored == ["clip.mp4"] * 2
    assert bench.told == ["clip.mp4"]


def test_leftovers_of_a_killed_process_are_removed(tmp_path: Path) -> None:
    old, young = tmp_path / ".lipgate-1.part.json", tmp_path / ".lipgate-2.part.json"
    for path in (old, young):
        path.write_text("{")
    os.utime(old, (0, 0))
    Results(tmp_path, html=False).sweep()
    assert list(tmp_path.iterdir()) == [young]


def test_an_error_is_told_as_score_tells_it(tmp_path: Path) -> None:
    outcome = FileOutcome("x.mp4", error=InputError("empty_file", "Nothing in it."))
    arrival = Arrival(tmp_path / "x.mp4", watch_results.State(0, 7))
    assert watch_results.document(outcome, arrival) == {
        "file": "x.mp4",
        "error": {"code": "empty_file", "message": "Nothing in it."},
        MARK: {"bytes": 0, "modified_ns": 7},
    }
