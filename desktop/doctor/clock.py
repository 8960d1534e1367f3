"""The clock: records of a station are worth as much as the time on them."""

import time
from datetime import UTC, datetime

from lipgate.core.weights.manifest import weights_folder
from lipgate.desktop.doctor.check import Check

_SLACK = 24 * 3600
"""Seconds by which files may seem younger than the clock: their dates may be of another time zone."""


def checks(now: float | None = None) -> list[Check]:
    """Whether it is later than this program's own files.

    Args:
        now: POSIX seconds; the clock's by default.
    """
    now = time.time() if now is None else now
    made = (weights_folder() / "manifest.json").stat().st_mtime
    found = datetime.fromtimestamp(now, UTC).strftime("%Y-%m-%d %H:%M:%S UTC")
    if now < made - _SLACK:
        since = datetime.fromtimestamp(made, UTC).strftime("%Y-%m-%d")
        return [Check("clock", "warn", f"{found}, before this program was made ({since})", "Set the clock: timedatectl, or NTP.")]
    return [Check("clock", "ok", found)]
