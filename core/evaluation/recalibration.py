"""Fits score and thresholds to the clips of a site, and says what they can promise."""

import math
from dataclasses import dataclass, replace

import numpy as np

from lipgate.core.calibration import Calibration
from lipgate.core.errors import CalibrationError
from lipgate.core.evaluation.bootstrap import wilson
from lipgate.core.evaluation.logistic import logistic_regression
from lipgate.core.evaluation.manifest import Label
from lipgate.core.evaluation.sample import Sample

MIN_CLIPS = 10
"""Fewer genuine clips, or fewer others, are no ground for a fit."""

PRIOR_CLIPS = 4
"""The embedded calibration counts as so many clips that bear it out."""

NEXT_FACTOR = 3
"""At the NEXT threshold so many times the false accepts of ALLOW escape BLOCK."""

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
    unmoved: tuple[str, ...] = ()
    """Thresholds that the clips say nothing of: they refuse what they refused before. `ALLOW`, `NEXT`."""


def recalibrate(sample: Sample, target_far: float, seed: int = 0) -> Recalibration:
    """Fit a calibration and thresholds.

    The calibration: see `refit`. The ALLOW threshold is the least that keeps the false accept rate of fakes and of shifted
    clips, each by itself, at or below the target in cross-validation by person (by clip where nobody is named): each person's
    clips are judged by a threshold made without them. Where there are clips enough, that is asked of the upper end of the 95 %
    interval and not only of the rate, which makes it a promise. The NEXT threshold is the least that would let no more than
    `NEXT_FACTOR` times the target escape BLOCK. BLOCK asks for the score alone, so that a fake whose offset gives it away
    counts here as any other; a shifted clip does not, as its score is right to be high. ALLOW is never below NEXT: by the next
    fake's offset nothing was shown of its score.

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
    tried = [(count / most, *_judge(sample, folds, count / most, target_far)) for count in steps]
    promised = next((trial for trial in tried if all(promise.rate.high <= target_far + 1e-9 for promise in trial[1])), None)
    kept = next((trial for trial in tried if all(promise.rate.value <= target_far + 1e-9 for promise in trial[1])), tried[-1])
    allowed, promises, frr = promised or kept
    found = _thresholds(sample, np.ones(len(sample), bool), allowed, target_far)
    return Recalibration(
        calibration=fitted,
        allow_threshold=_score_at(found.allow, sample.calibration, fitted),
        next_threshold=_score_at(found.next, sample.calibration, fitted),
        target_far=target_far,
        promises=sorted(_needed(promises, tried[-1][1], target_far), key=lambda item: (-item.rate.value, -item.rate.high)),
        frr=frr,
        promised=promised is not None,
        unmoved=found.unmoved,
    )


def refit(sample: Sample) -> Calibration:
    """A logistic on the evidence of the sample's calibration: new midpoint and scale, distance and shortness in proportion.

    Genuine clips and others weigh the same. `PRIOR_CLIPS` made-up clips, of which just those are genuine that the embedded
    calibration expects, hold the fit where the clips say little. Shifted clips that the offset gives away do not count among
    the others: their lips and sound do belong together, and the score is right to say so. Nor do fakes that
    something else gives away, a picture that is moved for example.

    Raises:
        CalibrationError: too_little_data, calibration_impossible.
    """
    judged, genuine = sample.judged, sample.genuine
    others = judged & ~genuine & ~sample.given_away & ((sample.labels == Label.FAKE) | sample.near)
    counts = int((judged & genuine).sum()), int((judged & ~genuine).sum()), int(others.sum())
    if counts[0] < MIN_CLIPS or counts[2] < MIN_CLIPS:
        raise CalibrationError(
            "too_little_data",
            f"{counts[0]} genuine clips and {counts[1]} others were judged; {counts[2]} of those say what a score must keep "
            f"apart, the rest is given away by other signs. At least {MIN_CLIPS} genuine and {MIN_CLIPS} such others are needed.",
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


def threshold(sample: Sample, among: np.ndarray, allowed: float, *, whatever_offset: bool = False) -> float | None:
    """Evidence that accepts no more than a share of each kind, and no more of them than genuine clips make necessary.

    It lies halfway between the lowest genuine clip that may be accepted and the highest other below that one.

    Args:
        sample: all clips.
        among: bool (n,), those that count.
        allowed: greatest share of the fakes, and of the shifted, to be accepted.
        whatever_offset: the evidence alone counts; else what the offset gives away is not accepted at any threshold.

    Returns:
        Evidence by the sample's calibration. None where the clips establish nothing: all may be accepted, and none of the
        others lies below the genuine ones.
    """
    rank = np.where(sample.judged, sample.evidence, -np.inf) if whatever_offset else _rank(sample)
    least = -np.inf
    for kind in _kinds(sample):
        ranks = np.sort(rank[among & (sample.labels == kind)])[::-1]
        may_pass = math.floor(allowed * len(ranks) + 1e-9)
        if may_pass < len(ranks):
            least = max(least, float(ranks[may_pass]))
    wanted = rank[among & sample.genuine & (rank > least)]
    if not len(wanted):
        # Above the highest of all there is nothing to be halfway to: one unit of evidence up is e times the odds.
        return None if least == -np.inf else least + 1.0
    below = rank[among & ~sample.genuine & (rank < wanted.min()) & (rank > -np.inf)]
    return (float(below.max()) + float(wanted.min())) / 2 if len(below) else None


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


def _judge(sample: Sample, folds: np.ndarray, allowed: float, target_far: float) -> tuple[list[Promise], Rate]:
    """False accepts of each kind and false rejects, each clip judged by a threshold made without its person."""
    accepted, rank = np.zeros(len(sample), bool), _rank(sample)
    for fold in np.unique(folds):
        inside = folds == fold
        accepted[inside] = rank[inside] >= _thresholds(sample, ~inside, allowed, target_far).allow
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


def _rank(sample: Sample) -> np.ndarray:
    """float (n,): what the ALLOW threshold is held against.

    That a part of a fake did not fit was seen by the old calibration. The new one may see it otherwise, so it counts for nothing.
    """
    return np.where(sample.genuine, sample.rank, np.where(sample.near & ~sample.given_away, sample.evidence, -np.inf))


@dataclass(frozen=True)
class _Thresholds:
    """Evidence by the sample's calibration."""

    allow: float
    next: float
    unmoved: tuple[str, ...]


