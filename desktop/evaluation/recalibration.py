"""Fits score and thresholds to the clips of a site, and says what they can promise."""

import math
from dataclasses import dataclass, replace

import numpy as np

from core.calibration import Calibration
from core.errors import CalibrationError
from core.logistic import logistic_regression
from desktop.evaluation.bootstrap import wilson
from desktop.evaluation.manifest import Label
from desktop.evaluation.sample import Sample

MIN_CLIPS = 10
"""Fewer genuine clips, or fewer others, are no ground for a fit."""

PRIOR_CLIPS = 4
"""The embedded calibration counts as so many clips that bear it out."""

NEXT_FACTOR = 3
"""At the NEXT threshold so many times the false accepts of ALLOW are taken."""

FOLDS = 10
_STEPS = 60
"""Most shares of false accepts that are tried between none and the target."""


@dataclass(frozen=True)
class Rate:
    """A rate out of sample and its 95 % interval."""

    value: float
    low: float
    high: float


@dataclass(frozen=True)
class Promise:
    """False accepts of one kind of clip, out of sample."""

    kind: Label
    trials: int
    """Persons, or clips where nobody is named."""
    needed: int
    """Least number of trials that could promise the target, if no more are accepted than by the strictest threshold here."""
    rate: Rate


@dataclass(frozen=True)
class Recalibration:
    """What was fitted, and what it can promise."""

    calibration: Calibration
    allow_threshold: float
    next_threshold: float
    target_far: float
    promises: list[Promise]
    """Of the kinds there are, the one with the higher rate first."""
    frr: Rate
    promised: bool
    """Whether the upper end of every kind's interval lies at or below the target."""


def recalibrate(sample: Sample, target_far: float, seed: int = 0) -> Recalibration:
    """Fit a calibration and thresholds.

    The calibration: see `refit`. The ALLOW threshold is the least that keeps the false accept rate of fakes and of shifted
    clips, each by itself, at or below the target in cross-validation by person (by clip where nobody is named): each person's
    clips are judged by a threshold made without them. Where there are clips enough, that is asked of the upper end of the 95 %
    interval and not only of the rate, which makes it a promise. The NEXT threshold is the least that would accept no more than
    `NEXT_FACTOR` times the target of these clips, and never above ALLOW.

    Args:
        sample: judged by the embedded calibration.
        target_far: greater than 0, less than 1.
        seed: of the division into folds.

    Raises:
        CalibrationError: too_little_data; calibration_impossible, where genuine clips do not score higher than others.
    """
    fitted = refit(sample)
    folds = _folds(sample, seed)
    most = max(int((sample.labels == kind).sum()) for kind in _kinds(sample))
    steps = np.unique(np.linspace(0, math.floor(target_far * most + 1e-9), _STEPS).astype(int))[::-1]
    tried = [(count / most, *_judge(sample, folds, count / most)) for count in steps]
    promised = next((trial for trial in tried if all(promise.rate.high <= target_far + 1e-9 for promise in trial[1])), None)
    kept = next((trial for trial in tried if all(promise.rate.value <= target_far + 1e-9 for promise in trial[1])), tried[-1])
    allowed, promises, frr = promised or kept
    everything = np.ones(len(sample), bool)
    allow = threshold(sample, everything, allowed)
    following = min(allow, threshold(sample, everything, min(1.0, NEXT_FACTOR * target_far)))
    return Recalibration(
        calibration=fitted,
        allow_threshold=_score_at(allow, sample.calibration, fitted),
        next_threshold=_score_at(following, sample.calibration, fitted),
        target_far=target_far,
        promises=sorted(_needed(promises, tried[-1][1], target_far), key=lambda item: (-item.rate.value, -item.rate.high)),
        frr=frr,
        promised=promised is not None,
    )


def refit(sample: Sample) -> Calibration:
    """A logistic on the evidence of the sample's calibration: new midpoint and scale, distance and shortness in proportion.

    Genuine clips and others weigh the same. `PRIOR_CLIPS` made-up clips, of which just those are genuine that the embedded
    calibration expects, hold the fit where the clips say little. Clips that the offset gives away do not count among the
    others if they are shifted: their lips and sound do belong together, and the score is right to say so.

    Raises:
        CalibrationError: too_little_data, calibration_impossible.
    """
    judged, genuine = sample.judged, sample.genuine
    others = judged & ~genuine & ((sample.labels == Label.FAKE) | sample.in_time)
    counts = int((judged & genuine).sum()), int((judged & ~genuine).sum()), int(others.sum())
    if counts[0] < MIN_CLIPS or counts[2] < MIN_CLIPS:
        raise CalibrationError(
            "too_little_data",
            f"{counts[0]} genuine clips and {counts[1]} others were judged, {counts[2]} of those not given away by their "
            f"offset. At least {MIN_CLIPS} genuine and {MIN_CLIPS} such others are needed.",
        )
    clips = np.concatenate([sample.evidence[judged & genuine], sample.evidence[others]])
    labels = np.repeat([1.0, 0.0], [counts[0], counts[2]])
    weights = np.where(labels == 1, 0.5 / counts[0], 0.5 / counts[2])
    believed = np.linspace(-4, 4, 9)
    expected = 0.5 * (1 + np.tanh(believed / 2))
    made_up = np.full(len(believed), PRIOR_CLIPS / len(clips) / len(believed))
    bias, slope = logistic_regression(
        np.concatenate([clips, believed])[:, None],
        np.concatenate([labels, expected]),
        np.concatenate([weights, made_up]),
        ridge=0.0,
    )
    if not (np.isfinite([bias, slope]).all() and slope > 1e-3):
        raise CalibrationError(
            "calibration_impossible",
            "Genuine clips do not score higher than the others, so no score can be fitted. Check the labels in the manifest.",
        )
    old = sample.calibration
    # bias + slope * (raw - midpoint) / scale, written as (raw - new midpoint) / new scale
    return Calibration(float(old.midpoint - bias * old.scale / slope), float(old.scale / slope), old.distance, old.shortness)


