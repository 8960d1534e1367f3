"""Shares of presentations, with what they rest on."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from lipgate.core.evaluation.bootstrap import Basis, Estimate
from lipgate.core.evaluation.figures import share_of
from lipgate.core.evaluation.sample import Sample


@dataclass(frozen=True)
class Rate:
    """A share of presentations, or of transactions."""

    estimate: Estimate
    """Its interval is by person."""
    hits: int
    trials: int
    persons: int
    """Of the trials; clips where the manifest names nobody."""

    @property
    def at_most(self) -> float | None:
        """Where nothing was hit: what the rate is at most with 95 % certainty (rule of three, by person)."""
        return None if self.hits else min(1.0, 3 / self.persons)

    def to_dict(self) -> dict[str, Any]:
        """For JSON."""
        at_most = None if self.at_most is None else round(self.at_most, 6)
        counts = {"hits": self.hits, "trials": self.trials, "persons": self.persons}
        return {**self.estimate.to_dict(), "at_most": at_most, **counts}


@dataclass(frozen=True)
class Counted:
    """What a rate is made of."""

    basis: Basis
    hits: int
    trials: int
    persons: int

    @classmethod
    def clips(cls, hit: np.ndarray, among: np.ndarray, sample: Sample) -> "Counted":
        """A share of the clips in `among` (bool) that are hit (bool)."""
        persons = len(np.unique(sample.units[among]))
        return cls(share_of(hit, among), int((hit & among).sum()), int(among.sum()), persons)

    def rate(self, found: Mapping[str, Estimate | None], name: str) -> Rate | None:
        """Together with its interval; None where there is nothing to take a share of."""
        estimate = found[name]
        return None if estimate is None else Rate(estimate, self.hits, self.trials, self.persons)
