"""What a million clips cost: CPU seconds that a clip takes, all processes counted, times a price.

    python -m bench.cost samples/in_sync.mp4 --clips 50 --per-hour 0.04 [--reference]

`lipgate filter` runs over so many copies of the clip, no two with the same bytes, and what the system counted for it and for the
ffmpeg that it starts is divided by their number: starting and loading are in it once. With --reference the steps of
joonson/syncnet_python are taken for one copy (see `bench.speed.reference`; needs PyTorch), less what loading takes.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path

from bench.killed_filter import copies
from bench.speed.process import ROOT, python

MILLION = 1_000_000


def cpu_seconds(work: Callable[[], object]) -> float:
    """CPU seconds, of the system too, that processes took which were started and ended meanwhile."""
    before = os.times()
    work()
    after = os.times()
    return after.children_user + after.children_system - before.children_user - before.children_system


def of_filter(clip: Path, count: int) -> float:
    """CPU seconds a clip."""
    with tempfile.TemporaryDirectory(prefix="lipgate-") as name:
        folder = Path(name)
        copies(clip, count, folder / "clips")
        command = python("lipgate", "filter", str(folder / "clips"), "--out", str(folder / "out"), "-q")
        return cpu_seconds(lambda: _run(command)) / count


def of_reference(clip: Path) -> float:
    """CPU seconds for one clip and one face."""
    request = {"clip": str(clip.resolve()), "seconds": 0.0, "rounds": 1, "warm": False, "device": "cpu"}
    boxes = json.loads(_run(python("bench.speed.worker", "faces", json.dumps(request))))["boxes"][:1]

    def taken(rounds: int) -> float:
        asked = json.dumps(request | {"rounds": rounds, "boxes": boxes})
        # On one thread: several wait for one another at full speed, and that would be counted.
        return cpu_seconds(lambda: _run(python("bench.speed.worker", "reference", asked), OMP_NUM_THREADS="1"))

    return taken(1) - taken(0)


def _run(command: Sequence[str], **extra: str) -> str:
    paths = os.pathsep.join([str(ROOT), str(ROOT / "src")])
    environment = {**os.environ, "PYTHONPATH": paths, **extra}
    done = subprocess.run(command, capture_output=True, text=True, check=True, env=environment, cwd=ROOT)
    return done.stdout


def main(arguments: Sequence[str] | None = None) -> int:
    """Command line."""
    parser = argparse.ArgumentParser(prog="python -m bench.cost", description="What a million clips cost.")
    parser.add_argument("clip", type=Path, metavar="CLIP")
    parser.add_argument("--clips", type=int, default=50, metavar="N")
    parser.add_argument("--per-hour", type=float, default=0.04, metavar="PRICE", help="of a core (0.04)")
    parser.add_argument("--reference", action="store_true", help="the reference's steps too")
    options = parser.parse_args(arguments)
    found = {"lipgate filter": of_filter(options.clip, options.clips)}
    if options.reference:
        found["the reference's steps"] = of_reference(options.clip)
    for name, seconds in found.items():
        hours = seconds * MILLION / 3600
        print(
            f"{name:22} {seconds:7.2f} CPU s a clip, {hours:7.0f} core hours a million, {hours * options.per_hour:8.2f} in money"
        )
    return 0


if __name__ == "__main__":
    sys.exit(main())
