"""All figures of an evaluation."""

import json
from collections import Counter
from dataclasses import dataclass
from typing import Any

import numpy as np

from lipgate.core.evaluation.bootstrap import RESAMPLES, Basis, Estimate, Statistic, estimate
from lipgate.core.evaluation.figures import calibration_error, equal_error_rate, share_of, weighted_auc
from lipgate.core.evaluation.manifest import OPTIONAL, Entry, Label
from lipgate.core.evaluation.results import Result
from lipgate.core.evaluation.sample import Sample
from lipgate.core.verdict import Decision
from lipgate.desktop.evaluation.header import Header
from lipgate.desktop.evaluation.presentations import Presentations, presentations
from lipgate.desktop.evaluation.terms import CLAIM, DEFINITIONS
from lipgate.desktop.evaluation.transactions import ATTEMPTS

MIN_CLIPS = 5
"""With fewer clips of a class a group of the break-down shows no figures of it."""

GROUPS: dict[str, tuple[tuple[str, float, float], ...]] = {
    "length": (
        ("under 2 s", 0, 2),
        ("2 to 3 s", 2, 3),
        ("3 to 5 s", 3, 5),
        ("5 to 10 s", 5, 10),
        ("10 s or more", 10, np.inf),
    ),
    "source fps": (("under 20", 0, 20), ("20 to 26", 20, 26), ("26 or more", 26, np.inf)),
    "face size": (
        ("under 80 px", 0, 80),
        ("80 to 160 px", 80, 160),
        ("160 to 320 px", 160, 320),
        ("320 px or more", 320, np.inf),
    ),
}
"""Name, least value and the first that is too large."""

OTHERS = (Label.FAKE, Label.SHIFTED)


@dataclass(frozen=True)
class Group:
    """One row of a break-down."""

    name: str
    genuine: int
    others: int
    auc: Estimate | None
    far: Estimate | None
    frr: Estimate | None


@dataclass(frozen=True)
class Summary:
    """What an evaluation found."""

    sample: Sample
    figures: dict[str, Estimate | None]
    """By name, see `_figures`; None where the classes needed are not there. Those that begin with far and frr are older names:
    of all attacks of a label, and of what is BPCER now."""
    groups: dict[str, list[Group]]
    """By what is broken down; see `GROUPS`."""
    presentations: Presentations
    """In the terms of ISO/IEC 30107-3."""
    seed: int
    resamples: int
    header: Header | None = None
    """None where figures of made-up results are wanted, in tests."""

    @property
    def counts(self) -> dict[Label, int]:
        """Clips scored."""
        return {label: int((self.sample.labels == label).sum()) for label in Label}

    @property
    def not_judged(self) -> dict[Label, Counter[str]]:
        """Reasons of each label, and how often."""
        found: dict[Label, Counter[str]] = {label: Counter() for label in Label}
        for result in self.sample.results:
            if result.measured and not result.measured.judged:
                found[result.entry.label][str(result.measured.reason)] += 1
        return found

    def decisions(self, label: Label) -> dict[str, int]:
        """How often the clips of a label were decided how; those not judged apart."""
        found = Counter(
            str(decision) if result.measured and result.measured.judged else "not judged"
            for result, decision in zip(self.sample.results, self.sample.decisions, strict=True)
            if result.entry.label is label
        )
        return {name: found[name] for name in (*map(str, Decision), "not judged")}

    def mistakes(self, most: int = 10) -> tuple[list[int], list[int]]:
        """Places in the sample of the worst genuine clips refused (least score first) and others accepted (greatest first)."""
        sample = self.sample
        accepted = sample.allowed
        refused = np.flatnonzero(sample.genuine & sample.judged & ~accepted)
        let_in = np.flatnonzero(~sample.genuine & accepted)
        by_score = [sorted(map(int, refused), key=lambda at: sample.score[at])]
        by_score.append(sorted(map(int, let_in), key=lambda at: -sample.score[at]))
        return by_score[0][:most], by_score[1][:most]

    def to_json(self) -> str:
        """The document of `evaluate --json`."""
        return json.dumps(self.to_dict(), indent=2, allow_nan=False) + "\n"

    def to_dict(self) -> dict[str, Any]:
        """Figures, break-downs, and what became of each clip."""
        limits = self.sample.limits
        return {
            "schema": 1,
            "header": self.header.to_dict() if self.header else None,
            "claim": CLAIM,
            "definitions": DEFINITIONS,
            **self.presentations.to_dict(),
            "thresholds": {
                "allow": limits.allow_threshold,
                "next": limits.next_threshold,
                "max_offset_frames": limits.max_offset_frames,
            },
            "intervals": {
                "level": 0.95,
                "resamples": self.resamples,
                "seed": self.seed,
                "by": "person" if self.sample.has_persons else "clip",
            },
            "clips": {str(label): count for label, count in self.counts.items()},
            "failed": len(self.sample.failed),
            "decisions": {str(label): self.decisions(label) for label in Label},
            "not_judged": {str(label): dict(reasons) for label, reasons in self.not_judged.items()},
            "figures": {name: _document(found) for name, found in self.figures.items()},
            "groups": {kind: [_group_document(group) for group in groups] for kind, groups in self.groups.items()},
            "results": [self._result(at) for at in range(len(self.sample))] + [_failure(item) for item in self.sample.failed],
        }

    def _result(self, at: int) -> dict[str, Any]:
        result, score = self.sample.results[at], float(self.sample.score[at])
        return {
            "clip": result.entry.name,
            "label": str(result.entry.label),
            **_known(result.entry),
            "decision": str(self.sample.decisions[at]),
            "score": None if np.isnan(score) else round(score, 4),
            **(result.measured.to_dict() if result.measured else {}),
        }


