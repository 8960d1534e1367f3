"""Offsets that step, drift or fit nowhere are found in a track's distances; a constant one is left alone."""

import numpy as np
import pytest

from lipgate.core.constants import VIDEO_FPS, VSHIFT
from lipgate.core.sync.course import course, windows

ROWS = 20 * VIDEO_FPS
CONFIDENCE = 4.0
NOISE = 1.5
"""Of single distances, about that of real clips."""


def distances(offsets: np.ndarray, fits: np.ndarray | None = None, seed: int = 0) -> np.ndarray:
    """Distances of a track whose offset goes as given (frames, fractions allowed); noise is alike over neighbouring rows."""
    rng = np.random.default_rng(seed)
    shifts = np.arange(-VSHIFT, VSHIFT + 1)
    dip = np.maximum(0, 1 - np.abs(shifts[None] + offsets[:, None]) / 2.5)
    rough = rng.normal(0, NOISE, (len(offsets) + 4, len(shifts)))
    noise = np.stack([np.convolve(column, np.ones(5) / np.sqrt(5), "valid") for column in rough.T], axis=1)
    share = 1.0 if fits is None else fits[:, None]
    return (14 - CONFIDENCE * share * dip + noise).astype(np.float32)


def found(offsets: np.ndarray, fits: np.ndarray | None = None, seed: int = 0):
    return course(distances(offsets, fits, seed), np.ones(len(offsets)), least_confidence=2.0)


@pytest.mark.parametrize("seed", range(8))
@pytest.mark.parametrize("offset", [0, 7, -12])
def test_a_constant_offset_has_no_changes_and_no_drift(offset: int, seed: int) -> None:
    result = found(np.full(ROWS, float(offset)), seed=seed)
    assert result.changes == ()
    assert result.drift_ms_per_min is None
    assert [stretch.offset_frames for stretch in result.stretches] == [offset]


@pytest.mark.parametrize("at_s", [2, 5, 10, 15, 18])
@pytest.mark.parametrize(("before", "after"), [(0, 4), (0, -4), (-6, 6), (3, -2), (12, 0)])
def test_a_step_is_told_with_its_moment_and_both_offsets(before: int, after: int, at_s: int) -> None:
    offsets = np.where(np.arange(ROWS) < at_s * VIDEO_FPS, before, after).astype(float)
    result = found(offsets, seed=at_s)
    assert len(result.changes) == 1
    row, was, is_now = result.changes[0]
    assert (was, is_now) == pytest.approx((before, after), abs=1)
    assert row / VIDEO_FPS == pytest.approx(at_s, abs=0.3)
    assert result.drift_ms_per_min is None


@pytest.mark.parametrize("percent", [1, -1, 4, -4])
def test_a_drift_is_told_as_a_drift(percent: float) -> None:
    rows = np.arange(ROWS)
    result = found((rows - ROWS / 2) * percent / 100, seed=3)
    assert result.changes == ()
    assert result.drift_ms_per_min == pytest.approx(percent * 600, rel=0.07)


def test_a_stretch_that_fits_nowhere_has_no_offset() -> None:
    fits = np.ones(ROWS)
    fits[200:350] = 0
    result = found(np.zeros(ROWS), fits)
    assert [stretch.offset_frames for stretch in result.stretches] == [0, None, 0]
    assert result.stretches[1].start == pytest.approx(200, abs=10)
    assert result.stretches[1].stop == pytest.approx(350, abs=10)
    assert result.changes == ()


def test_silence_says_nothing_of_the_offset() -> None:
    offsets = np.zeros(ROWS)
    offsets[200:300] = 9
    spoken = np.ones(ROWS)
    spoken[200:300] = 0
    assert course(distances(offsets), spoken, 1.0).changes == ()


def test_windows_are_judged_at_their_own_offset_and_at_that_of_the_whole() -> None:
    offsets = np.where(np.arange(ROWS) < 400, 0.0, 8.0)
    judged = windows(distances(offsets), offset_frames=0)
    assert judged[0].start == 0
    assert judged[-1].start + judged[-1].rows == ROWS
    assert judged[0].sync.offset_frames == judged[0].kept.offset_frames == 0
    assert judged[-1].sync.offset_frames == 8
    assert abs(judged[-1].kept.offset_frames) <= 1
    assert judged[-1].kept.confidence < judged[-1].sync.confidence - 2
