"""`score` over many files: one table, nothing scored twice, nothing lost."""

import csv
import io
import json
import shutil
import subprocess
from pathlib import Path

import imageio_ffmpeg
import pytest

import lipgate.core.pipeline
from lipgate.desktop.batch.formats import COLUMNS
from lipgate.desktop.batch.journal import Journal, key_of
from lipgate.desktop.cli import main
from lipgate.desktop.every_setting import PARTS

SAMPLES = Path(__file__).parents[3] / "samples"

Captured = pytest.CaptureFixture[str]


@pytest.fixture(autouse=True)
def _fresh_settings() -> None:
    for _, read in PARTS.values():
        read.cache_clear()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Two good videos and a bad one."""
    place = tmp_path / "videos"
    place.mkdir()
    for name in ("in_sync.mp4", "late_sound.mp4"):
        shutil.copy(SAMPLES / name, place)
    (place / "bad.mp4").write_text("not a video")
    return place


@pytest.fixture
def scored(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Names of files as they are scored."""
    found: list[str] = []
    real = lipgate.core.pipeline.score

    def counting(source: str | Path, *rest: object) -> object:
        found.append(Path(source).name)
        return real(source, *rest)

    monkeypatch.setattr(lipgate.core.pipeline, "score", counting)
    return found


@pytest.mark.parametrize("option", ["--out", "--report", "--markers", "--annotate"])
def test_no_result_takes_the_place_of_a_video(option: str, folder: Path, scored: list[str], capsys: Captured) -> None:
    video = folder / "in_sync.mp4"
    before = video.read_bytes()
    assert main(["score", str(video), option, str(video), *(["--format", "json"] if option == "--out" else [])]) == 1
    assert "output_failed" in capsys.readouterr().err
    assert (video.read_bytes(), scored, len(list(folder.iterdir()))) == (before, [], 3)


def test_a_run_that_was_stopped_goes_on_where_it_was(folder: Path, scored: list[str], tmp_path: Path, capsys: Captured) -> None:
    out = tmp_path / "out.jsonl"
    assert main(["score", str(folder), "--out", str(out), "--tolerance", "ebu-r37"]) == 1
    assert "3 files: 2 NEXT, 1 failed" in capsys.readouterr().err
    first = [json.loads(line) for line in out.read_text().splitlines()]
    assert [Path(one["file"]).name for one in first] == ["bad.mp4", "in_sync.mp4", "late_sound.mp4"]
    assert (first[0]["error"]["code"], first[2]["lag_ms"]) == ("not_a_video", pytest.approx(-240, abs=15))
    assert first[2]["tolerance"]["severity"] == "blocker"

    # Killed between two lines, with half of one written; one file renamed since.
    lines = out.read_bytes().splitlines(keepends=True)
    out.unlink()
    (tmp_path / "out.jsonl.part.jsonl").write_bytes(lines[1] + lines[2][:1000])
    (folder / "in_sync.mp4").rename(folder / "zz.mp4")
    scored.clear()
    assert main(["score", str(folder), "--out", str(out), "--tolerance", "ebu-r37"]) == 1
    assert scored == ["bad.mp4", "late_sound.mp4"]
    assert "1 known before" in capsys.readouterr().err
    again = [json.loads(line) for line in out.read_text().splitlines()]
    assert [one.get("key") for one in again] == [None, first[2]["key"], first[1]["key"]]
    assert again[2]["video"]["file"] == "zz.mp4"
    assert {path.name for path in tmp_path.iterdir()} == {"videos", "out.jsonl"}

    # Other limits are another question.
    scored.clear()
    assert main(["score", str(folder / "zz.mp4"), "--out", str(out), "--profile", "media"]) == 0
    assert scored == ["zz.mp4"]


def test_two_processes_give_the_table_that_one_gives(folder: Path, tmp_path: Path, capsys: Captured) -> None:
    for jobs in ("1", "2"):
        assert main(["score", str(folder), "--jobs", jobs, "--out", str(tmp_path / f"{jobs}.csv"), "-q"]) == 1
    one, two = (list(csv.DictReader(io.StringIO((tmp_path / f"{jobs}.csv").read_text()))) for jobs in ("1", "2"))
    assert one == two
    assert list(one[0]) == list(COLUMNS)
    assert [row["decision"] for row in one] == ["", "NEXT", "NEXT"]
    assert "NEXT" not in capsys.readouterr().err  # quiet


def test_parquet_holds_a_row_a_file(folder: Path, tmp_path: Path) -> None:
    parquet = pytest.importorskip("pyarrow.parquet")
    (folder / "late_sound.mp4").unlink()
    assert main(["score", str(folder), "--out", str(tmp_path / "out.parquet")]) == 1
    bad, good = parquet.read_table(tmp_path / "out.parquet").to_pylist()
    assert (bad["error_code"], bad["score"]) == ("not_a_video", None)
    assert (good["offset_frames"], good["error_code"]) == (0.0, None)


