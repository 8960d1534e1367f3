"""Reports made of numbers, for what is told of them: nothing is scored."""

from pathlib import Path

import numpy as np

from lipgate.core.judgeable import ClipFacts
from lipgate.core.limits import Limits
from lipgate.core.media import Clip
from lipgate.core.report import ModelInfo, Report
from lipgate.core.sync.course import Course
from lipgate.core.track_result import NO_COURSE
from lipgate.core.verdict import judge
from tests.core.test_verdict import CALIBRATION, track

INFO = ModelInfo("mini", "0", "0" * 64, True)

Part = tuple[int, int, float, int | None]
"""First and last frame, confidence, offset in frames; None: fits nowhere."""


def report(
    *parts: Part,
    path: Path = Path("clip.mp4"),
    frames: int = 0,
    fps: float | None = 25.0,
    silent: slice | None = None,
    course: Course = NO_COURSE,
    limits: Limits = Limits(profile="media"),  # noqa: B008 - frozen
) -> Report:
    """The report of a film with one face, which speaks all the time but in `silent`. Frames are those of 25 fps."""
    length = frames or max(part[1] for part in parts)
    spoken = np.ones(length, bool)
    if silent:
        spoken[silent] = False
    facts = ClipFacts(True, length, length, 9000, 1, spoken)
    longest = max(parts, key=lambda part: part[1] - part[0])
    tracks = [
        track(confidence=longest[2], offset=longest[3] or 0, frames=max(part[1] for part in parts), parts=parts, changes=course)
    ]
    clip = Clip(path, "0" * 64, length / 25, fps, 640, 360, True)
    return Report(clip, length, judge(tracks, facts, CALIBRATION, limits), tracks, CALIBRATION, INFO, INFO, "cpu", limits, 10)
