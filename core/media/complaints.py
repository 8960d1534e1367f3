"""The end of every ffmpeg run that writes a file: feed it, read its complaints, and know whether it worked."""

import re
import subprocess
from collections import deque
from contextlib import suppress
from threading import Thread
from typing import IO

_LINES = 20
_SOURCE_OF_LINE = re.compile(r"^(\[[^\]]*\]\s*)+")
_UNPRINTABLE = re.compile(r"[^\x20-\x7e\xa0-\uffff]")


class Complaints:
    """Reads the log of a running ffmpeg, so that it never waits for a reader, and keeps its last lines."""

    def __init__(self, process: subprocess.Popen[bytes]) -> None:
        """Args: process: started with `capture_log=True`."""
        assert process.stderr is not None  # noqa: S101
        self._lines: deque[bytes] = deque(maxlen=_LINES)
        self._thread = Thread(target=self._keep, args=[process.stderr], daemon=True)
        self._thread.start()

    def _keep(self, log: IO[bytes]) -> None:
        # Whoever is done with the process without asking closes its log, also while it is being read.
        with suppress(OSError, ValueError):
            self._lines.extend(log)

    def text(self) -> str:
        """The first complaint kept, for a person. Call it when the process has ended."""
        self._thread.join(timeout=10)
        lines = [_SOURCE_OF_LINE.sub("", line.decode("utf-8", "replace").strip()) for line in self._lines]
        said = next((line for line in lines if line), "ffmpeg gave no reason")
        return _UNPRINTABLE.sub("?", said).rstrip(".")[:300]