def _thresholds(sample: Sample, among: np.ndarray, allowed: float, target_far: float) -> _Thresholds:
    """Both thresholds, of the clips in `among` (bool). What these establish nothing of stays where it is."""
    # What other signs give away is no reason to BLOCK more by the score.
    for_block = among & ~sample.given_away & ((sample.labels != Label.SHIFTED) | sample.near)
    found = {
        "ALLOW": threshold(sample, among, allowed),
        "NEXT": threshold(sample, for_block, min(1.0, NEXT_FACTOR * target_far), whatever_offset=True),
    }
    in_force = {"ALLOW": sample.limits.allow_threshold, "NEXT": sample.limits.next_threshold}
    allow, following = (_evidence_of(in_force[name]) if at is None else at for name, at in found.items())
    return _Thresholds(max(allow, following), following, tuple(name for name, at in found.items() if at is None))


def _evidence_of(score: float) -> float:
    held = min(max(score, 1e-9), 1 - 1e-9)
    return math.log(held / (1 - held))


def _score_at(evidence: float, old: Calibration, new: Calibration) -> float:
    """The score that evidence by the old calibration has by the new one; rounded up, so that what was refused stays refused."""
    fitted = (evidence * old.scale + old.midpoint - new.midpoint) / new.scale
    score = 0.5 * (1 + math.tanh(fitted / 2))
    # Above 0 in any case: at a threshold of 0 nothing would be BLOCKed.
    return min(1.0, max(1, math.ceil(score * 1e6)) / 1e6)
