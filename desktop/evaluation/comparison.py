"""Devices, and groups of people, held against each other."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from lipgate.core.evaluation.bootstrap import estimate
from lipgate.core.evaluation.sample import Sample
from lipgate.desktop.evaluation.rates import Counted, Rate

MIN_CLIPS = 5
"""With fewer clips a group is no end of a gap."""

FIGURES = ("bpcer", "apcer")


@dataclass(frozen=True)
class Row:
    """Rates of the clips with one value of a column."""

    value: str | None
    """None: those of which the manifest does not say it."""
    bpcer: Rate | None
    bpnrr: Rate | None
    apcer: Rate | None
    """Of attacks of all species together."""

    def to_dict(self) -> dict[str, Any]:
        """For JSON."""
        rates = {"bpcer": self.bpcer, "bpnrr": self.bpnrr, "apcer": self.apcer}
        return {"value": self.value, **{name: None if rate is None else rate.to_dict() for name, rate in rates.items()}}


@dataclass(frozen=True)
class Gap:
    """The largest difference of a rate between two values."""

    worst: str
    best: str
    value: float
    low: float | None
    high: float | None
    """95 % interval, from those of both rates (Zou and Donner 2008); None where one of them has none."""

    def to_dict(self) -> dict[str, Any]:
        """For JSON."""
        rounded = {name: None if end is None else round(end, 6) for name, end in (("low", self.low), ("high", self.high))}
        return {"worst": self.worst, "best": self.best, "value": round(self.value, 6), **rounded}


@dataclass(frozen=True)
class Comparison:
    """All values of one column."""

    column: str
    rows: list[Row]
    gaps: dict[str, Gap | None]
    """By figure, see `FIGURES`; None where not two values have enough clips."""

    def to_dict(self) -> dict[str, Any]:
        """For JSON."""
        gaps = {name: None if gap is None else gap.to_dict() for name, gap in self.gaps.items()}
        return {"rows": [row.to_dict() for row in self.rows], "largest_gap": gaps}


def compare(column: str, sample: Sample, seed: int, resamples: int) -> Comparison:
    """Rates by the value of a column, and the largest gap of each.

    Args:
        column: of the manifest, see `Entry`.
        sample: judged.
        seed: of the bootstrap.
        resamples: of the bootstrap.
    """
    values = sample.column(column)
    rows = [_row(value, sample, values == value, seed, resamples) for value in sorted({v for v in values if v is not None})]
    if (unnamed := np.array([value is None for value in values], bool)).any():
        rows.append(_row(None, sample, unnamed, seed, resamples))
    return Comparison(column, rows, {name: _gap(rows, name) for name in FIGURES})


def _row(value: str | None, sample: Sample, inside: np.ndarray, seed: int, resamples: int) -> Row:
    genuine, attacks = inside & sample.genuine, inside & ~sample.genuine
    counted = {
        "bpcer": Counted.clips(~sample.allowed, genuine, sample),
        "bpnrr": Counted.clips(~sample.judged, genuine, sample),
        "apcer": Counted.clips(sample.allowed, attacks, sample),
    }
    found = estimate({name: item.basis for name, item in counted.items()}, sample.units, seed, resamples)
    return Row(value, **{name: item.rate(found, name) for name, item in counted.items()})


def _gap(rows: Sequence[Row], name: str) -> Gap | None:
    rates: list[tuple[str, Rate]] = [
        (row.value, rate) for row in rows if row.value is not None and (rate := getattr(row, name)) and rate.trials >= MIN_CLIPS
    ]
    if len(rates) < 2:
        return None
    ordered = sorted(rates, key=lambda pair: pair[1].estimate.value)
    (best, low), (worst, high) = ordered[0], ordered[-1]
    one, other = high.estimate, low.estimate
    value = one.value - other.value
    if one.low is None or one.high is None or other.low is None or other.high is None:
        return Gap(worst, best, value, None, None)
    down = math.hypot(one.value - one.low, other.high - other.value)
    up = math.hypot(one.high - one.value, other.value - other.low)
    return Gap(worst, best, value, value - down, value + up)
