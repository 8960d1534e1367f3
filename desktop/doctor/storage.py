"""Folders that are written to: there or to be made, writable, and with room. A score of a file writes nothing."""

import os
import shutil
import tempfile
from pathlib import Path

from lipgate.desktop.doctor.check import Check
from lipgate.desktop.kiosk.settings import kiosk_settings
from lipgate.handlers.settings import service_settings

ROOM = 1 << 30
"""Bytes that should be free: a recording is tens of megabytes, and a full disk stops a station."""


def checks(station: Path | None = None) -> list[Check]:
    """Data of the API, of the kiosk, and temporary files.

    Args:
        station: folder of a running station, which has the data of its API in it too; without one those of the settings.
    """
    if station is not None:
        return [_folder("station folder", station, "--data-dir or LIPGATE_KIOSK_DIR"), _temporary()]
    return [
        _folder("data folder", service_settings().data_dir, "LIPGATE_DATA_DIR"),
        _folder("station folder", kiosk_settings().dir, "LIPGATE_KIOSK_DIR"),
        _temporary(),
    ]


def _temporary() -> Check:
    try:
        return _folder("temporary folder", Path(tempfile.gettempdir()), "TMPDIR")
    except FileNotFoundError:
        return Check("temporary folder", "warn", "none that can be written to", "Set TMPDIR to one, with room for recordings.")


def _folder(name: str, folder: Path, variable: str) -> Check:
    """Looks without making anything: the nearest parent that exists decides."""
    there = next((path for path in (folder, *folder.absolute().parents) if path.exists()), None)
    if there is None or not there.is_dir():
        return Check(name, "warn", f"{folder} cannot be made", f"Set {variable} to a folder that can.")
    if not os.access(there, os.W_OK | os.X_OK) or not _takes_files(there):
        return Check(
            name, "warn", f"{folder} cannot be written to", f"Give this user the right, or set {variable} to another folder."
        )
    free = shutil.disk_usage(there).free
    found = f"{folder}{'' if there == folder else ' (made when needed)'}, {free / 1e9:.1f} GB free"
    if free < ROOM:
        return Check(name, "warn", found, f"Free at least {ROOM / 1e9:.0f} GB there, or set {variable} to a larger disk.")
    return Check(name, "ok", found)


def _takes_files(folder: Path) -> bool:
    """Permissions do not tell of a file system that is mounted read-only, full, or out of its quota."""
    try:
        with tempfile.TemporaryFile(dir=folder) as file:
            file.write(b"\0" * 4096)
            file.flush()
    except OSError:
        return False
    return True
