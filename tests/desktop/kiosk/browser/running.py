"""The kiosk as a process of its own."""

import os
import subprocess
import sys
import time
from pathlib import Path

import httpx

from tests.desktop.kiosk.lenient import LENIENT

MAX_ATTEMPTS = 3

STATION = {
    "LIPGATE_KIOSK_MAX_ATTEMPTS": str(MAX_ATTEMPTS),
    "LIPGATE_KIOSK_LANGUAGE": "es",
    # A browser on a busy machine shows the pictures of a film late by a frame or two more.
    "LIPGATE_MAX_OFFSET_FRAMES": "4",
    # Who is on a film reads nothing that could be known before.
    "LIPGATE_KIOSK_PHRASE_CHECK": "0",
}


class RunningKiosk:
    """The process, and a client that goes round the page."""

    def __init__(self, folder: Path, **environment: str) -> None:
        """Args:
        folder: for what it keeps, and its log.
        environment: settings beside those of `STATION`.
        """
        self.log = (folder / "kiosk.log").open("ab")
        self.process = subprocess.Popen(
            [sys.executable, "-P", "-m", "lipgate", "kiosk", "--data-dir", str(folder / "kiosk")],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=self.log,
            env={**os.environ, **LENIENT, **STATION, **environment},
        )
        assert self.process.stdout is not None
        self.link = self.process.stdout.readline().decode().strip()
        assert self.link.startswith("http://127.0.0.1:"), (folder / "kiosk.log").read_text()
        self.base = self.link.partition("/?")[0]
        self.client = httpx.Client(base_url=self.base, trust_env=False, timeout=60)

    def state(self, session: str) -> str:
        """What has become of a session."""
        return str(self.client.get(f"/api/sessions/{session}").json()["state"])

    def ended(self, session: str) -> str:
        """What has become of a session that is to end; the page leaves it before the station knows."""
        until = time.monotonic() + 20
        while self.state(session) == "open" and time.monotonic() < until:
            time.sleep(0.05)
        return self.state(session)

    def close(self) -> None:
        self.process.terminate()
        self.process.wait()
        assert self.process.stdout is not None
        self.process.stdout.close()
        self.client.close()
        self.log.close()
