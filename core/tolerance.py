"""Tolerances of the trade: how early or late sound may be, and what is made of it where it is more.

An offset becomes `pass`, `issue` or `blocker`. Where a source gives one limit only, what nobody finds acceptable any more
(ITU-R BT.1359, 90 ms early and 185 ms late) is the blocker.
"""

import math
from dataclasses import dataclass
from enum import StrEnum

from lipgate.core.errors import SettingsError


class Severity(StrEnum):
    """What a stretch means for whoever accepts the file."""

    PASS = "pass"  # noqa: S105 - a grade
    ISSUE = "issue"
    BLOCKER = "blocker"
    NOT_JUDGED = "not_judged"


@dataclass(frozen=True)
class Bounds:
    """How far sound may be off, in milliseconds, at least 0."""

    early_ms: float
    late_ms: float

    def hold(self, offset_ms: float) -> bool:
        """Whether an offset (positive: early) is within them, the bounds themselves included."""
        return -self.late_ms <= offset_ms <= self.early_ms


@dataclass(frozen=True)
class Tolerance:
    """Turns offsets into severities."""

    name: str
    issue: Bounds
    """Beyond these a stretch is an issue."""
    blocker: Bounds | None = None
    """Beyond these it is a blocker; None: no stretch is one by itself."""
    most_share: float = 0.5
    """Where more than this share of what could be judged is not within `issue`, the file as a whole is a blocker."""

    def grade(self, offset_ms: float) -> Severity:
        """Grade an offset; positive: the sound is early."""
        if self.blocker is not None and not self.blocker.hold(offset_ms):
            return Severity.BLOCKER
        return Severity.PASS if self.issue.hold(offset_ms) else Severity.ISSUE


ACCEPTABLE = Bounds(90, 185)
"""ITU-R BT.1359-1: nobody finds more acceptable."""

TOLERANCES = {
    one.name: one
    for one in (
        Tolerance("ebu-r37", Bounds(40, 60), ACCEPTABLE),  # EBU R37, at emission
        Tolerance("ebu-r37-exchange", Bounds(20, 40), ACCEPTABLE),
        Tolerance("ebu-r37-production", Bounds(5, 15), ACCEPTABLE),
        Tolerance("itu-bt1359", Bounds(45, 125), ACCEPTABLE),  # detectable, acceptable
        Tolerance("atsc-is191", Bounds(15, 45), ACCEPTABLE),
        # As streaming services check dialogue: an issue in scenes, a blocker in most of the programme; two frames of film.
        Tolerance("netflix-like", Bounds(83, 83)),
    )
}
"""By name: EBU R37-2007, ITU-R BT.1359-1, ATSC IS-191, and what streaming services ask of a dub."""


def tolerance(text: str) -> Tolerance | None:
    """A tolerance by name, or one's own: `EARLY/LATE`, `EARLY/LATE,EARLY/LATE` with those of a blocker, in milliseconds.

    Returns:
        None for `none`.

    Raises:
        SettingsError: bad_setting.
    """
    if text == "none":
        return None
    if text in TOLERANCES:
        return TOLERANCES[text]
    try:
        first, *rest = [_bounds(part) for part in text.split(",")]
    except ValueError:
        names = ", ".join(TOLERANCES)
        raise SettingsError(f"tolerance is '{text}' and must be one of {names}, or EARLY/LATE in ms such as 40/60") from None
    if len(rest) > 1 or (rest and (rest[0].early_ms < first.early_ms or rest[0].late_ms < first.late_ms)):
        raise SettingsError(f"tolerance is '{text}': the bounds of a blocker come second and must be the wider ones")
    return Tolerance(text, first, rest[0] if rest else None)


def _bounds(text: str) -> Bounds:
    early, late = (float(part) for part in text.split("/"))
    if not (0 <= early < math.inf and 0 <= late < math.inf):
        raise ValueError(text)
    return Bounds(early, late)
