"""The sound features of the reference model."""

import numpy as np
import pytest

from lipgate.core.sync.mfcc import mfcc
from tests.core.golden_weights import golden


@pytest.fixture(scope="module")
def chirp() -> np.ndarray:
    t = np.arange(16000) / 16000
    return (8000 * np.sin(2 * np.pi * (200 + 300 * t) * t) + 500 * np.sin(2 * np.pi * 3000 * t)).astype(np.int16)


def test_equals_python_speech_features(chirp):
    expected = golden("syncnet")
    columns = mfcc(chirp)
    assert list(columns.shape) == expected["mfcc_shape"]
    np.testing.assert_allclose(columns[0], expected["mfcc_row0"], rtol=1e-5, atol=2e-5)
    np.testing.assert_allclose(columns[50], expected["mfcc_row50"], rtol=1e-5, atol=2e-5)


@pytest.mark.parametrize(("samples", "columns"), [(1, 1), (400, 1), (401, 2), (560, 2), (561, 3), (16000, 99)])
def test_as_many_columns_as_the_sound_fills(chirp, samples, columns):
    assert mfcc(chirp[:samples]).shape == (columns, 13)


def test_columns_asked_for_do_not_change_those_that_are_there(chirp):
    np.testing.assert_allclose(mfcc(chirp, 100)[:98], mfcc(chirp)[:98], rtol=1e-9, atol=1e-9)
    np.testing.assert_allclose(mfcc(chirp, 40), mfcc(chirp)[:40], rtol=1e-9, atol=1e-9)
    assert np.isfinite(mfcc(chirp, 200)).all()


def test_silence_gives_finite_numbers():
    assert np.isfinite(mfcc(np.zeros(3200, np.int16))).all()


def test_a_later_start_changes_only_the_column_that_lost_its_past(chirp):
    np.testing.assert_allclose(mfcc(chirp[640:])[1:], mfcc(chirp)[5:], rtol=1e-9, atol=1e-9)
