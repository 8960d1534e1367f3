"""What a confidence, a distance and a length are worth."""

import numpy as np
import pytest

from lipgate.core.calibration import Calibration
from lipgate.core.sync.distances import SyncResult
from lipgate.core.weights.manifest import load_manifest


def sync(confidence: float, min_dist: float = 8.0, windows: int = 100) -> SyncResult:
    return SyncResult(0, confidence, min_dist, np.zeros(31), np.zeros(windows))


@pytest.mark.parametrize(("confidence", "score"), [(3.295, 0.147), (6.20, 0.5), (10.02, 0.91), (1e6, 1.0), (-1e6, 0.0)])
def test_syncnet_scores_are_the_published_ones(confidence: float, score: float) -> None:
    calibration = load_manifest().models["syncnet"].calibration
    assert calibration is not None
    assert calibration.score(sync(confidence)) == pytest.approx(score, abs=1e-3)


def test_distance_and_shortness_take_off_certainty() -> None:
    calibration = Calibration(midpoint=-6.0, scale=0.5, distance=1.0, shortness=2.0)
    assert calibration.score(sync(3.0, min_dist=8.0, windows=100)) == pytest.approx(0.5)
    assert calibration.score(sync(3.0, min_dist=7.5, windows=100)) == pytest.approx(1 / (1 + np.exp(-1)))
    assert calibration.score(sync(3.0, min_dist=8.0, windows=25)) == pytest.approx(1 / (1 + np.exp(2)))


def test_half_is_the_confidence_that_scores_one_half() -> None:
    calibration = Calibration(midpoint=-6.0, scale=0.5, distance=1.1, shortness=2.0)
    half = calibration.half(sync(0.0, windows=60))
    assert calibration.score(sync(half, windows=60)) == pytest.approx(0.5)
