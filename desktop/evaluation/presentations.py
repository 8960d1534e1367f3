"""Attack and bona fide presentations in the terms of ISO/IEC 30107-3:2023. No conformity is claimed: see `terms.CLAIM`.

A presentation is a clip, bona fide where it is genuine, else an attack of its species. It is accepted when it was decided ALLOW.
"""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from lipgate.core.evaluation.bootstrap import RESAMPLES, Basis, Estimate, estimate
from lipgate.core.evaluation.figures import accepted_at
from lipgate.core.evaluation.sample import Sample
from lipgate.desktop.evaluation.comparison import Comparison, compare
from lipgate.desktop.evaluation.rates import Counted, Rate
from lipgate.desktop.evaluation.transactions import ATTEMPTS, Transaction, count, transactions

POINTS = (0.01, 0.05, 0.10, 0.15)
"""Shares of bona fide presentations refused, at which attacks are compared. The last is what CEN/TS 18099 lets pass at most."""

COMPARED = ("device", "group")
"""Columns of the manifest whose values are held against each other."""


@dataclass(frozen=True)
class Species:
    """One kind of attack."""

    name: str
    apcer: Rate
    """Attack presentation classification error rate: accepted."""
    apnrr: Rate
    """Attack presentation non-response rate: without an answer, which is not accepted."""
    reasons: dict[str, int]
    """Why there was no answer, and how often."""
    at_bpcer: tuple[Estimate | None, ...]
    """APCER at each of `POINTS`, whatever the thresholds in force; None where no threshold gives it."""
    by_transaction: Rate | None
    """Transactions accepted, best of so many attempts; None without any."""

    def to_dict(self) -> dict[str, Any]:
        """For JSON."""
        return {
            "species": self.name,
            "apcer": self.apcer.to_dict(),
            "apnrr": self.apnrr.to_dict(),
            "reasons": self.reasons,
            "apcer_at_bpcer": _points(self.at_bpcer),
            "apcer_by_transaction": _document(self.by_transaction),
        }


@dataclass(frozen=True)
class BonaFide:
    """Genuine clips."""

    bpcer: Rate
    """Bona fide presentation classification error rate: not accepted; those without an answer are among them."""
    bpnrr: Rate
    """Bona fide presentation non-response rate: without an answer."""
    reasons: dict[str, int]
    by_attempt: dict[int, Rate]
    """BPCER of the first, second, ... attempts."""
    by_transaction: Rate | None
    """Transactions refused, best of so many attempts; None without any."""
    at_once: Rate | None
    """The same where BLOCK ends a transaction, as at the station."""

    def to_dict(self) -> dict[str, Any]:
        """For JSON."""
        return {
            "bpcer": self.bpcer.to_dict(),
            "bpnrr": self.bpnrr.to_dict(),
            "reasons": self.reasons,
            "bpcer_by_attempt": {str(number): rate.to_dict() for number, rate in self.by_attempt.items()},
            "bpcer_by_transaction": _document(self.by_transaction),
            "bpcer_by_transaction_block_ends": _document(self.at_once),
        }


@dataclass(frozen=True)
class Presentations:
    """All figures of presentation attack detection."""

    species: list[Species]
    """The one with the highest APCER first; of equal ones that of which less is known."""
    bona_fide: BonaFide | None
    worst_at_bpcer: tuple[tuple[str, Estimate] | None, ...]
    """The species with the highest APCER at each of `POINTS`."""
    comparisons: dict[str, Comparison]
    """By column of the manifest, where it names two values or more."""
    attempts: int
    """Most attempts of a transaction that count."""
    by_person: bool
    """False: the manifest names nobody, each clip counts as a person."""

    @property
    def worst(self) -> Species | None:
        """The headline: what the easiest attack reaches."""
        return self.species[0] if self.species else None

    def to_dict(self) -> dict[str, Any]:
        """For JSON."""
        return {
            "attacks": {
                "worst_species": self.worst.name if self.worst else None,
                "apcer": self.worst.apcer.to_dict() if self.worst else None,
                "apcer_at_bpcer": _points([found and found[1] for found in self.worst_at_bpcer]),
                "species": [one.to_dict() for one in self.species],
            },
            "bona_fide": self.bona_fide.to_dict() if self.bona_fide else None,
            "comparisons": {name: comparison.to_dict() for name, comparison in self.comparisons.items()},
        }


