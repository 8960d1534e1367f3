"""`lipgate filter` over real clips: each in its place, one line each, however often the run was ended."""

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from importlib.util import find_spec
from pathlib import Path

import pytest

from lipgate.core.models import Models
from lipgate.core.pipeline import score
from lipgate.desktop.cli import main

SAMPLES = Path(__file__).parents[3] / "samples"
RULES = ["--min-confidence", "1"]
"""Puppets fit loosely."""


def lines(out: Path) -> list[dict]:
    """Of all manifests, without what tells them from one another."""
    found = [json.loads(line) for path in sorted(out.glob("manifest*.jsonl")) for line in path.read_text().splitlines()]
    alike = [{**line, "out": line["out"] and Path(line["out"]).name, "key": None} for line in found]
    return sorted(alike, key=lambda line: line["file"])


@pytest.fixture(scope="module")
def clips(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two of each sample."""
    folder = tmp_path_factory.mktemp("clips")
    for name in ("dubbed", "in_sync", "late_sound"):
        for number in (1, 2):
            shutil.copy(SAMPLES / f"{name}.mp4", folder / f"{name}{number}.mp4")
    return folder


@pytest.fixture(scope="module")
def whole(clips: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Results of one run over all."""
    out = tmp_path_factory.mktemp("whole")
    assert main(["filter", str(clips), "--out", str(out), *RULES, "-q"]) == 0
    return out


def test_clips_are_kept_shifted_and_dropped(whole: Path, clips: Path) -> None:
    found = lines(whole)
    assert [(Path(line["file"]).stem, line["action"]) for line in found] == [
        *(("dubbed1", "drop"), ("dubbed2", "drop"), ("in_sync1", "keep")),
        *(("in_sync2", "keep"), ("late_sound1", "shift"), ("late_sound2", "shift")),
    ]
    assert sorted(path.name for path in (whole / "clips").iterdir()) == [
        *("in_sync1.mp4", "in_sync2.mp4", "late_sound1.mp4", "late_sound2.mp4")
    ]
    assert (whole / "clips/in_sync1.mp4").samefile(clips / "in_sync1.mp4")
    assert [line["moved_ms"] for line in found if line["action"] == "shift"] == [-240.0, -240.0]
    assert score(whole / "clips/late_sound1.mp4", Models.load()).to_dict()["offset_frames"] == 0
    assert all(line["lse_c"] is None for line in found)  # a scale of syncnet


def test_shards_give_what_one_run_gives(whole: Path, clips: Path, tmp_path: Path) -> None:
    for part in ("1/2", "2/2"):
        assert main(["filter", str(clips), "--out", str(tmp_path), *RULES, "--shard", part, "-q"]) == 0
    assert {path.name for path in tmp_path.glob("manifest*")} == {
        "manifest-00001-of-00002.jsonl",
        "manifest-00002-of-00002.jsonl",
    }
    assert lines(tmp_path) == lines(whole)


@pytest.mark.skipif(sys.platform == "win32", reason="there is no SIGKILL")
def test_a_run_that_is_killed_loses_nothing_and_doubles_nothing(whole: Path, clips: Path, tmp_path: Path) -> None:
    command = [sys.executable, "-m", "lipgate", "filter", str(clips), "--out", str(tmp_path), *RULES, "-q"]
    journal = tmp_path / "manifest.jsonl.part.jsonl"
    for known in (1, 3):
        process = subprocess.Popen(command, cwd=SAMPLES.parent, env={**os.environ, "PYTHONPATH": str(SAMPLES.parent / "src")})
        while process.poll() is None and (not journal.exists() or journal.read_bytes().count(b"\n") < known):
            time.sleep(0.02)
        process.send_signal(signal.SIGKILL)
        process.wait()
    assert main([*command[3:]]) == 0
    assert lines(tmp_path) == lines(whole)
    assert not journal.exists()


@pytest.mark.parametrize("over", ["clip", "clip moved", "manifest"])
def test_nothing_is_written_over_a_clip(over: str, clips: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """What lies in OUT already may be a part of the data set."""
    named = {"clip": "clips/a.mp4", "clip moved": "clips/a.avi.mkv", "manifest": "manifest.jsonl"}[over]
    first = tmp_path / ("a.avi" if over == "clip moved" else "a.mp4")
    shutil.copy(clips / "late_sound1.mp4", first)
    other = tmp_path / named
    other.parent.mkdir(exist_ok=True)
    shutil.copy(clips / "in_sync1.mp4", other)
    before = other.read_bytes()
    files = [str(first), str(other)] if over == "manifest" else [str(tmp_path)]
    assert main(["filter", *files, "--out", str(tmp_path), *RULES, "-q"]) == 1
    assert f"{other} is one of the clips" in capsys.readouterr().err
    assert other.read_bytes() == before


def test_a_line_without_what_a_line_needs_is_done_again(clips: Path, whole: Path, tmp_path: Path) -> None:
    kept = [json.loads(line) for line in (whole / "manifest.jsonl").read_text().splitlines()]
    clip = str(clips / "dubbed1.mp4")
    (key,) = [line["key"] for line in kept if line["file"] == clip]
    (tmp_path / "manifest.jsonl").write_text(json.dumps({"file": clip, "key": key}) + "\n")
    assert main(["filter", clip, "--out", str(tmp_path), "--list-only", *RULES, "-q"]) == 0
    assert [line["action"] for line in lines(tmp_path)] == ["drop"]


def test_a_clip_that_went_away_is_made_again_and_a_bad_one_is_told(clips: Path, whole: Path, tmp_path: Path) -> None:
    clip, bad = str(clips / "late_sound1.mp4"), tmp_path / "bad.mp4"
    bad.write_text("no video")
    out = tmp_path / "out"
    for _ in range(2):
        assert main(["filter", clip, str(bad), "--out", str(out), *RULES, "-q"]) == 1
        (out / "clips/late_sound1.mp4").unlink()
    shifted, broken = [json.loads(line) for line in (out / "manifest.jsonl").read_text().splitlines()]
    assert (shifted["action"], broken["error"]["code"]) == ("shift", "not_a_video")


def test_the_manifest_may_be_parquet_and_the_clips_left_where_they_are(clips: Path, tmp_path: Path) -> None:
    parquet = pytest.importorskip("pyarrow.parquet")
    assert main(["filter", str(clips / "in_sync1.mp4"), "--out", str(tmp_path), "--list-only", "--parquet", "-q"]) == 0
    (row,) = parquet.read_table(tmp_path / "manifest.parquet").to_pylist()
    assert (row["action"], row["out"], row["offset_frames"]) == ("drop", None, 0.0)
    assert "below 0.5" in row["rule"]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["manifest.jsonl", "manifest.parquet"]


@pytest.mark.slow
@pytest.mark.skipif(not Path("/proc/self/environ").exists(), reason="finds the worker to kill in /proc")
@pytest.mark.skipif(find_spec("ray") is None, reason="Ray is an extra: pip install 'lipgate[ray]'")
def test_ray_gives_what_one_run_gives_though_a_worker_is_killed(whole: Path, clips: Path, tmp_path: Path) -> None:
    code = """
import contextlib, os, signal, sys, threading, time
from pathlib import Path
import ray
from lipgate.desktop.cli import main
ray.init(num_cpus=2, logging_level="error", log_to_driver=False, include_dashboard=False)
mark = b"LIPGATE_TEST=" + os.environ["LIPGATE_TEST"].encode()
def kill_one():
    while True:
        for place in Path("/proc").glob("[0-9]*"):
            with contextlib.suppress(OSError):
                named = (place / "cmdline").read_bytes()
                if named.startswith(b"ray::") and b"OnRay" in named and mark in (place / "environ").read_bytes():
                    os.kill(int(place.name), signal.SIGKILL)
                    print("killed", flush=True)
                    return
        time.sleep(0.05)
threading.Thread(target=kill_one, daemon=True).start()
sys.exit(main(sys.argv[1:]))
"""
    command = ["filter", str(clips), "--out", str(tmp_path), *RULES, "--ray", "--jobs", "2", "-q"]
    environment = {**os.environ, "PYTHONPATH": str(SAMPLES.parent / "src"), "LIPGATE_TEST": str(tmp_path)}
    done = subprocess.run([sys.executable, "-c", code, *command], env=environment, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout[:7]) == (0, "killed\n"), done.stderr  # Ray then says so, too
    assert lines(tmp_path) == lines(whole)
