"""Whether `lipgate filter` loses or doubles a clip when it is killed, again and again, at moments of chance.

    python -m bench.killed_filter samples/*.mp4 --clips 2000 --kills 20 --folder /tmp/killed

Many small clips are cut out of a few: two seconds each, no two with the same bytes. The program is killed (SIGKILL) and started
anew until it has been killed so often; the last run is left to end. Then each clip must have one line, what was kept must be
there and nothing else, and clips cut out of one source must have come to the same end.
"""

import argparse
import json
import os
import signal
import subprocess
import sys
import time
from collections import Counter, defaultdict
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from lipgate.core.media import ffmpeg

ROOT = Path(__file__).parents[1]
SECONDS = 2
SIDE = 320
"""Pixels of a clip."""


def make(sources: Sequence[Path], count: int, folder: Path) -> None:
    """Write so many clips; those that are there stay."""
    folder.mkdir(parents=True, exist_ok=True)
    for number, source in enumerate(sources):
        small = folder.parent / f"source{number}.mp4"
        size = ["-vf", f"scale={SIDE}:-2", "-t", str(SECONDS), "-c:v", "libx264", "-preset", "veryfast", "-c:a", "aac"]
        _ffmpeg([*ffmpeg.input_arguments(source), *size, f"file:{small}"])
        copies(small, len(range(number, count, len(sources))), folder, f"{number}-")


def copies(clip: Path, count: int, folder: Path, prefix: str = "") -> None:
    """So many copies of a clip, no two with the same bytes, nothing encoded; those that are there stay."""
    folder.mkdir(parents=True, exist_ok=True)
    for index in range(count):
        copy = folder / f"{prefix}{index:05}.mp4"
        if not copy.exists():
            _ffmpeg([*ffmpeg.input_arguments(clip), "-c", "copy", "-metadata", f"title={index}", f"file:{copy}"])


def kill_often(command: Sequence[str], kills: int, rng: np.random.Generator, longest_s: float) -> tuple[int, int]:
    """Run a command to its end, killed so often before. Returns: how often it was killed, and its exit status."""
    environment = {**os.environ, "PYTHONPATH": str(ROOT / "src")}
    for done in range(kills):
        process = subprocess.Popen(command, cwd=ROOT, env=environment, start_new_session=True)
        try:
            return done, process.wait(rng.uniform(1, longest_s))
        except subprocess.TimeoutExpired:
            _kill(process)
    return kills, subprocess.run(command, cwd=ROOT, env=environment, check=False).returncode


def problems(clips: Sequence[Path], out: Path) -> list[str]:
    """What was lost, doubled or left over."""
    lines = [json.loads(line) for line in (out / "manifest.jsonl").read_text().splitlines()]
    times = Counter(line["file"] for line in lines)
    found = [f"{clip}: {times[str(clip)]} lines" for clip in clips if times[str(clip)] != 1]
    kept = {Path(line["out"]) for line in lines if line.get("out")}
    there = {path for path in (out / "clips").rglob("*") if path.is_file()}
    found += [f"{path}: said to be kept, and is not there" for path in kept - there]
    found += [f"{path}: there, and in no line" for path in there - kept]
    found += [f"{path}: left over" for path in out.iterdir() if path.name not in ("clips", "manifest.jsonl")]
    ends = defaultdict(set)
    for line in lines:
        ends[Path(line["file"]).name.partition("-")[0]].add((line["action"], line.get("offset_frames"), line.get("score")))
    return found + [
        f"clips of source {source} came to different ends: {sorted(map(str, end))}"
        for source, end in ends.items()
        if len(end) > 1
    ]


def _kill(process: subprocess.Popen[bytes]) -> None:
    """Kill it and what it started in its session; ffmpeg has sessions of its own, and ends when nobody reads it."""
    os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def _ffmpeg(arguments: list[str]) -> None:
    with ffmpeg.running(["-loglevel", "error", "-y", *arguments]) as process:
        if process.wait():
            raise SystemExit(f"ffmpeg failed: {' '.join(arguments)}")


def main(arguments: Sequence[str] | None = None) -> int:
    """Command line; 0, or 1 where something was lost or doubled."""
    options = _parser().parse_args(arguments)
    rng = np.random.default_rng(options.seed)
    clips, out = options.folder / "clips", options.folder / "out"
    make(options.sources, options.clips, clips)
    command = [sys.executable, "-m", "lipgate", "filter", str(clips), "--out", str(out), "--min-confidence", "0.5", "-q"]
    began = time.monotonic()
    kills, status = kill_often([*command, "--jobs", str(options.jobs)], options.kills, rng, options.longest)
    took = time.monotonic() - began
    files = sorted(clips.glob("*.mp4"))
    wrong = problems(files, out)
    for problem in wrong[:20]:
        print(problem)
    counts = Counter(json.loads(line)["action"] for line in (out / "manifest.jsonl").read_text().splitlines())
    print(f"{len(files)} clips, killed {kills} times in {took:.0f} s, exit status {status}: {dict(counts)}, {len(wrong)} wrong")
    return 1 if wrong or status else 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m bench.killed_filter", description="Kill `lipgate filter` again and again.")
    parser.add_argument("sources", type=Path, nargs="+", metavar="CLIP", help="what the clips are cut out of")
    parser.add_argument("--folder", type=Path, required=True, metavar="DIR", help="for clips and results")
    parser.add_argument("--clips", type=int, default=2000, metavar="N")
    parser.add_argument("--kills", type=int, default=20, metavar="N")
    parser.add_argument("--longest", type=float, default=60.0, metavar="S", help="it is killed within so many seconds (60)")
    parser.add_argument("--jobs", type=int, default=1, metavar="N")
    parser.add_argument("--seed", type=int, default=0)
    return parser


if __name__ == "__main__":
    sys.exit(main())
