"""Timecode without dropped frames, at the rate that editing programs give a video."""

import re
from dataclasses import dataclass

from lipgate.core.constants import VIDEO_FPS
from lipgate.core.errors import InputError

RESOLVE_START = "01:00:00:00"
"""Where a timeline of DaVinci Resolve begins unless told otherwise."""

_WRITTEN = re.compile(r"(\d{2}):([0-5]\d):([0-5]\d):(\d{2})")


@dataclass(frozen=True)
class Timecode:
    """Counts the frames of one video."""

    fps: float
    """Pictures per second; 29.97 counts 30 a second of timecode."""
    start_frames: int = 0
    """Where the count begins."""

    @classmethod
    def of(cls, fps: float | None, start: str = "00:00:00:00") -> "Timecode":
        """For a video of that rate.

        Args:
            fps: None where the file does not say; 25 is taken.
            start: timecode of the first frame, HH:MM:SS:FF.

        Raises:
            InputError: bad_timecode.
        """
        counter = cls(fps if fps and 1 <= fps <= 1000 else float(VIDEO_FPS))
        found = _WRITTEN.fullmatch(start)
        if found is None or (fps and int(found[4]) >= counter.nominal):
            raise InputError("bad_timecode", f"{start} is no timecode of {counter.fps:g} frames a second, HH:MM:SS:FF.")
        hours, minutes, seconds, frames = map(int, found.groups())
        return cls(counter.fps, ((hours * 60 + minutes) * 60 + seconds) * counter.nominal + frames)

    @property
    def nominal(self) -> int:
        """Frames that a second of timecode counts."""
        return max(1, round(self.fps))

    def frame(self, seconds: float) -> int:
        """Number of the frame shown at a time, from 0."""
        return round(seconds * self.fps)

    def at(self, frame: int) -> str:
        """Timecode of a frame; it begins anew after 24 hours."""
        whole, frames = divmod(frame + self.start_frames, self.nominal)
        return f"{whole // 3600 % 24:02d}:{whole // 60 % 60:02d}:{whole % 60:02d}:{frames:02d}"
