"""The comparison of speeds: who is timed, who is not and why, and what is made of the numbers. No number is held to a clock."""

import json
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from bench.speed.cases import Case
from bench.speed.contenders import NAMES, Choice, Contender, contenders
from bench.speed.measure import How, measure
from bench.speed.process import run
from bench.speed.results import Measurement, Results, Throughput, line
from bench.speed.table import markdown
from lipgate.desktop.cli import main
from lipgate.desktop.commands.bench import CONTENDERS

HOW = How(rounds=1, device="cpu", limit_s=300)


def case(seconds: float, name: str = "clip") -> Case:
    return Case(name, Path("clip.mp4"), seconds, 320, 180, 1, by_length=True)


def measured(name: str, cost: float) -> Measurement:
    return Measurement(name, "one", "measured", seconds=cost, load_s=0.1, real_time_factor=1.0)


def test_the_command_knows_all_contenders() -> None:
    assert (*NAMES, "jobs") == CONTENDERS


def test_one_run_measures_and_writes(puppet: Callable[..., Path], tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    clip = puppet(seconds=2.4, size=(320, 180), face_px=90, preset="ultrafast")
    target = tmp_path / "found.json"
    options = ["--only", "decode", "--only", "mini", "--rounds", "2", "--json", str(target), "--results", str(tmp_path / "a.md")]
    assert main(["bench", str(clip), *options]) == 0
    found = json.loads(target.read_text())
    decoding, scoring = found["measurements"]
    assert [decoding["state"], scoring["state"]] == ["measured", "measured"]
    assert len(scoring["all_seconds"]) == 2
    assert {"probe", "faces", "sync"} <= scoring["stages_ms"].keys()
    assert scoring["tracks"] == 1
    if sys.platform == "linux":
        assert scoring["peak_mb"] > 50  # Python, ONNX Runtime and ffmpeg take more than that
    assert "Lipgate mini + yunet" in capfd.readouterr().out
    assert "Lipgate mini + yunet" in (tmp_path / "a.md").read_text()


def test_who_is_not_there_is_skipped_with_a_reason(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bench.speed.contenders.torch_installed", lambda: False)
    choice = Choice(only=("reference", "syncnet-python"), other_python="/nowhere/python")
    found = [measure(one, case(2), [], HOW) for one in contenders(choice)]
    assert [one.state for one in found] == ["skipped", "skipped"]
    assert found[0].reason == "PyTorch is not installed."
    assert "/nowhere/python cannot be started" in str(found[1].reason)


def test_slow_ones_are_not_given_long_videos() -> None:
    slow = Contender("slow", lambda _: ["false"], longest_s=20)
    assert measure(slow, case(60), [], HOW).state == "skipped"


@pytest.mark.parametrize(
    ("code", "limit_s", "said"),
    [("raise ValueError('broken')", 60, "ValueError: broken"), ("import time; time.sleep(60)", 0.3, "longer than 0.3 s")],
)
def test_what_breaks_or_hangs_is_told(code: str, limit_s: float, said: str) -> None:
    broken = Contender("broken", lambda _: [sys.executable, "-c", code])
    found = measure(broken, case(2), [], How(1, "cpu", limit_s))
    assert found.state == "failed"
    assert said in str(found.reason)


@pytest.mark.skipif(sys.platform != "linux", reason="memory is read from /proc")
def test_memory_is_that_of_children_too() -> None:
    child = "x = bytearray(200_000_000); import time; time.sleep(1)"
    ended = run([sys.executable, "-c", f"import subprocess, sys; subprocess.run([sys.executable, '-c', {child!r}])"], limit_s=60)
    assert ended.peak_mb is not None
    assert ended.peak_mb > 200


def test_a_straight_line_is_found() -> None:
    found = line("one", [(2, 0.3), (5, 0.6), (600, 60.1)])
    assert found.fixed_s == pytest.approx(0.1)
    assert found.per_video_second_s == pytest.approx(0.1)
    assert found.worst_residual < 1e-6


def test_two_lengths_make_no_line() -> None:
    cases = [case(2, "a"), case(5, "b")]
    assert Results(cases, [measured("a", 1), measured("b", 2)], []).lines() == []


def test_the_page_tells_what_failed() -> None:
    failed = Measurement("clip", "one", "failed", "It broke.")
    page = markdown(Results([case(2)], [failed], [Throughput(4, 2, None, None, "It died.")]), "./lipgate bench", None)
    assert "| clip | one | failed | - | - | - | It broke. |" in page
    assert "| 4 | 2 | failed | - | - | It died. |" in page


def test_the_page_tells_which_aims_were_reached_and_which_were_not() -> None:
    def took(case: str, contender: str, seconds: float, peak_mb: float) -> Measurement:
        return Measurement(case, contender, "measured", seconds=seconds, load_s=0.1, real_time_factor=1.0, peak_mb=peak_mb)

    measured = [
        took("5 s 720p", "Lipgate mini + yunet", 0.7, 350),
        took("5 s 720p", "Lipgate syncnet + yunet, random weights", 5.0, 600),
        took("5 s 720p", "reference's steps, random weights", 60.0, 900),
        took("5 s 2160p", "decode only", 2.0, 200),
        took("5 s 2160p", "Lipgate mini + yunet", 2.5, 600),
    ]
    files = [Throughput(1, 1, 1.1, None), Throughput(16, 1, 12.0, None), Throughput(16, 2, 8.0, None)]
    page = markdown(Results([], measured, files), "./lipgate bench", None)
    assert "| 5 s of 720p, networks loaded | at most 0.45 s | 0.70 | no |" in page
    assert "| 5 s of 720p, from the prompt | at most 1.2 s | 1.10 | yes |" in page
    assert "| two processes against one, files a second | at least 1.8 times | 1.50 | no |" in page
    assert "| 5 s of 4K against plain decoding | at most 1.3 times | 1.25 | yes |" in page
    assert "| memory with ffmpeg's, 5 s of 720p | at most 400 MB | 350 | yes |" in page
    assert "| syncnet against the reference's steps | at least 5 times as fast | 12.00 | yes |" in page
    assert "10 minutes" not in page
    assert "aimed at" not in markdown(Results([], measured[3:4], []), "./lipgate bench", None)


def test_an_output_that_cannot_be_written_is_said_before_anything_is_timed(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["bench", "--json", "/nowhere/at/all.json"]) == 2
    assert "does not exist" in capsys.readouterr().err
