"""Figures in words, the same on the console, in the page and in a calibration file."""

from desktop.evaluation.bootstrap import Estimate
from desktop.evaluation.manifest import Label
from desktop.evaluation.recalibration import Promise, Rate, Recalibration

DASH = "-"


def percent(value: float, digits: int = 1) -> str:
    """A share; 0 and 100 only where it is exactly that."""
    shown = 100 * value
    if shown in (0.0, 100.0):
        return f"{shown:.0f} %"
    said = f"{shown:.{digits}f}"
    return f"{said if float(said) not in (0.0, 100.0) else f'{shown:.2g}'} %"


def as_percent(found: Estimate | None, digits: int = 1, to: str = " to ") -> tuple[str, str]:
    """A share and its interval; dashes where it cannot be had."""
    if found is None:
        return DASH, ""
    if found.low is None or found.high is None:
        return percent(found.value, digits), "no interval"
    return percent(found.value, digits), f"{100 * found.low:.{digits}f}{to}{100 * found.high:.{digits}f}"


def as_number(found: Estimate | None, digits: int = 3, to: str = " to ") -> tuple[str, str]:
    """A number and its interval; dashes where it cannot be had."""
    if found is None:
        return DASH, ""
    if found.low is None or found.high is None:
        return f"{found.value:.{digits}f}", "no interval"
    return f"{found.value:.{digits}f}", f"{found.low:.{digits}f}{to}{found.high:.{digits}f}"


def promise(found: Recalibration, *, by_person: bool) -> str:
    """What a recalibration can promise, in a few sentences."""
    said = [_promise(item, found.target_far, by_person=by_person) for item in found.promises]
    return f"{' '.join(said)} Genuine clips refused: {_rate(found.frr)}."


def _promise(item: Promise, target: float, *, by_person: bool) -> str:
    kind = "fakes" if item.kind is Label.FAKE else "shifted clips"
    told = f"False accepts of {kind}: {_rate(item.rate)}."
    if item.rate.high <= target + 1e-9:
        return f"{told} {percent(target)} can be promised."
    trials = f"{'persons in ' if by_person else ''}{kind}"
    short = f"Too little data to promise {percent(target)}"
    return f"{told} {short}: at least {item.needed} {trials} are needed, here are {item.trials}."


def _rate(rate: Rate) -> str:
    return f"{percent(rate.value)} out of sample, 95 % interval {100 * rate.low:.1f} to {100 * rate.high:.1f} %"
