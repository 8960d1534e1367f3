"""Figures in words, the same on the console, in the page and in a calibration file."""

from lipgate.core.evaluation.bootstrap import Estimate
from lipgate.core.evaluation.manifest import Label
from lipgate.core.evaluation.recalibration import Promise, Recalibration
from lipgate.core.evaluation.recalibration import Rate as RateOutOfSample
from lipgate.desktop.evaluation.comparison import Gap
from lipgate.desktop.evaluation.presentations import Presentations
from lipgate.desktop.evaluation.rates import Rate

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


def as_rate(rate: Rate | None, digits: int = 1, to: str = " to ") -> tuple[str, str]:
    """A rate and its interval; where nothing was hit, what it is at most."""
    if rate is None:
        return DASH, ""
    if rate.at_most is not None:
        return percent(rate.estimate.value, digits), f"at most {100 * rate.at_most:.{digits}f}"
    return as_percent(rate.estimate, digits, to)


def headline(found: Presentations) -> str:
    """The worst species, and what genuine clips pay."""
    said = []
    if found.worst:
        rate = found.worst.apcer
        said.append(
            f"APCER of the worst species, {found.worst.name}: {_in_line(rate)}, {rate.hits} of {rate.trials} attacks"
            f"{_persons(rate, found)}."
        )
    if found.bona_fide:
        rate = found.bona_fide.bpcer
        said.append(f"BPCER: {_in_line(rate)}, {rate.hits} of {rate.trials} genuine clips{_persons(rate, found)}.")
    return " ".join(said) or "No clip was scored."


def unreached(found: Presentations) -> str:
    """What a dash among the APCER at a BPCER means; empty where there is none."""
    if None not in [one for species in found.species for one in species.at_bpcer]:
        return ""
    return "A dash: more genuine clips than that are refused at any threshold, for reasons other than their score."


def say_gap(name: str, gap: Gap | None) -> str:
    """The largest gap of a rate."""
    if gap is None:
        return f"largest gap of {name}: too few clips to say"
    interval = "" if gap.low is None or gap.high is None else f" (95 %: {100 * gap.low:.1f} to {100 * gap.high:.1f})"
    return f"largest gap of {name}: {100 * gap.value:.1f} points{interval}, {gap.worst} against {gap.best}"


def _persons(rate: Rate, found: Presentations) -> str:
    return f", {rate.persons} persons" if found.by_person else ""


def _in_line(rate: Rate) -> str:
    value, interval = as_rate(rate)
    return f"{value} ({interval if rate.at_most is not None else f'95 %: {interval}'})"


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


def _rate(rate: RateOutOfSample) -> str:
    return f"{percent(rate.value)} out of sample, 95 % interval {100 * rate.low:.1f} to {100 * rate.high:.1f} %"
