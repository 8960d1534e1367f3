"""How long a job may be scored: as long as the length of its video gives reason for, and not as long as a film would take."""

import threading
import time

START_SECONDS = 120.0
"""For starting, loading and a first look, whatever the length."""


class Pace:
    """Stands in for the event that stops a score: set where that event is, or where the time is over."""

    def __init__(self, stop: threading.Event, seconds_per_second: float) -> None:
        """Args:
        stop: ends the score, too.
        seconds_per_second: time allowed per second of video, beside `START_SECONDS`.
        """
        self._stop = stop
        self._rate = seconds_per_second
        self._began = time.monotonic()
        self.allowed: float | None = None
        """Seconds; None until the length of the video is known."""

    def told(self, done: float, total: float | None) -> None:  # noqa: ARG002 - progress has both
        """Hears the progress of the score."""
        if total is not None:
            self.allowed = START_SECONDS + self._rate * total

    @property
    def over(self) -> bool:
        """Whether the score took longer than it may, and nothing else ends it."""
        late = self.allowed is not None and time.monotonic() - self._began > self.allowed
        return late and not self._stop.is_set()

    def is_set(self) -> bool:
        """Whether to stop."""
        return self._stop.is_set() or self.over
