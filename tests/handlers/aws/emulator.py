"""Lambda's own protocol without Docker: AWS's Runtime Interface Emulator with AWS's Python runtime client."""

import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest

from tests.processes import descendants

ROOT = Path(__file__).parents[3]
TOOLS = Path(os.environ.get("LIPGATE_AWS_TOOLS", ROOT / "build" / "aws-tools"))
"""Environment with aws-sam-cli, which brings the emulator: made by .ci/aws-tools."""

START_SECONDS = 30.0


def emulator() -> Path:
    """The program; skips the test where it is not there."""
    if sys.platform != "linux" or find_spec("awslambdaric") is None:
        pytest.skip("Lambda's runtime client is not installed: ./lipgate install aws-test")
    machine = {"x86_64": "x86_64", "aarch64": "arm64"}[os.uname().machine]
    found = list(TOOLS.glob(f"lib/python3*/site-packages/samcli/local/rapid/aws-lambda-rie-{machine}"))
    if not found:
        pytest.skip("Lambda's emulator is not installed: .ci/aws-tools")
    return found[0]


class Function:
    """A function that runs in the emulator."""

    def __init__(self, process: subprocess.Popen[bytes], port: int, log: Path) -> None:
        self._process = process
        self._url = f"http://127.0.0.1:{port}/2015-03-31/functions/function/invocations"
        self._log = log

    def invoke(self, event: Any, timeout_s: float = 90) -> Any:
        """What the handler returns; of a handler that failed, the emulator's error."""
        request = urllib.request.Request(self._url, json.dumps(event).encode(), method="POST")  # noqa: S310
        with urllib.request.urlopen(request, timeout=timeout_s) as response:  # noqa: S310
            return json.loads(response.read())

    def kill(self) -> None:
        """End it as a machine ends that loses power: no process of it is told."""
        _kill(self._process)

    def log(self) -> str:
        """What it has written so far."""
        return self._log.read_text(errors="replace")


@contextmanager
def function(
    handler: str, environment: dict[str, str], log: Path, timeout_s: int = 60, disk: Path | None = None
) -> Iterator[Function]:
    """Run a handler.

    Args:
        handler: `module.name`.
        environment: variables beside those of the machine.
        log: file for what it writes.
        timeout_s: of the function, as in template.yaml.
        disk: folder in the place of /tmp; a new one by default.
    """
    disk = disk or log.with_name(f"{log.name}-disk")
    disk.mkdir(exist_ok=True)
    program, port, runtime_port = emulator(), _free_port(), _free_port()
    clean = {name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "LIPGATE_"))}
    limits = {"AWS_LAMBDA_FUNCTION_TIMEOUT": str(timeout_s), "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": "3538"}
    command = [
        str(program),
        f"--runtime-interface-emulator-address=127.0.0.1:{port}",
        f"--runtime-api-address=127.0.0.1:{runtime_port}",
        *(sys.executable, "-m", "awslambdaric", handler),
    ]
    with log.open("wb") as output:
        process = subprocess.Popen(
            command,
            cwd=ROOT,
            env={**clean, **limits, **environment, "PYTHONPATH": str(ROOT), "TMPDIR": str(disk), "OMP_NUM_THREADS": "1"},
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    try:
        _wait_for(port, process, log)
        yield Function(process, port, log)
    finally:
        _kill(process)


def _kill(process: subprocess.Popen[bytes]) -> None:
    """With all it has started: the emulator gives the runtime a group of its own, and the scorer does so with ffmpeg."""
    if process.poll() is None:
        for pid in [process.pid, *descendants(process.pid)]:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        process.wait()


def _free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


def _wait_for(port: int, process: subprocess.Popen[bytes], log: Path) -> None:
    until = time.monotonic() + START_SECONDS
    while time.monotonic() < until and process.poll() is None:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        threading.Event().wait(0.02)
    raise AssertionError(f"the emulator did not start: {log.read_text(errors='replace')}")
