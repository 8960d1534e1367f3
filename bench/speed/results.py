"""What was measured, as the JSON has it."""

import os
import platform
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Literal

import numpy as np

from bench.speed.cases import Case
from lipgate.core import __version__

SCHEMA = 1


@dataclass(frozen=True)
class Measurement:
    """One contender on one clip."""

    case: str
    contender: str
    state: Literal["measured", "skipped", "failed"]
    reason: str | None = None
    """Why it was skipped or failed."""
    seconds: float | None = None
    """Median over rounds of the time one score takes, networks loaded; None, as all below, where nothing was measured."""
    all_seconds: list[float] = field(default_factory=list)
    load_s: float | None = None
    """Time to import and load what is needed."""
    real_time_factor: float | None = None
    """Seconds of video in a second."""
    stages_ms: dict[str, float] = field(default_factory=dict)
    """Medians."""
    peak_mb: float | None = None
    """Most resident memory at a time, of the process and of all it started (ffmpeg); None where it cannot be watched."""
    tracks: int | None = None
    """Faces that were followed."""


@dataclass(frozen=True)
class Throughput:
    """The command line over several files."""

    files: int
    jobs: int
    seconds: float | None
    """From the prompt to the end, start of Python and networks included; None where it failed."""
    peak_mb: float | None
    """As that of `Measurement`."""
    reason: str | None = None
    """Why it failed."""


@dataclass(frozen=True)
class Line:
    """Cost over length as a straight line through what was measured."""

    contender: str
    fixed_s: float
    """What a clip costs however short it is."""
    per_video_second_s: float
    worst_residual: float
    """Largest distance from the line, as a part of what was measured."""


@dataclass(frozen=True)
class Results:
    """One run of the benchmark."""

    cases: list[Case]
    measurements: list[Measurement]
    throughput: list[Throughput]

    def lines(self) -> list[Line]:
        """Of every contender that was measured at three lengths or more."""
        lengths = {case.name: case.seconds for case in self.cases if case.by_length}
        found = []
        for contender in dict.fromkeys(item.contender for item in self.measurements):
            points = [
                (lengths[item.case], item.seconds)
                for item in self.measurements
                if item.contender == contender and item.seconds is not None and item.case in lengths
            ]
            if len(points) >= 3:
                found.append(line(contender, points))
        return found

    def to_dict(self) -> dict[str, Any]:
        """The document."""
        return {
            "schema": SCHEMA,
            "version": __version__,
            "machine": machine(),
            "cases": [asdict(case) | {"clip": case.clip.name} for case in self.cases],
            "measurements": [asdict(item) for item in self.measurements],
            "lines": [asdict(item) for item in self.lines()],
            "throughput": [asdict(item) for item in self.throughput],
        }


def line(contender: str, points: Sequence[tuple[float, float]]) -> Line:
    """Fit a line. Each point weighs by its own size: else the longest clip alone would place it.

    Args:
        contender: whose.
        points: seconds of video and seconds it took, at least two of different length.
    """
    length, cost = np.array(points, float).T
    columns = np.stack([np.ones_like(length), length], axis=1) / cost[:, None]
    (fixed, slope), *_ = np.linalg.lstsq(columns, np.ones_like(cost), rcond=None)
    residual = np.abs((fixed + slope * length) / cost - 1).max()
    return Line(contender, float(fixed), float(slope), float(residual))


def machine() -> dict[str, Any]:
    """What it was measured on."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    return {
        "system": f"{platform.system()} {platform.machine()}",
        "processor": _processor(),
        "cores": cores,
        "memory_gb": _memory_gb(),
        "python": platform.python_version(),
        "load_before": round(os.getloadavg()[0], 2) if hasattr(os, "getloadavg") else None,
    }


def _processor() -> str:
    try:
        text = Path("/proc/cpuinfo").read_text(encoding="utf-8")
    except OSError:
        return platform.processor() or "unknown"
    names = [row.partition(":")[2].strip() for row in text.splitlines() if row.startswith("model name")]
    return names[0] if names else "unknown"


def _memory_gb() -> float | None:
    try:
        return round(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 1e9, 1)
    except (AttributeError, ValueError, OSError):
        return None
