"""The program itself and the packages of its parts."""

import importlib.util
import os
import platform
import sys

from lipgate.core import __version__
from lipgate.core.runtime import frozen, how_to_install
from lipgate.desktop.doctor.check import Check

API = ("fastapi", "uvicorn", "python_multipart")
LANGUAGES = ("es", "en")


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
    from lipgate.desktop.kiosk.listening import available

    heard = [language for language in LANGUAGES if available(language)]
    if not heard:
        return Check("phrase recogniser", "warn", "none: the kiosk cannot check what was said", _install("kiosk"))
    return Check("phrase recogniser", "ok", f"for phrases in {', '.join(heard)}")


def _install(extra: str) -> str:
    if frozen():
        return "This copy of the program is not whole; copy its folder again."
    return f"Run: {how_to_install(extra)}"
