"""`lipgate watch`: which files are taken and when, each once, results whole or not at all, through every kind of trouble."""

import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from core.errors import InputError, LipgateError, OutputError
from core.settings import settings
from desktop import watch as watch_module
from desktop import watch_results
from desktop.cli import main
from desktop.score_command import Outcome
from desktop.watch import Watcher
from desktop.watch_folder import Arrival, WatchedFolder
from desktop.watch_results import MARK, Results

SAMPLES = Path(__file__).parents[1] / "samples"
Captured = pytest.CaptureFixture[str]


class Clock:
    """Seconds that pass when told to."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


class Bench:
    """A watcher whose scores are counted and not computed: `bench.pass_by()` lets time pass and looks once."""

    def __init__(self, folder: Path, results: Path | None = None) -> None:
        self.clock = Clock()
        self.folder = WatchedFolder(folder, settle_s=2.0, clock=self.clock)
        self.results = Results(results or folder, html=False)
        self.scored: list[str] = []
        self.told: list[str] = []
        self.complaints: list[str] = []
        self.during: Callable[[Path], None] = lambda path: None
        self.watcher = Watcher(self.folder, self.results, self.score, self.tell, self.complaints.append)

    def score(self, path: Path) -> Outcome:
        self.scored.append(path.name)
        self.during(path)
        return Outcome(str(path), error=LipgateError("not_a_video", "No."))

    def tell(self, outcome: Outcome, arrival: Arrival) -> None:
        self.told.append(arrival.path.name)

    def pass_by(self, seconds: float = 0.0) -> None:
        self.clock.now += seconds
        look = self.watcher._look()
        if look is not None:
            self.watcher.step(look)


@pytest.fixture(autouse=True)
def _fresh_settings() -> None:
    settings.cache_clear()


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    return Bench(tmp_path)


def grow(path: Path, text: str = "x") -> None:
    with path.open("a") as file:
        file.write(text)


def no_space(path: Path) -> None:
    raise OSError(28, "No space left on device")


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
    def full(outcome: Outcome, arrival: Arrival) -> None:
        raise OutputError("output_failed", "No.")

    monkeypatch.setattr(watch_module, "MOST_UNWRITTEN", 2)
    monkeypatch.setattr(bench.results, "write", full)
    for name in "abcd":
        (tmp_path / name).write_text("x")
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


def test_it_stops_when_told(bench: Bench) -> None:
    stop = threading.Event()
    thread = threading.Thread(target=bench.watcher.run, args=[stop, 60.0])
    thread.start()
    stop.set()
    thread.join(timeout=10)
    assert not thread.is_alive()


def folder_of(tmp_path: Path, *names: str) -> Path:
    folder = tmp_path / "in"
    folder.mkdir()
    for name in names:
        (folder / name).write_bytes((SAMPLES / "in_sync.mp4").read_bytes())
    return folder


def test_once_scores_what_is_there(capsys: Captured, tmp_path: Path) -> None:
    folder = folder_of(tmp_path, "clip.mp4", "ñandú 出.mp4")
    assert main(["watch", str(folder), "--once", "--settle", "0", "--report"]) == 0
    assert "clip.mp4: ALLOW score" in capsys.readouterr().out
    for name in ("clip.mp4", "ñandú 出.mp4"):
        result = json.loads((folder / f"{name}.json").read_text())
        assert (result["decision"], result["offset_frames"]) == ("ALLOW", 0)
        assert "<svg" in (folder / f"{name}.html").read_text()
    assert main(["watch", str(folder), "--once", "--settle", "0"]) == 0
    assert capsys.readouterr().out == ""


def test_once_tells_of_files_that_failed(capsys: Captured, tmp_path: Path) -> None:
    folder = folder_of(tmp_path, "clip.mp4")
    (folder / "bad.mp4").write_text("x")
    assert main(["watch", str(folder), "--once", "--settle", "0", "--json", "--results", str(tmp_path / "a" / "b")]) == 1
    lines = {Path(line["file"]).name: line for line in map(json.loads, capsys.readouterr().out.splitlines())}
    assert lines["clip.mp4"]["decision"] == "ALLOW"
    assert lines["bad.mp4"]["error"]["code"] == "not_a_video"
    assert json.loads((tmp_path / "a" / "b" / "bad.mp4.json").read_text()) == lines["bad.mp4"]


def test_a_name_that_is_not_text_is_shown_on_one_line(capsys: Captured, tmp_path: Path) -> None:
    folder = folder_of(tmp_path)
    Path(os.fsdecode(os.fsencode(folder) + b"/caf\xe9\n.mp4")).write_text("x")
    assert main(["watch", str(folder), "--once", "--settle", "0"]) == 1
    [line] = capsys.readouterr().out.splitlines()
    assert line.startswith("caf\\udce9\\n.mp4: error [not_a_video]")


def test_once_leaves_what_still_grows(capsys: Captured, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = folder_of(tmp_path, "clip.mp4")
    wait = threading.Event.wait

    def growing(event: threading.Event, timeout: float | None = None) -> bool:
        if timeout == 0.01:
            grow(folder / "clip.mp4")
        return wait(event, timeout)

    monkeypatch.setattr(threading.Event, "wait", growing)
    assert main(["watch", str(folder), "--once", "--settle", "0.01"]) == 0
    captured = capsys.readouterr()
    assert captured.out == ""
    assert "clip.mp4 is still growing" in captured.err


def test_a_folder_that_is_not_there_is_an_error(capsys: Captured, tmp_path: Path) -> None:
    assert main(["watch", str(tmp_path / "none"), "--once"]) == 1
    assert "[file_not_found]" in capsys.readouterr().err


def test_results_that_cannot_go_anywhere_are_an_error(capsys: Captured, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    assert main(["watch", str(tmp_path), "--once", "--settle", "0", "--results", str(tmp_path / "file" / "sub")]) == 1
    assert "[output_failed]" in capsys.readouterr().err


@pytest.mark.parametrize("value", ["-1", "x", "nan", "1e9"])
def test_odd_times_are_usage_errors(value: str, tmp_path: Path) -> None:
    with pytest.raises(SystemExit) as stop:
        main(["watch", str(tmp_path), "--settle", value])
    assert stop.value.code == 2


def started(folder: Path, *options: str) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "desktop", "watch", str(folder), "--settle", "0", "--interval", "0.1", *options]
    return subprocess.Popen(
        command,
        cwd=SAMPLES.parent,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        # Tests run in the background ignore Ctrl-C, and so would what they start.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),  # noqa: PLW1509
    )


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_it_well(number: signal.Signals, tmp_path: Path) -> None:
    with started(folder_of(tmp_path, "clip.mp4")) as process:
        assert process.stdout is not None
        assert "clip.mp4: ALLOW" in process.stdout.readline()
        process.send_signal(number)
        out, err = process.communicate(timeout=30)
    assert (process.returncode, out, err) == (0, "", "")


def test_after_a_kill_what_is_done_stays_done(tmp_path: Path) -> None:
    folder = folder_of(tmp_path, "clip.mp4")
    with started(folder) as process:
        assert process.stdout is not None
        assert "clip.mp4" in process.stdout.readline()
        process.kill()
    (folder / "next.mp4").write_text("x")
    assert main(["watch", str(folder), "--once", "--settle", "0"]) == 1
    assert json.loads((folder / "clip.mp4.json").read_text())["decision"] == "ALLOW"
    assert json.loads((folder / "next.mp4.json").read_text())["error"]["code"] == "not_a_video"


def test_an_error_is_told_as_score_tells_it(tmp_path: Path) -> None:
    outcome = Outcome("x.mp4", error=InputError("empty_file", "Nothing in it."))
    arrival = Arrival(tmp_path / "x.mp4", watch_results.State(0, 7))
    assert watch_results.document(outcome, arrival) == {
        "file": "x.mp4",
        "error": {"code": "empty_file", "message": "Nothing in it."},
        MARK: {"bytes": 0, "modified_ns": 7},
    }
