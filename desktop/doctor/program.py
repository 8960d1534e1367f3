"""The program itself and the packages of its parts."""

import importlib.util
import os
import platform
import sys

from lipgate.core import __version__
from lipgate.core.errors import LipgateError
from lipgate.core.runtime import frozen, how_to_install
from lipgate.desktop.doctor.check import Check
from lipgate.desktop.kiosk.phrases import DIGITS

API = ("fastapi", "uvicorn", "python_multipart")


def checks() -> list[Check]:
    """Version and interpreter, API, kiosk, recogniser of spoken phrases."""
    return [_program(), _api(), _recogniser()]


def _program() -> Check:
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    kind = f"frozen, {sys.executable}" if frozen() else f"Python {platform.python_version()}, {sys.executable}"
    found = (
        f"Lipgate {__version__} on {platform.system()} {platform.machine()}, {cores} {'core' if cores == 1 else 'cores'}; {kind}"
    )
    return Check("program", "ok", found)


def _api() -> Check:
    missing = [name for name in API if importlib.util.find_spec(name) is None]
    if missing:
        return Check("api and kiosk", "warn", f"not installed: {', '.join(missing)}", _install("api"))
    return Check("api and kiosk", "ok", "installed")


def _recogniser() -> Check:
    from lipgate.desktop.kiosk.ears.reading import open_reader
    from lipgate.desktop.kiosk.ears.weights import remedy
    from lipgate.desktop.kiosk.settings import kiosk_settings

    try:
        open_reader(kiosk_settings().ears_dir)
    except (LipgateError, ValueError) as error:
        why = f"none, so nobody can pass at the kiosk: {error}"
        return Check("phrase recogniser", "warn", why, remedy())
    return Check("phrase recogniser", "ok", f"Whisper base, as the manifest has it, for phrases in {', '.join(DIGITS)}")


def _install(extra: str) -> str:
    if frozen():
        return "This copy of the program is not whole; copy its folder again."
    return f"Run: {how_to_install(extra)}"
