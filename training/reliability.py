"""How well the score tells the chance: a reliability diagram of people the calibration was not fitted to."""

from pathlib import Path

import numpy as np

from lipgate.core.evaluation.bootstrap import Estimate, estimate
from lipgate.core.evaluation.figures import calibration_error, reliability
from training.calibration import Trial, fit
from training.track import person_of

FOLDS = 8


def cross_validated(found: list[Trial]) -> np.ndarray:
    """Score of every trial by a calibration fitted without its person, float (n,)."""
    people = np.unique([person_of(trial.name) for trial in found], return_inverse=True)[1]
    fold = np.random.default_rng(0).permutation(int(people.max()) + 1)[people] % FOLDS
    scores = np.empty(len(found))
    for number in np.unique(fold):
        calibration = fit([trial for trial, own in zip(found, fold, strict=True) if own != number])
        for at in np.flatnonzero(fold == number):
            scores[at] = calibration.score(found[at].result)
    return scores


def write_reliability(found: list[Trial], target: Path) -> Estimate | None:
    """Draw the diagram (SVG or PNG, by the file's name); returns the expected calibration error, classes weighing the same."""
    from matplotlib.figure import Figure

    scores, own = cross_validated(found), np.array([trial.own for trial in found])
    people = np.unique([person_of(trial.name) for trial in found], return_inverse=True)[1]
    everybody = np.ones(len(found), bool)
    error = estimate(
        {"error": (lambda weights: calibration_error(scores, own, weights, balanced=True), everybody)}, people, seed=0
    )["error"]
    page = Figure(figsize=(9, 3.8), layout="constrained")
    left, right = page.subplots(1, 2)
    bars = [bar for bar in reliability(scores, own) if bar is not None]
    left.plot([0, 1], [0, 1], "--", color="gray", label="exact")
    left.plot([bar.score for bar in bars], [bar.share for bar in bars], "o-", label="measured")
    said = "" if error is None else f"expected calibration error {error.value:.3f}"
    left.set(title=said, xlabel="mean score", ylabel="share of own sound", xlim=(0, 1), ylim=(0, 1))
    left.legend(loc="upper left")
    for label, chosen, hatch in (("own sound", own, ""), ("foreign sound", ~own, "//")):
        weights = np.full(int(chosen.sum()), 1 / max(1, int(chosen.sum())))
        right.hist(scores[chosen], bins=20, range=(0, 1), weights=weights, alpha=0.6, label=label, hatch=hatch)
    right.set(title=f"scores of {len(found)} comparisons", xlabel="score", ylabel="share")
    right.legend()
    page.savefig(target)
    return error
