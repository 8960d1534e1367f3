"""Starts the frozen program in surroundings that give it nothing."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

SAMPLES = Path(__file__).parents[3] / "samples"

ODD_NAME = "vídeo de prueba 出.mp4"

OWN = ("file", "processing_time_ms", "timings_ms")


def run(*command: str | Path, environment: dict[str, str] | None = None, cwd: str = "/") -> subprocess.CompletedProcess[str]:
    """Run something to its end, in an empty environment."""
    return subprocess.run(
        [str(word) for word in command],
        env=environment or {},
        cwd=cwd,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        encoding="utf-8",
        errors="surrogateescape",
        timeout=120,
        check=False,
    )


def document(done: subprocess.CompletedProcess[str], status: int = 0) -> Any:
    """The JSON that a run has printed; nothing but it, and nothing on standard error."""
    assert (done.returncode, done.stderr) == (status, ""), done.stderr
    return json.loads(done.stdout)


def judged(report: dict[str, Any]) -> dict[str, Any]:
    """A report without what no two runs have in common."""
    return {key: judged(value) if isinstance(value, dict) else value for key, value in report.items() if key not in OWN}


def no_network(*command: str | Path) -> list[str]:
    """The command in a network that has not even a loopback."""
    return _if_it_works(["unshare", "--net"] if is_root() else ["unshare", "--map-root-user", "--net"], command)


def as_nobody(*command: str | Path) -> list[str]:
    """The command as a user who owns nothing."""
    if not is_root():
        pytest.skip("only root can become another user")
    return _if_it_works(["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"], command)


def read_only(folder: Path, *command: str | Path) -> list[str]:
    """The command where nothing can be written to `folder`, not even by root."""
    return [*_own_mounts('mount --bind "$0" "$0" && mount -o remount,bind,ro "$0" && exec "$@"'), str(folder), *map(str, command)]


def with_root(root: Path, *command: str | Path) -> list[str]:
    """The command with another root folder, which gets the devices and processes of this machine."""
    for name in ("dev", "proc"):
        (root / name).mkdir()
    script = 'mount --bind /dev "$0/dev" && mount --bind /proc "$0/proc" && exec chroot "$0" "$@"'
    return [*_own_mounts(script), str(root), *map(str, command)]


def is_root() -> bool:
    """Whether these tests run as root."""
    return hasattr(os, "geteuid") and os.geteuid() == 0


def _own_mounts(script: str) -> list[str]:
    """What runs a shell script whose mounts nobody else sees."""
    if not is_root():
        pytest.skip("only root can mount")
    return _if_it_works(["unshare", "--mount"], ("/bin/sh", "-c", script))


def _if_it_works(prefix: list[str], command: tuple[str | Path, ...]) -> list[str]:
    """The command behind a prefix, which containers may forbid."""
    program = shutil.which(prefix[0])
    if program is None or sys.platform != "linux":
        pytest.skip(f"there is no {prefix[0]}")
    trial = subprocess.run([program, *prefix[1:], "true"], capture_output=True, check=False)
    if trial.returncode:
        pytest.skip(f"{prefix[0]} is not allowed here: {trial.stderr.decode()}")
    return [program, *prefix[1:], *map(str, command)]