def presentations(sample: Sample, seed: int = 0, resamples: int = RESAMPLES, attempts: int = ATTEMPTS) -> Presentations:
    """All rates of a sample.

    Args:
        sample: of any size, also empty.
        seed: of the bootstrap.
        resamples: of the bootstrap.
        attempts: most attempts of a transaction that count.
    """
    names = list(dict.fromkeys(name for name in sample.species if name is not None))
    counted = {**_of_attacks(sample, names, attempts), **_of_bona_fide(sample, attempts)}
    points = _at_points(sample, names)
    found = estimate({**{name: item.basis for name, item in counted.items()}, **points}, sample.units, seed, resamples)

    def rate(name: str) -> Rate | None:
        return counted[name].rate(found, name) if name in counted else None

    species = [_species(name, sample, rate, found) for name in names]
    species.sort(key=lambda one: (-one.apcer.estimate.value, -_upper(one.apcer), one.name))
    return Presentations(
        species,
        _bona_fide(sample, counted, rate),
        tuple(_worst(species, number) for number in range(len(POINTS))),
        {
            name: compare(name, sample, seed, resamples)
            for name in COMPARED
            if len({value for value in sample.column(name) if value is not None}) > 1
        },
        attempts,
        sample.has_persons,
    )


def _of_attacks(sample: Sample, names: Sequence[str], attempts: int) -> dict[str, Counted]:
    tried = [item for item in transactions(sample) if not sample.genuine[item.clips[0]]]
    found = {}
    for name in names:
        members = sample.species == name
        found[f"apcer {name}"] = Counted.clips(sample.allowed, members, sample)
        found[f"apnrr {name}"] = Counted.clips(~sample.judged, members, sample)
        if own := [item for item in tried if members[item.clips[0]]]:
            found[f"transaction {name}"] = count(own, [item.accepted(sample.decisions, attempts) for item in own], sample)
    return found


def _of_bona_fide(sample: Sample, attempts: int) -> dict[str, Counted]:
    genuine, number = sample.genuine, sample.column("attempt")
    found = {
        "bpcer": Counted.clips(~sample.allowed, genuine, sample),
        "bpnrr": Counted.clips(~sample.judged, genuine, sample),
    }
    for attempt in sorted({value for value in number[genuine] if value is not None}):
        found[f"attempt {attempt}"] = Counted.clips(~sample.allowed, genuine & (number == attempt), sample)
    if tried := [item for item in transactions(sample) if genuine[item.clips[0]]]:
        ways: dict[str, Callable[[Transaction], bool]] = {
            "best": lambda item: item.accepted(sample.decisions, attempts),
            "at once": lambda item: item.accepted_at_once(sample.decisions, attempts),
        }
        for name, accepted in ways.items():
            found[name] = count(tried, [not accepted(item) for item in tried], sample)
    return found


def _at_points(sample: Sample, names: Sequence[str]) -> dict[str, Basis]:
    return {
        f"point {number} {name}": _accepted_at(sample, sample.species == name, refused)
        for name in names
        for number, refused in enumerate(POINTS)
    }


def _accepted_at(sample: Sample, attacks: np.ndarray, refused: float) -> Basis:
    values, genuine = sample.rank, sample.genuine
    return (lambda weights: accepted_at(values, genuine, attacks, weights, refused)), np.stack([genuine, attacks])


def _species(name: str, sample: Sample, rate: Callable[[str], Rate | None], found: dict[str, Estimate | None]) -> Species:
    apcer, apnrr = rate(f"apcer {name}"), rate(f"apnrr {name}")
    assert apcer is not None  # noqa: S101  (a species has clips)
    assert apnrr is not None  # noqa: S101
    at_bpcer = tuple(found[f"point {number} {name}"] for number in range(len(POINTS)))
    return Species(name, apcer, apnrr, _reasons(sample, sample.species == name), at_bpcer, rate(f"transaction {name}"))


def _bona_fide(sample: Sample, counted: dict[str, Counted], rate: Callable[[str], Rate | None]) -> BonaFide | None:
    bpcer, bpnrr = rate("bpcer"), rate("bpnrr")
    if bpcer is None or bpnrr is None:
        return None
    numbers = [int(name.removeprefix("attempt ")) for name in counted if name.startswith("attempt ")]
    by_attempt = {number: found for number in numbers if (found := rate(f"attempt {number}"))}
    return BonaFide(bpcer, bpnrr, _reasons(sample, sample.genuine), by_attempt, rate("best"), rate("at once"))


def _reasons(sample: Sample, among: np.ndarray) -> dict[str, int]:
    """Of clips without an answer, most frequent first."""
    chosen = [sample.measured[at] for at in np.flatnonzero(among & ~sample.judged)]
    return dict(Counter(str(item.reason) for item in chosen).most_common())


def _worst(species: Sequence[Species], number: int) -> tuple[str, Estimate] | None:
    reached = [(one.name, found) for one in species if (found := one.at_bpcer[number])]
    return max(reached, key=lambda pair: pair[1].value, default=None)


def _upper(rate: Rate) -> float:
    """What the rate may be in the end."""
    return 1.0 if rate.estimate.high is None else rate.estimate.high


def _points(found: Sequence[Estimate | None]) -> dict[str, Any]:
    return {f"{refused:g}": None if one is None else one.to_dict() for refused, one in zip(POINTS, found, strict=True)}


def _document(rate: Rate | None) -> dict[str, Any] | None:
    return None if rate is None else rate.to_dict()
