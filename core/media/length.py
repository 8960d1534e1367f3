"""How long a picture really lasts, by its packets: what a container says of its length may be anything."""

from pathlib import Path

from lipgate.core.media import ffmpeg
from lipgate.core.media.tracks import Track

LONGEST_STEP_S = 10.0
"""A longer way from one picture to the next, or one back, is a jump of the clock."""


def measured_s(path: Path, film: Track, at_most_s: float, deadline: float | None = None) -> float | None:
    """Add up the steps from picture to picture; nothing is decoded.

    Args:
        path: a local file.
        film: the picture track.
        at_most_s: the count ends once it is past this.
        deadline: `time.monotonic()` at which to give up.

    Returns:
        Seconds; None where no packet has a time.

    Raises:
        Overdue: the deadline passed.
    """
    tick = float(film.tick)
    copied = ["-map", film.specifier, "-c", "copy", "-fflags", "+bitexact", "-f", "framecrc", "pipe:1"]
    arguments = ["-loglevel", "quiet", *ffmpeg.input_arguments(path), *copied]
    length, last, lasts = 0.0, None, 0.0
    with ffmpeg.running(arguments, deadline=deadline) as process:
        assert process.stdout is not None  # noqa: S101
        for line in process.stdout:
            if line.startswith(b"#"):
                continue
            _, at, _, duration, *_ = line.split(b",")
            step = 0.0 if last is None else (int(at) - last) * tick
            length += step if 0 < step <= LONGEST_STEP_S else (lasts if last is not None else 0.0)
            last, lasts = int(at), min(max(int(duration) * tick, 0.0), LONGEST_STEP_S)
            if length > at_most_s:
                break
        if process.overdue:
            raise ffmpeg.Overdue
    return None if last is None else length + lasts
