"""The results of an evaluation as arrays, judged by one calibration and one set of thresholds."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np

from lipgate.core.calibration import Calibration
from lipgate.core.evaluation.manifest import Label
from lipgate.core.evaluation.results import Measured, Result
from lipgate.core.limits import Limits
from lipgate.core.verdict import Decision, decide


@dataclass(frozen=True)
class Sample:
    """All scored clips; those that failed are left out. Arrays are (n,), in the order of `results`."""

    results: list[Result]
    calibration: Calibration
    limits: Limits
    failed: list[Result] = field(default_factory=list)

    @classmethod
    def of(cls, results: Sequence[Result], calibration: Calibration, limits: Limits) -> "Sample":
        """Separate what was scored from what failed."""
        scored = [result for result in results if result.measured]
        return cls(scored, calibration, limits, [result for result in results if not result.measured])

    def __len__(self) -> int:
        return len(self.results)

    @property
    def measured(self) -> list[Measured]:
        """What was measured on each clip."""
        return [result.measured for result in self.results if result.measured]

    @cached_property
    def labels(self) -> np.ndarray:
        """Strings, see `Label`."""
        return np.array([str(result.entry.label) for result in self.results], dtype=object)

    @property
    def genuine(self) -> np.ndarray:
        """bool."""
        return self.labels == Label.GENUINE

    @cached_property
    def species(self) -> np.ndarray:
        """Strings, the kind of attack, that of its label where nothing is said; None of a genuine clip."""
        entries = [result.entry for result in self.results]
        said = [None if entry.label is Label.GENUINE else entry.species or str(entry.label) for entry in entries]
        return np.array(said, dtype=object)

    def column(self, name: str) -> np.ndarray:
        """What the manifest says in an optional column; None where it says nothing."""
        return np.array([getattr(result.entry, name) for result in self.results], dtype=object)

    @cached_property
    def has_persons(self) -> bool:
        """Whether the manifest names anybody."""
        return any(result.entry.person for result in self.results)

    @cached_property
    def units(self) -> np.ndarray:
        """int: clips of one person share a number, a clip of nobody has its own. What can be drawn independently."""
        keys = [result.entry.person or ("", number) for number, result in enumerate(self.results)]
        numbers = {key: number for number, key in enumerate(dict.fromkeys(keys))}
        return np.array([numbers[key] for key in keys], int)

    @cached_property
    def evidence(self) -> np.ndarray:
        """float: logarithm of the odds; NaN where nothing was judged."""
        return np.array([self.calibration.evidence(item.sync) if item.sync else np.nan for item in self.measured], float)

    @cached_property
    def score(self) -> np.ndarray:
        """float, 0 to 1; NaN where nothing was judged."""
        return np.array([self.calibration.score(item.sync) if item.sync else np.nan for item in self.measured], float)

    @cached_property
    def offset(self) -> np.ndarray:
        """float, frames; NaN where nothing was judged."""
        return np.array([np.nan if item.offset_frames is None else item.offset_frames for item in self.measured], float)

    @property
    def judged(self) -> np.ndarray:
        """bool."""
        return ~np.isnan(self.score)

    @property
    def ruled_out(self) -> np.ndarray:
        """bool: a rule beside the thresholds spoke against ALLOW."""
        return np.array([item.ruled_out for item in self.measured], bool)

    @property
    def given_away(self) -> np.ndarray:
        """bool: something spoke against ALLOW that no calibration takes back."""
        return np.array([item.given_away for item in self.measured], bool)

    @property
    def near(self) -> np.ndarray:
        """bool: judged, and the offset is one that ALLOW takes."""
        return self.limits.off_by(self.offset) <= self.limits.max_offset_frames

    @property
    def in_time(self) -> np.ndarray:
        """bool: the same, and no other rule speaks against it."""
        return self.near & ~self.ruled_out

    @property
    def rank(self) -> np.ndarray:
        """float: what a threshold is held against. Evidence where a clip can be accepted at all, else minus infinity."""
        return np.where(self.in_time, self.evidence, -np.inf)

    def accepted(self, threshold: float) -> np.ndarray:
        """bool: what ALLOW from another score would accept: judged, no other rule against it, in time, the score reaches it."""
        return self.in_time & (np.nan_to_num(self.score, nan=-1.0) >= threshold)

    @property
    def allowed(self) -> np.ndarray:
        """bool: decided ALLOW."""
        return np.array([decision is Decision.ALLOW for decision in self.decisions], bool)

    @cached_property
    def decisions(self) -> list[Decision]:
        """What was decided of each clip: what the report said, where it is known."""
        pairs = zip(self.score, self.measured, strict=True)
        return [Decision(item.decision) if item.decision else self._decided(float(score), item) for score, item in pairs]

    def _decided(self, score: float, item: Measured) -> Decision:
        return Decision.NEXT if item.offset_frames is None else decide(score, item.offset_frames, self.limits)
