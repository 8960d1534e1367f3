"""Attempts that belong together: a person may try again."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from lipgate.core.evaluation.sample import Sample
from lipgate.core.verdict import Decision
from lipgate.desktop.evaluation.rates import Counted

ATTEMPTS = 3
"""Attempts that count, unless told otherwise: those the station gives."""


@dataclass(frozen=True)
class Transaction:
    """Attempts of one session, or of one person in a row."""

    clips: tuple[int, ...]
    """Places in the sample, in order."""

    def accepted(self, decisions: Sequence[Decision], attempts: int) -> bool:
        """Whether one of the first attempts is ALLOW."""
        return Decision.ALLOW in [decisions[at] for at in self.clips[:attempts]]

    def accepted_at_once(self, decisions: Sequence[Decision], attempts: int) -> bool:
        """The same where BLOCK ends it, as at the station."""
        answers = [decisions[at] for at in self.clips[:attempts] if decisions[at] is not Decision.NEXT]
        return bool(answers) and answers[0] is Decision.ALLOW


def transactions(sample: Sample) -> list[Transaction]:
    """What the manifest's columns `session` and `attempt` bring together; nothing where it has neither.

    Clips of one session are a transaction, or of one person where no session is named. A number that does not rise begins
    another. Genuine clips and each species of attack stay apart.
    """
    found: list[list[int]] = []
    open_ones: dict[tuple[object, ...], list[int]] = {}
    for at, result in enumerate(sample.results):
        entry = result.entry
        if entry.attempt is None and entry.session is None:
            continue
        key = (entry.label, entry.species, entry.person, entry.session, entry.device)
        going = open_ones.get(key)
        before = sample.results[going[-1]].entry.attempt if going else None
        goes_on = going is not None and (entry.attempt is None or before is None or entry.attempt > before)
        if going is not None and goes_on:
            going.append(at)
        else:
            open_ones[key] = [at]
            found.append(open_ones[key])
    return [Transaction(tuple(clips)) for clips in found]


def count(chosen: Sequence[Transaction], hit: Sequence[bool], sample: Sample) -> Counted:
    """A share of transactions. A transaction weighs as its person does."""
    first = np.array([item.clips[0] for item in chosen], int)
    hits = np.array(hit, bool)
    members = np.zeros(len(sample), bool)
    members[first] = True

    def statistic(weights: np.ndarray) -> np.ndarray:
        with np.errstate(invalid="ignore"):
            return weights[:, first] @ hits.astype(float) / weights[:, first].sum(axis=1)

    return Counted((statistic, members), int(hits.sum()), len(chosen), len(np.unique(sample.units[first])))
