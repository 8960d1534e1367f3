"""Whether this computer keeps up: with its camera while it records, and with the person who waits for a verdict."""

from typing import Any

from lipgate.core.reasons import BY_SCORE, Reason

TOO_SLOW = "too_slow"
"""Reason of an attempt, and event of the audit log."""

LOWEST_RATE = 12.5
"""Pictures a second of a recording, half of what the page asks the camera for. With fewer, lips cannot be followed."""

SLOWEST_FACTOR = 2.5
"""Seconds of computing for a second of recording: with more, the longest recording (12 s) runs into the usual limit of 30 s."""

_OF_FEW_PICTURES = frozenset(
    {*BY_SCORE, Reason.PART_OUT_OF_SYNC, Reason.SOUND_MOVES, Reason.PICTURE_FROZEN, Reason.LENGTH_MISMATCH}
)
"""What too few pictures may come to."""


def time_factor(report: dict[str, Any]) -> float | None:
    """Seconds of computing for a second of recording; None where either is not known.

    Args:
        report: JSON of DESIGN.md.
    """
    length, took = (report.get("video") or {}).get("duration_s"), report.get("processing_time_ms")
    return took / 1000 / length if length and took is not None else None


def too_few_pictures(report: dict[str, Any]) -> bool:
    """Whether the recording has so few pictures a second that this computer, or its camera, did not keep up."""
    rate = (report.get("video") or {}).get("fps")
    return rate is not None and rate < LOWEST_RATE


def too_slow(report: dict[str, Any]) -> bool:
    """Whether this computer is too slow for a station, as a recording shows it."""
    factor = time_factor(report)
    return too_few_pictures(report) or (factor is not None and factor > SLOWEST_FACTOR)


def named(report: dict[str, Any], decision: str, reason: str | None) -> str | None:
    """The reason of a recording: that this computer is too slow, where that may be what the doubt is due to.

    The decision stays as it is; nothing but NEXT is explained so.
    """
    return TOO_SLOW if decision == "NEXT" and reason in _OF_FEW_PICTURES and too_few_pictures(report) else reason