def test_json_lines_are_told_as_they_come(folder: Path, capsys: Captured) -> None:
    assert main(["score", str(folder / "in_sync.mp4"), "--format", "jsonl"]) == 0
    (line,) = capsys.readouterr().out.splitlines()
    assert json.loads(line)["offset_frames"] == 0


def test_a_folder_gives_a_list_also_of_one(folder: Path, capsys: Captured) -> None:
    for name in ("bad.mp4", "late_sound.mp4"):
        (folder / name).unlink()
    assert main(["score", str(folder), "--json"]) == 0
    assert len(json.loads(capsys.readouterr().out)) == 1


@pytest.mark.parametrize(("named", "status"), [("block", 0), ("next", 3)])
def test_a_decision_can_fail_the_run(folder: Path, named: str, status: int) -> None:
    assert main(["score", str(folder / "in_sync.mp4"), "--fail-on", named, "-q"]) == status


@pytest.mark.parametrize("named", ["beside", "suffix"])
def test_sound_may_lie_beside(folder: Path, named: str, capsys: Captured) -> None:
    video, sound = folder / "in_sync.mp4", folder / "in_sync.wav"
    command = ["-v", "error", "-i", str(video), "-vn", "-af", "adelay=240:all=1", str(sound)]
    subprocess.run([imageio_ffmpeg.get_ffmpeg_exe(), *command], check=True)
    assert main(["score", str(video), "--audio", str(sound) if named == "beside" else ".wav", "--json"]) == 0
    document = json.loads(capsys.readouterr().out)
    assert document["offset_frames"] == -6
    assert document["file"] == str(video)
    sound.unlink()
    assert main(["score", str(video), "--audio", ".wav", "--json"]) == 1
    assert json.loads(capsys.readouterr().out)["error"]["code"] == "file_not_found"


@pytest.mark.parametrize(
    "arguments",
    [
        ["--json", "--format", "csv"],
        ["--format", "parquet"],
        ["--out", "results.txt"],
        ["y.mp4", "--audio", "x.wav"],
        ["--audio", "x.wav", "y.mp4"],
        ["--annotate", "a.mp4", "--audio", "x.wav"],
    ],
    ids=" ".join,
)
def test_what_does_not_go_together_is_a_usage_error(arguments: list[str], capsys: Captured) -> None:
    assert main(["score", "x.mp4", *arguments]) == 2
    assert "error [usage]" in capsys.readouterr().err


def test_files_may_stand_on_both_sides_of_an_option(folder: Path, capsys: Captured) -> None:
    assert main(["score", str(folder / "in_sync.mp4"), "--format", "jsonl", str(folder / "late_sound.mp4")]) == 0
    assert len(capsys.readouterr().out.splitlines()) == 2
    assert main(["score", "x.mp4", "--audio", "x.wav", "y.mp4"]) == 2
    assert "--audio names the sound of one FILE" in capsys.readouterr().err


@pytest.mark.parametrize("wrong", ["tomorrow", "01:00:00:25"])
def test_a_timecode_is_checked_before_anything_is_scored(wrong: str, folder: Path, scored: list[str], capsys: Captured) -> None:
    video, out = folder / "in_sync.mp4", folder / "out.edl"
    assert main(["score", str(video), "--markers", str(out), "--start-timecode", wrong]) == 1
    assert "error [bad_timecode]" in capsys.readouterr().err
    assert (scored, out.exists()) == ([], False)


def test_lines_of_a_journal_that_lack_something_are_told_and_done_again(tmp_path: Path, capsys: Captured) -> None:
    out = tmp_path / "out.csv"
    with Journal(out) as journal:
        journal.add("whole", {"action": "drop", "out": None})
        journal.add("half", {"action": "drop"})
    with Journal(out, needs=("action", "out")) as journal:
        assert ("whole" in journal, "half" in journal) == (True, False)
    assert "line 2 has no out; what it tells of is done again" in capsys.readouterr().err


def test_a_journal_survives_half_a_line_and_forgets_errors(tmp_path: Path) -> None:
    out = tmp_path / "out.csv"
    with Journal(out) as journal:
        journal.add(key_of("models", "a"), {"score": 1})
        journal.add(key_of("models", "b"), {"error": {"code": "x"}})
    with journal.path.open("ab") as file:
        file.write(b'{"half')
    with Journal(out) as journal:
        assert key_of("models", "a") in journal
        assert key_of("models", "b") not in journal
        assert key_of("others", "a") not in journal
        journal.add(key_of("models", "c"), {"score": 3})
        assert [journal.get(key_of("models", name))["score"] for name in "ac"] == [1, 3]
        journal.done()
    assert list(tmp_path.iterdir()) == []
