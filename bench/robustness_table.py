"""The figures of the robustness benchmark, one row for each condition."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from lipgate.core.evaluation.figures import auc

NEAR_FRAMES = 1
"""An offset this close to that of the clip as it is counts as the same."""

_RESAMPLES = 2000


@dataclass(frozen=True)
class Trial:
    """What one clip came to under one condition."""

    clip: str
    condition: str
    decision: str
    reason: str | None
    offset_frames: int | None
    """None, as the next three, where the clip was not judged."""
    confidence: float | None
    min_dist: float | None
    score: float | None
    foreign_score: float | None
    """Score with the sound of another clip; None where that was not judged, or there is no other clip."""


@dataclass(frozen=True)
class Row:
    """One condition over all clips. Shares are of 1; None where there was nothing to count."""

    condition: str
    files: int
    """Clips of which it could be made."""
    judged: float
    """Share that got a score."""
    same_offset: float | None
    """Share of those judged, here and as they are, whose offset is within `NEAR_FRAMES` of the clean one."""
    same_offset_interval: tuple[float, float] | None
    """95 % of the bootstrap over clips."""
    told_apart: float | None
    """ROC area of the score: the chance that a clip with its own sound scores higher than one with the sound of another."""
    confidence: float | None
    """Median, divided by that of the same clips as they are."""
    min_dist: float | None
    """As `confidence`."""
    decisions: dict[str, float]
    """Share of ALLOW, NEXT and BLOCK."""
    reasons: dict[str, int]
    """How often each reason was given."""


def rows(trials: Sequence[Trial], conditions: Sequence[str]) -> list[Row]:
    """Count.

    Args:
        trials: of all clips under all conditions.
        conditions: names in the order wanted; the first is what the others are held against.
    """
    clean = {trial.clip: trial for trial in trials if trial.condition == conditions[0]}
    return [_row(name, [trial for trial in trials if trial.condition == name], clean) for name in conditions]


def bootstrap(hits: Sequence[bool], seed: int = 0) -> tuple[float, float]:
    """95 % interval of a share, by drawing the clips anew; of no width where all hits are equal."""
    drawn = np.random.default_rng(seed).choice(np.asarray(hits, float), (_RESAMPLES, len(hits)))
    low, high = np.quantile(drawn.mean(axis=1), [0.025, 0.975])
    return float(low), float(high)


def print_table(table: Sequence[Row], title: str) -> None:
    """Print for a person."""
    from rich.console import Console
    from rich.table import Table

    console = Console(highlight=False)
    if not console.is_terminal:
        console.width = 160
    console.print(title)
    drawn = Table(box=None, padding=(0, 2, 0, 0), header_style="dim")
    drawn.add_column("condition", no_wrap=True)
    for name in ("files", "judged", "same offset", "95 %", "told apart", "confidence", "distance", "allow/next/block"):
        drawn.add_column(name, justify="right", no_wrap=True)
    drawn.add_column("reasons", overflow="fold")
    for row in table:
        interval = row.same_offset_interval
        drawn.add_row(
            row.condition,
            str(row.files),
            _share(row.judged),
            _share(row.same_offset),
            f"{interval[0]:.2f}-{interval[1]:.2f}" if interval else "-",
            _share(row.told_apart),
            _share(row.confidence),
            _share(row.min_dist),
            "/".join(_share(row.decisions[name]) for name in ("ALLOW", "NEXT", "BLOCK")),
            ", ".join(f"{name} {count}" for name, count in row.reasons.items()),
        )
    console.print(drawn)


def _row(name: str, trials: Sequence[Trial], clean: dict[str, Trial]) -> Row:
    judged = [trial for trial in trials if trial.score is not None]
    pairs = [(trial, clean[trial.clip]) for trial in judged if clean[trial.clip].score is not None]
    hits = [abs(_whole(trial.offset_frames) - _whole(before.offset_frames)) <= NEAR_FRAMES for trial, before in pairs]
    own = [trial.score for trial in judged if trial.score is not None]
    foreign = [trial.foreign_score for trial in trials if trial.foreign_score is not None]
    decided = Counter(trial.decision for trial in trials)
    return Row(
        condition=name,
        files=len(trials),
        judged=len(judged) / len(trials) if trials else 0.0,
        same_offset=float(np.mean(hits)) if hits else None,
        same_offset_interval=bootstrap(hits) if hits else None,
        told_apart=auc(own, foreign) if own and foreign else None,
        confidence=_ratio([(trial.confidence, before.confidence) for trial, before in pairs]),
        min_dist=_ratio([(trial.min_dist, before.min_dist) for trial, before in pairs]),
        decisions={word: decided[word] / max(1, len(trials)) for word in ("ALLOW", "NEXT", "BLOCK")},
        reasons=dict(Counter(trial.reason for trial in trials if trial.reason is not None).most_common()),
    )


def _whole(offset: int | None) -> int:
    assert offset is not None  # noqa: S101
    return offset


def _ratio(pairs: Sequence[tuple[float | None, float | None]]) -> float | None:
    if not pairs:
        return None
    after, before = (float(np.median([value for value in column if value is not None])) for column in zip(*pairs, strict=True))
    return after / before if before else None


def _share(value: float | None) -> str:
    return "-" if value is None else f"{value:.2f}"