def summarise(sample: Sample, seed: int = 0, resamples: int = RESAMPLES, header: Header | None = None) -> Summary:
    """Compute all figures.

    A clip is accepted when its report said ALLOW. At another threshold it would be when it was judged, its offset is one that
    ALLOW takes, nothing beside the score speaks against it, and its score reaches the threshold. AUC and equal error rate rank
    clips the same way.

    Args:
        sample: of any size, also empty.
        seed: of the bootstrap.
        resamples: of the bootstrap.
        header: what was tested and how.
    """
    figures = estimate(_figures(sample), sample.units, seed, resamples)
    groups = {kind: _groups(sample, kind, seed, resamples) for kind in GROUPS}
    told = presentations(sample, seed, resamples, header.attempts if header else ATTEMPTS)
    return Summary(sample, figures, groups, told, seed, resamples, header)


def _figures(sample: Sample) -> dict[str, Basis]:
    """The figures by name: the function, and the clips they rest on."""
    genuine, judged = sample.genuine, sample.judged
    limits = sample.limits
    at_allow, at_next = sample.allowed, sample.accepted(limits.next_threshold)
    near = np.abs(sample.offset) <= 1
    found: dict[str, Basis] = {}
    for name, others in [("all", ~genuine), *[(str(label), sample.labels == label) for label in OTHERS]]:
        found[f"auc_{name}"] = _ranked(weighted_auc, sample, genuine, others)
        found[f"eer_{name}"] = _ranked(equal_error_rate, sample, genuine, others)
        found[f"far_allow_{name}"] = share_of(at_allow, others)
        found[f"far_next_{name}"] = share_of(at_next, others)
    found["frr_allow"] = share_of(~at_allow, genuine)
    found["frr_next"] = share_of(~at_next, genuine)
    decided = np.array([str(decision) for decision in sample.decisions], dtype=object)
    for decision in Decision:
        found[f"genuine_{decision.lower()}"] = share_of((decided == str(decision)) & judged, genuine)
    found["genuine_not_judged"] = share_of(~judged, genuine)
    found["offset_within_1"] = share_of(near, genuine & judged)
    for name, balanced in (("ece", False), ("ece_balanced", True)):
        found[name] = _calibration(sample, balanced)
    return found


def _ranked(measure: Any, sample: Sample, genuine: np.ndarray, others: np.ndarray) -> Basis:
    values, chosen = sample.rank, genuine | others

    def statistic(weights: np.ndarray) -> np.ndarray:
        return measure(values[chosen], genuine[chosen], weights[:, chosen])

    return _missing_is_nan(statistic, bool(genuine.any() and others.any())), np.stack([genuine, others])


def _calibration(sample: Sample, balanced: bool) -> Basis:
    judged = sample.judged
    score, genuine = sample.score[judged], sample.genuine[judged]

    def statistic(weights: np.ndarray) -> np.ndarray:
        return calibration_error(score, genuine, weights[:, judged], balanced=balanced)

    both = bool(genuine.any() and (~genuine).any())
    return _missing_is_nan(statistic, both), np.stack([judged & sample.genuine, judged & ~sample.genuine])


def _missing_is_nan(statistic: Statistic, both: bool) -> Statistic:
    return statistic if both else (lambda weights: np.full(len(weights), np.nan))


def _groups(sample: Sample, kind: str, seed: int, resamples: int) -> list[Group]:
    fields = {"length": "duration_s", "source fps": "fps", "face size": "face_px"}
    values: list[float | None] = [getattr(item, fields[kind]) for item in sample.measured]
    measured = np.array([np.nan if value is None else value for value in values], float)
    accepted = sample.allowed
    groups = []
    for name, low, high in GROUPS[kind]:
        inside = (measured >= low) & (measured < high)
        genuine, others = inside & sample.genuine, inside & ~sample.genuine
        statistics: dict[str, Basis] = {}
        if min(genuine.sum(), others.sum()) >= MIN_CLIPS:
            statistics["auc"] = _ranked(weighted_auc, sample, genuine, others)
        if others.sum() >= MIN_CLIPS:
            statistics["far"] = share_of(accepted, others)
        if genuine.sum() >= MIN_CLIPS:
            statistics["frr"] = share_of(~accepted, genuine)
        found = estimate(statistics, sample.units, seed, resamples)
        figures = (found.get("auc"), found.get("far"), found.get("frr"))
        groups.append(Group(name, int(genuine.sum()), int(others.sum()), *figures))
    return groups


def _document(found: Estimate | None) -> dict[str, float | None] | None:
    return None if found is None else found.to_dict()


def _group_document(group: Group) -> dict[str, Any]:
    figures = {"auc": group.auc, "far": group.far, "frr": group.frr}
    return {
        "group": group.name,
        "genuine": group.genuine,
        "others": group.others,
        **{name: _document(found) for name, found in figures.items()},
    }


def _known(entry: Entry) -> dict[str, Any]:
    """What the manifest says of a clip; of optional columns beside the person only what is there."""
    others = {name: getattr(entry, name) for name in OPTIONAL if name != "person"}
    return {"person": entry.person, **{name: value for name, value in others.items() if value is not None}}


def _failure(result: Result) -> dict[str, Any]:
    error = result.error
    return {
        "clip": result.entry.name,
        "label": str(result.entry.label),
        **_known(result.entry),
        "error": {"code": error.code, "message": error.message} if error else None,
    }
