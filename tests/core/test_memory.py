"""A long video needs no more memory than a short one."""

import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(sys.platform != "linux", reason="measures memory through /proc"),
]

ROOT = Path(__file__).parents[2]
MOST_MB = 750


def peak_mb(process: int) -> float:
    """Most memory a process has used since it began, 0 when it has ended."""
    try:
        found = re.search(r"VmHWM:\s+(\d+) kB", (Path("/proc") / str(process) / "status").read_text())
    except OSError:
        return 0.0
    return int(found[1]) / 1024 if found else 0.0


def children(parent: int) -> list[int]:
    found = []
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            if int(stat.read_text().rpartition(")")[2].split()[1]) == parent:
                found.append(int(stat.parent.name))
        except OSError:  # ended meanwhile
            continue
    return found


def memory_of_a_score(clip: Path) -> tuple[list[float], float]:
    """The command's peak so far, again and again while it runs, and the peak of its two largest ffmpeg processes; in MB."""
    command = [sys.executable, "-P", "-m", "lipgate", "score", "--json", str(clip)]
    peaks, ffmpegs = [], {}
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.DEVNULL) as program:
        while True:
            try:
                status = program.wait(timeout=0.05)
                break
            except subprocess.TimeoutExpired:
                peaks.append(peak_mb(program.pid))
                for child in children(program.pid):
                    ffmpegs[child] = max(ffmpegs.get(child, 0.0), peak_mb(child))
    assert status == 0
    return peaks, sum(sorted(ffmpegs.values())[-2:])


def test_memory_does_not_grow_with_the_length(puppet: Callable[..., Path]) -> None:
    clip = puppet(seconds=90.0, size=(1280, 720), face_px=200, preset="ultrafast")
    peaks, ffmpegs = memory_of_a_score(clip)
    assert max(peaks) + ffmpegs < MOST_MB
    assert max(peaks) < peaks[len(peaks) * 6 // 10] + 40, "the last third of the video needed more than all before it"
