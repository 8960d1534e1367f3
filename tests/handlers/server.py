"""`lipgate serve` as a process of its own, spoken to over a real socket."""

import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import httpx

from tests.processes import alive, descendants, ffmpegs

STARTING_S = 60.0


class Server:
    """A running `lipgate serve`. Its folders outlive it, so that another one can go on."""

    def __init__(self, folder: Path, *options: str, script: bool = False, **environment: str) -> None:
        """Start it and wait until it answers.

        Args:
            folder: for what it keeps.
            options: of the command line.
            script: by the installed program instead of the module.
            environment: more variables.
        """
        self.folder = folder
        self.videos = folder / "videos"
        self.videos.mkdir(exist_ok=True)
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        places = ["--port", str(port), "--data-dir", str(folder / "data"), "--upload-dir", str(self.videos)]
        program = [str(Path(sys.executable).with_name("lipgate"))] if script else [sys.executable, "-P", "-m", "lipgate"]
        self.log = (folder / "log").open("ab")
        self.process = subprocess.Popen(
            [*program, "serve", *places, *options],
            stderr=self.log,
            stdin=subprocess.DEVNULL,
            env={**os.environ, "LIPGATE_THREADS": "1", **environment},
            cwd=folder,
        )
        self.client = httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=60, trust_env=False)
        self.port = port
        deadline = time.monotonic() + STARTING_S
        while True:
            with contextlib.suppress(httpx.TransportError):
                self.client.get("/health")
                return
            if self.process.poll() is not None or time.monotonic() > deadline:
                self.kill()
                raise AssertionError(self.text())

    def text(self) -> str:
        """Its log so far."""
        return (self.folder / "log").read_text()

    def lines(self) -> list[dict[str, Any]]:
        """The log's lines, each of which must be JSON."""
        return [json.loads(line) for line in self.text().splitlines()]

    def scoring(self) -> list[int]:
        """The processes that score a video just now: those with an ffmpeg. Linux."""
        # One that was killed keeps its ffmpeg until the last of its threads has gone.
        return [pid for pid in descendants(self.process.pid) if alive(pid) and ffmpegs(pid)]

    def until(self, job_id: str, *states: str) -> dict[str, Any]:
        """The job as soon as it is in one of these states."""
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline:
            document = self.client.get(f"/jobs/{job_id}").json()
            if document["state"] in states:
                return dict(document)
        raise AssertionError(f"{document['state']}: {self.text()}")

    def terminate(self, number: int = signal.SIGTERM) -> int:
        """Tell it to end; its exit status."""
        self.process.send_signal(number)
        return self.process.wait(60)

    def kill(self) -> None:
        """SIGKILL."""
        self.process.kill()
        self.process.wait()
        self.client.close()
        self.log.close()
