"""Figures of merit. Each takes a matrix of weights, a row for each resample, so that a bootstrap is one call.

Weights are float (draws, n): how often each clip counts. Results are float (draws,), NaN where a class is missing.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from lipgate.core.evaluation.bootstrap import Basis

BINS = 10
"""Bins of equal width of a reliability diagram."""


@dataclass(frozen=True)
class Errors:
    """False accepts and rejects as the threshold rises over all values there are."""

    thresholds: np.ndarray
    """float (m,), the distinct values, rising, then infinity, where nothing is accepted."""
    far: np.ndarray
    """float (draws, m), falling from 1 to 0."""
    frr: np.ndarray
    """float (draws, m), rising from 0 to 1."""


def auc(positive: Sequence[float], negative: Sequence[float]) -> float:
    """Area under the ROC curve: the chance that a positive value is the larger one; ties count half."""
    values = np.concatenate([positive, negative])
    return float(weighted_auc(values, np.arange(len(values)) < len(positive), np.ones((1, len(values))))[0])


def weighted_auc(values: np.ndarray, positive: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """Area under the ROC curve.

    Args:
        values: float (n,); minus infinity for what can never be accepted.
        positive: bool (n,).
        weights: float (draws, n).
    """
    _, wanted, unwanted = _by_value(values, positive, weights)
    below = np.cumsum(unwanted, axis=1) - unwanted
    with np.errstate(invalid="ignore"):
        return (wanted * (below + unwanted / 2)).sum(axis=1) / (wanted.sum(axis=1) * unwanted.sum(axis=1))


def error_curve(values: np.ndarray, positive: np.ndarray, weights: np.ndarray) -> Errors:
    """False accept and false reject rates; arguments as for `weighted_auc`. What reaches the threshold is accepted."""
    thresholds, wanted, unwanted = _by_value(values, positive, weights)
    nothing = np.zeros((len(weights), 1))
    with np.errstate(invalid="ignore"):
        refused = np.concatenate([nothing, np.cumsum(wanted, axis=1)], axis=1) / wanted.sum(axis=1, keepdims=True)
        kept_out = np.concatenate([nothing, np.cumsum(unwanted, axis=1)], axis=1) / unwanted.sum(axis=1, keepdims=True)
    return Errors(np.append(thresholds, np.inf), 1.0 - kept_out, refused)


def equal_error_rate(values: np.ndarray, positive: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """The rate at which as many are falsely accepted as rejected, between two thresholds where none gives it exactly."""
    curve = error_curve(values, positive, weights)
    above = curve.frr - curve.far
    right = np.maximum(np.argmax(above >= 0, axis=1), 1)[:, None]
    before, after = (np.take_along_axis(above, right + step, axis=1)[:, 0] for step in (-1, 0))
    low, high = (np.take_along_axis(curve.frr, right + step, axis=1)[:, 0] for step in (-1, 0))
    with np.errstate(invalid="ignore", divide="ignore"):
        return low + (high - low) * -before / (after - before)


def share_of(hit: np.ndarray, among: np.ndarray) -> Basis:
    """`share` as a figure to make an interval of."""
    return (lambda weights: share(hit, among, weights)), among


def share(hit: np.ndarray, among: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """Share of the clips in `among` (bool) that are hit (bool)."""
    with np.errstate(invalid="ignore"):
        return weights @ (hit & among).astype(float) / (weights @ among.astype(float))


def accepted_at(
    values: np.ndarray, positive: np.ndarray, negative: np.ndarray, weights: np.ndarray, refused: float
) -> np.ndarray:
    """Rate of negatives accepted at the strictest threshold that refuses no more than a share of the positives.

    Args:
        values: float (n,); minus infinity for what can never be accepted.
        positive: bool (n,).
        negative: bool (n,).
        weights: float (draws, n).
        refused: the share, 0 to 1.

    Returns:
        NaN also where more positives than that can never be accepted.
    """
    rising = np.flatnonzero(positive)[np.argsort(values[positive], kind="stable")]
    drawn = weights[:, rising]
    total = drawn.sum(axis=1)
    below = np.cumsum(drawn, axis=1) - drawn
    # In a draw of whole persons a share is a fraction of small whole numbers; 1e-9 is for their rounding alone.
    last = (below <= refused * total[:, None] + 1e-9).sum(axis=1) - 1
    threshold = values[rising][last] if len(rising) else np.full(len(weights), -np.inf)
    accepted = (values[None, negative] >= threshold[:, None]) * weights[:, negative]
    with np.errstate(invalid="ignore"):
        found = accepted.sum(axis=1) / weights[:, negative].sum(axis=1)
    return np.where((total > 0) & (threshold > -np.inf), found, np.nan)


def roc(values: np.ndarray, positive: np.ndarray, weights: np.ndarray, at: np.ndarray) -> np.ndarray:
    """Rate of genuine clips accepted, float (draws, m), where the false accept rate is `at`, float (m,), rising."""
    curve = error_curve(values, positive, weights)
    # Of the points of one false accept rate the one with most genuine clips comes last in this order.
    return np.stack([np.interp(at, far[::-1], 1.0 - frr[::-1]) for far, frr in zip(curve.far, curve.frr, strict=True)])


def calibration_error(score: np.ndarray, positive: np.ndarray, weights: np.ndarray, *, balanced: bool = False) -> np.ndarray:
    """Expected calibration error: how far the mean score of a bin lies from its share of positives, bins weighing as filled.

    Args:
        score: float (n,), 0 to 1.
        positive: bool (n,).
        weights: float (draws, n).
        balanced: both classes weigh the same, as in the fit of a calibration; else as many as there are.
    """
    weights = _balanced(positive, weights) if balanced else weights
    members = np.eye(BINS)[_bin(score)]
    gaps = (weights * (positive - score)) @ members
    with np.errstate(invalid="ignore"):
        return np.abs(gaps).sum(axis=1) / weights.sum(axis=1)


@dataclass(frozen=True)
class Reliability:
    """One bar of a reliability diagram."""

    clips: int
    genuine: int
    score: float
    """Mean."""
    share: float
    """Of genuine clips, both classes weighing the same in all."""


def reliability(score: np.ndarray, positive: np.ndarray) -> list[Reliability | None]:
    """The bins of the balanced diagram; None where one is empty. Arguments as for `calibration_error`."""
    weights = _balanced(positive, np.ones((1, len(score))))[0]
    bars: list[Reliability | None] = []
    for number in range(BINS):
        inside = _bin(score) == number
        weight = weights[inside]
        if not weight.sum() > 0:
            bars.append(None)
            continue
        mean, found = float((weight * score[inside]).sum()), float(weight[positive[inside]].sum())
        clips, genuine = int(inside.sum()), int((inside & positive).sum())
        bars.append(Reliability(clips, genuine, mean / weight.sum(), found / weight.sum()))
    return bars


def _bin(score: np.ndarray) -> np.ndarray:
    return np.minimum((score * BINS).astype(int), BINS - 1)


def _balanced(positive: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """NaN in a row without one of the classes."""
    with np.errstate(invalid="ignore", divide="ignore"):
        wanted = weights * positive / (weights @ positive.astype(float))[:, None]
        unwanted = weights * ~positive / (weights @ (~positive).astype(float))[:, None]
    return (wanted + unwanted) / 2


def _by_value(values: np.ndarray, positive: np.ndarray, weights: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Distinct values rising, and the weight of positives and of negatives at each, float (draws, m)."""
    distinct, place = np.unique(values, return_inverse=True)
    order = np.argsort(place, kind="stable")
    starts = np.searchsorted(place[order], np.arange(len(distinct)))
    inside = weights[:, order]
    wanted = np.add.reduceat(inside * positive[order], starts, axis=1)
    return distinct, wanted, np.add.reduceat(inside, starts, axis=1) - wanted
