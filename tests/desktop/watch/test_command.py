"""The command `lipgate watch` on real samples: `--once`, errors, signals, kills."""

import json
import os
import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from lipgate.desktop.cli import main
from tests.desktop.watch.conftest import SAMPLES, folder_of, grow

Captured = pytest.CaptureFixture[str]


def test_once_scores_what_is_there(capsys: Captured, tmp_path: Path) -> None:
    folder = folder_of(tmp_path, "clip.mp4", "ñandú 出.mp4")
    assert main(["watch", str(folder), "--once", "--settle", "0", "--report"]) == 0
    assert "clip.mp4: NEXT score" in capsys.readouterr().out
    for name in ("clip.mp4", "ñandú 出.mp4"):
        result = json.loads((folder / f"{name}.json").read_text())
        assert (result["decision"], result["offset_frames"]) == ("NEXT", 0)
        assert "<svg" in (folder / f"{name}.html").read_text()
    assert main(["watch", str(folder), "--once", "--settle", "0"]) == 0
    assert capsys.readouterr().out == ""


def test_once_tells_of_files_that_failed(capsys: Captured, tmp_path: Path) -> None:
    folder = folder_of(tmp_path, "clip.mp4")
    (folder / "bad.mp4").write_text("x")
    assert main(["watch", str(folder), "--once", "--settle", "0", "--json", "--results", str(tmp_path / "a" / "b")]) == 1
    lines = {Path(line["file"]).name: line for line in map(json.loads, capsys.readouterr().out.splitlines())}
    assert lines["clip.mp4"]["decision"] == "NEXT"
    assert lines["bad.mp4"]["error"]["code"] == "not_a_video"
    assert json.loads((tmp_path / "a" / "b" / "bad.mp4.json").read_text()) == lines["bad.mp4"]


def test_a_name_that_is_not_text_is_shown_on_one_line(capsys: Captured, tmp_path: Path) -> None:
    folder = folder_of(tmp_path)
    Path(os.fsdecode(os.fsencode(folder) + b"/caf\xe9\n.mp4")).write_text("x")
    assert main(["watch", str(folder), "--once", "--settle", "0"]) == 1
    [line] = capsys.readouterr().out.splitlines()
    assert line.startswith("caf\\udce9\\n.mp4: error [not_a_video]")


def test_once_tells_of_a_name_that_leaves_no_room_for_a_result(capsys: Captured, tmp_path: Path) -> None:
    (tmp_path / f"{'a' * 247}.mp4").write_text("x")
    assert main(["watch", str(tmp_path), "--once", "--settle", "0", "--json"]) == 1
    captured = capsys.readouterr()
    assert json.loads(captured.out)["error"]["code"] == "output_failed"
    assert captured.err == ""


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="there is no device that is always full")
def test_output_that_finds_no_room_is_not_blamed_on_the_folder(tmp_path: Path) -> None:
    (tmp_path / "bad.mp4").write_text("x")
    command = [sys.executable, "-m", "lipgate", "watch", str(tmp_path), "--once", "--settle", "0"]
    with Path("/dev/full").open("w") as full:
        ended = subprocess.run(command, cwd=SAMPLES.parent, stdout=full, stderr=subprocess.PIPE, text=True, check=False)
    assert (ended.returncode, ended.stderr.splitlines()) == (
        1,
        ["error [output_failed]: The output cannot be written: No space left on device."],
    )


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
    command = [sys.executable, "-m", "lipgate", "watch", str(folder), "--settle", "0", "--interval", "0.1", *options]
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
        assert "clip.mp4: NEXT" in process.stdout.readline()
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
    assert json.loads((folder / "clip.mp4.json").read_text())["decision"] == "NEXT"
    assert json.loads((folder / "next.mp4.json").read_text())["error"]["code"] == "not_a_video"
