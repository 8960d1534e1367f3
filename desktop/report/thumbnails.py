"""Small pictures of a video at equal distances, as data in the page."""

import base64
import time

from lipgate.core.constants import VIDEO_FPS
from lipgate.core.errors import InputError
from lipgate.core.media import ffmpeg
from lipgate.core.report import Report

COUNT = 10
_WIDTH = 160
_SECONDS = 20.0
"""Longest time that all of them may take: a page without pictures is better than none."""


def thumbnails(report: Report, count: int = COUNT) -> list[str]:
    """JPEG pictures as `data:` addresses, each from the middle of one of `count` equal parts; none where they cannot be had."""
    length = report.decoded_frames / VIDEO_FPS
    deadline = time.monotonic() + _SECONDS
    found = []
    for number in range(count):
        picture = _picture(report, length * (number + 0.5) / count, deadline)
        if not picture:
            return []
        found.append(f"data:image/jpeg;base64,{base64.b64encode(picture).decode()}")
    return found


def _picture(report: Report, seconds: float, deadline: float) -> bytes:
    clip = report.clip
    source = ["-loglevel", "error", "-ss", f"{seconds:.3f}", *ffmpeg.input_arguments(clip.path, clip.max_pixels)]
    scaled = ["-map", clip.picture.of_input(0), "-frames:v", "1", "-vf", f"scale={_WIDTH}:-2", "-q:v", "6"]
    try:
        with ffmpeg.running([*source, *scaled, "-f", "mjpeg", "pipe:1"], deadline=deadline) as process:
            assert process.stdout is not None  # noqa: S101
            picture = process.stdout.read()
            return picture if process.wait() == 0 else b""
    except (OSError, InputError):
        return b""
