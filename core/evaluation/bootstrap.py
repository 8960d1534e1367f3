"""How far figures would move with other people: 95 % intervals."""

import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

import numpy as np

RESAMPLES = 2000
Z = 1.959964
"""Of a normal distribution 95 % lie within this many standard deviations."""

_AT_ONCE = 4_000_000
"""Weights held at a time: 32 MB."""

Statistic = Callable[[np.ndarray], np.ndarray]
"""From weights, float (draws, n), to a figure for each draw, float (draws,)."""

Basis = tuple[Statistic, np.ndarray]
"""A figure, and the clips it rests on, bool (n,) or (classes, n)."""


@dataclass(frozen=True)
class Estimate:
    """A figure and its 95 % interval."""

    value: float
    low: float | None
    high: float | None
    """None where there is nothing an interval could be made of: a single person."""

    def to_dict(self) -> dict[str, float | None]:
        """For JSON."""
        ends = [None if end is None else round(end, 6) for end in (self.low, self.high)]
        return {"value": round(self.value, 6), "low": ends[0], "high": ends[1]}


def draws(units: np.ndarray, seed: int, resamples: int = RESAMPLES) -> Iterator[np.ndarray]:
    """Weights of resamples, float (draws, n), in blocks of bounded size. Whole persons are drawn, with replacement.

    Args:
        units: int (n,), the person of each clip, counted from 0.
        seed: the same seed gives the same resamples.
        resamples: how many in all.
    """
    rng = np.random.default_rng(seed)
    persons = int(units.max()) + 1 if len(units) else 0
    block = max(1, _AT_ONCE // max(1, len(units)))
    for start in range(0, resamples if persons else 0, block):
        chosen = rng.multinomial(persons, np.full(persons, 1 / persons), size=min(block, resamples - start))
        yield chosen[:, units].astype(float)


def estimate(
    statistics: Mapping[str, Basis], units: np.ndarray, seed: int, resamples: int = RESAMPLES
) -> dict[str, Estimate | None]:
    """Figures with intervals: the middle 95 % of what resamples give.

    A figure at 0 or 1 (no false accept, classes that do not overlap) is the same in every resample. Its interval is Wilson's,
    with the persons the figure rests on as trials; for an AUC or equal error rate, of the class with fewer of them.

    Args:
        statistics: by name: the figure, and the clips it rests on, bool (n,) or (classes, n).
        units: int (n,), the person of each clip.
        seed: of the resamples.
        resamples: how many.

    Returns:
        None for a figure that cannot be had, as one of its classes is missing.
    """
    drawn: dict[str, list[np.ndarray]] = {name: [] for name in statistics}
    for weights in draws(units, seed, resamples):
        for name, (statistic, _) in statistics.items():
            drawn[name].append(statistic(weights))
    everybody = np.ones((1, len(units)))
    found = {}
    for name, (statistic, basis) in statistics.items():
        value = float(statistic(everybody)[0]) if len(units) else math.nan
        persons = min((len(np.unique(units[row])) for row in np.atleast_2d(basis)), default=0)
        found[name] = None if math.isnan(value) else _with_interval(value, np.concatenate(drawn[name]), persons)
    return found


def wilson(value: float, trials: float) -> tuple[float, float]:
    """Wilson's score interval of a share.

    Args:
        value: the share, 0 to 1; need not be a whole number of trials (clips of several persons).
        trials: greater than 0.
    """
    middle = (value + Z * Z / (2 * trials)) / (1 + Z * Z / trials)
    half = Z / (1 + Z * Z / trials) * math.sqrt(value * (1 - value) / trials + Z * Z / (4 * trials * trials))
    return (0.0 if value <= 0 else max(0.0, middle - half)), (1.0 if value >= 1 else min(1.0, middle + half))


def _with_interval(value: float, drawn: np.ndarray, persons: int) -> Estimate:
    if value < 1e-12 or value > 1 - 1e-12:
        return Estimate(value, *wilson(round(value), persons))
    drawn = drawn[~np.isnan(drawn)]
    if persons < 2 or not len(drawn):
        return Estimate(value, None, None)
    low, high = np.percentile(drawn, [2.5, 97.5])
    return Estimate(value, float(low), float(high))
