"""Looks at this machine: what Lipgate has here, what it lacks, and what to do about it. One module for each family of checks."""

from collections.abc import Callable
from importlib import import_module
from pathlib import Path

from lipgate.desktop.doctor.check import Check, State

__all__ = ["Check", "State", "checks", "fit_to_score"]

FAMILIES = ("program", "ffmpeg", "networks", "gpu", "devices", "browser", "storage", "clock")
"""Modules of this package, in the order of the report. Each has `checks() -> list[Check]`; that of storage takes a folder."""

_NEEDED = ("program", "ffmpeg", "networks")
"""Those without which nothing can be scored."""


def checks(station: Path | None = None) -> list[Check]:
    """Look at everything; takes a second or two. A check that breaks is itself reported and costs no other.

    Args:
        station: folder of the station that asks; without one the folders of the settings are looked at.
    """
    return [check for family in FAMILIES for check in _guarded(family, _load(family, station))]


def fit_to_score(found: list[Check]) -> bool:
    """Whether nothing failed that a score needs."""
    return all(check.state != "fail" for check in found)


def _load(family: str, station: Path | None) -> Callable[[], list[Check]]:
    told = (station,) if family == "storage" else ()
    # Inside the guard of its own: a broken installation shows as an import that fails.
    return lambda: import_module(f"{__name__}.{family}").checks(*told)


def _guarded(family: str, look: Callable[[], list[Check]]) -> list[Check]:
    try:
        return look()
    except Exception as error:  # the doctor must be able to speak of any machine, also of one nobody thought of
        found = f"cannot be checked: {type(error).__name__}: {error}"
        state: State = "fail" if family in _NEEDED else "warn"
        return [Check(family, state, found, "Install Lipgate again; if that does not help, report these words.")]
