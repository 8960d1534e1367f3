"""Times the scoring of real files, stage by stage."""

import os
import platform
import resource
import statistics
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from lipgate.core.constants import VIDEO_FPS
from lipgate.core.models import Models
from lipgate.core.pipeline import score


@dataclass(frozen=True)
class Timing:
    """Median times of one file."""

    file: str
    video_s: float
    total_ms: float
    stages_ms: dict[str, float]


@dataclass(frozen=True)
class Benchmark:
    """All timings and what they were taken on."""

    machine: str
    device: str
    model: str
    detector: str
    load_ms: float
    peak_mb: float
    timings: list[Timing]


def measure(files: Sequence[Path], rounds: int, model: str | None, detector: str | None, device: str | None) -> Benchmark:
    """Score each file `rounds` times, after one round that does not count.

    Raises:
        LipgateError: as `lipgate.core.pipeline.score` and `Models.load`.
    """
    began = time.perf_counter()
    models = Models.load(model, detector, device)
    load_ms = (time.perf_counter() - began) * 1000
    timings = []
    for file in files:
        reports = [score(file, models) for _ in range(rounds + 1)][1:]
        stages = {name: statistics.median(report.timings_ms[name] for report in reports) for name in reports[0].timings_ms}
        total = statistics.median(report.processing_time_ms for report in reports)
        timings.append(Timing(file.name, reports[0].decoded_frames / VIDEO_FPS, total, stages))
    unit = 1 if sys.platform == "darwin" else 1024
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit / 1e6
    return Benchmark(_machine(), models.device, models.sync_info.name, models.detector_info.name, load_ms, peak, timings)


def print_table(result: Benchmark) -> None:
    """Print for a person."""
    from rich.table import Table

    from lipgate.handlers.commands.printing import show

    show(f"{result.machine}; {result.model} + {result.detector} on {result.device}")
    show(f"models loaded in {result.load_ms:.0f} ms; peak memory {result.peak_mb:.0f} MB (without ffmpeg)")
    table = Table(box=None, padding=(0, 2, 0, 0), header_style="dim")
    table.add_column("file", overflow="fold")
    for name in ("video", "score", "x real time"):
        table.add_column(name, justify="right", no_wrap=True)
    table.add_column("of which", overflow="fold")
    for timing in result.timings:
        speed = timing.video_s * 1000 / timing.total_ms
        parts = ", ".join(f"{name} {value:.0f}" for name, value in timing.stages_ms.items() if value >= 1)
        table.add_row(timing.file, f"{timing.video_s:.1f} s", f"{timing.total_ms:.0f} ms", f"{speed:.1f}", parts)
    show(table)


def _machine() -> str:
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    return f"{platform.system()} {platform.machine()}, {cores} cores, Python {platform.python_version()}"