def threshold(sample: Sample, among: np.ndarray, allowed: float) -> float:
    """Least evidence that accepts no more than a share of each kind, halfway to the next clip that may be accepted.

    Args:
        sample: all clips.
        among: bool (n,), those that count.
        allowed: greatest share of the fakes, and of the shifted, to be accepted.

    Returns:
        Evidence by the sample's calibration; minus infinity where everything may be accepted.
    """
    rank = sample.rank
    least = -np.inf
    for kind in _kinds(sample):
        ranks = np.sort(rank[among & (sample.labels == kind)])[::-1]
        may_pass = math.floor(allowed * len(ranks) + 1e-9)
        if may_pass < len(ranks):
            least = max(least, float(ranks[may_pass]))
    if least == -np.inf:
        return least
    above = rank[among & (rank > least)]
    # Above the highest of all there is nothing to be halfway to: one unit of evidence up is e times the odds.
    return (least + float(above.min())) / 2 if len(above) else least + 1.0


def trials_needed(target_far: float, accepted: float = 0) -> int:
    """Persons or clips that promise a rate with 95 % certainty.

    Args:
        target_far: the rate.
        accepted: how many of them are accepted; none: the rule of three.
    """
    low, high = 0, 1
    while far_interval(accepted / high if high > accepted else 1.0, high)[1] > target_far + 1e-9:
        low, high = high, 2 * high
    while high - low > 1:
        middle = (low + high) // 2
        enough = far_interval(accepted / middle if middle > accepted else 1.0, middle)[1] <= target_far + 1e-9
        low, high = (low, middle) if enough else (middle, high)
    return high


def far_interval(value: float, trials: int) -> tuple[float, float]:
    """95 % interval of a false accept rate: Wilson's, and from 0 to 3 / n where none of n was accepted (rule of three)."""
    return (0.0, min(1.0, 3 / trials)) if value == 0 else wilson(value, trials)


def _kinds(sample: Sample) -> list[Label]:
    return [kind for kind in (Label.FAKE, Label.SHIFTED) if (sample.labels == kind).any()]


def _folds(sample: Sample, seed: int) -> np.ndarray:
    """int (n,), the fold of each clip; a person's clips share one."""
    persons = int(sample.units.max()) + 1
    fold = np.arange(persons) % FOLDS
    return np.random.default_rng(seed).permutation(fold)[sample.units]


def _judge(sample: Sample, folds: np.ndarray, allowed: float) -> tuple[list[Promise], Rate]:
    """False accepts of each kind and false rejects, each clip judged by a threshold made without its person."""
    accepted = np.zeros(len(sample), bool)
    for fold in np.unique(folds):
        inside = folds == fold
        accepted[inside] = sample.rank[inside] >= threshold(sample, ~inside, allowed)
    accepted &= sample.in_time
    promises = []
    for kind in _kinds(sample):
        members = sample.labels == kind
        trials = len(np.unique(sample.units[members]))
        value = float(accepted[members].mean())
        promises.append(Promise(kind, trials, trials, Rate(value, *far_interval(value, trials))))
    refused = float((~accepted[sample.genuine]).mean())
    return promises, Rate(refused, *wilson(refused, len(np.unique(sample.units[sample.genuine]))))


def _needed(promises: list[Promise], strictest: list[Promise], target_far: float) -> list[Promise]:
    pairs = zip(promises, strictest, strict=True)
    return [replace(item, needed=trials_needed(target_far, least.rate.value * least.trials)) for item, least in pairs]


def _score_at(evidence: float, old: Calibration, new: Calibration) -> float:
    """The score that evidence by the old calibration has by the new one; rounded up, so that what was refused stays refused."""
    if evidence == -np.inf:
        return 0.0
    fitted = (evidence * old.scale + old.midpoint - new.midpoint) / new.scale
    score = 0.5 * (1 + math.tanh(fitted / 2))
    return min(1.0, math.ceil(score * 1e6) / 1e6)
