"""Thirteen mel-frequency cepstral coefficients per 10 ms, number for number those the reference feeds its audio network.

Reference: `mfcc(wav, 16000)` of python_speech_features 0.6 with its defaults: no analysis window, 26 triangular filters,
pre-emphasis 0.97, lifter 22, first coefficient replaced by the log of the frame's energy.
"""

from functools import cache

import numpy as np

from lipgate.core.constants import AUDIO_HOP, AUDIO_RATE, AUDIO_WINDOW

CEPSTRA = 13
"""Coefficients per column."""

_FILTERS = 26
_FFT = 512
_PREEMPHASIS = 0.97
_LIFTER = 22
_TINY = np.finfo(np.float64).eps
"""Stands in for zero energy before the logarithm."""


def mfcc(samples: np.ndarray, columns: int | None = None) -> np.ndarray:
    """Cepstral coefficients of a sound.

    Args:
        samples: int16 or float (n,), 16 kHz mono on the int16 scale, n >= 1.
        columns: how many columns to return. The sound is continued with silence or cut; by default as many as it fills, the
            last one perhaps in part: 1 + ceil((n - 400) / 160).

    Returns:
        float64 (columns, 13).
    """
    signal = np.asarray(samples, np.float64)
    emphasised = np.concatenate([signal[:1], signal[1:] - _PREEMPHASIS * signal[:-1]])
    if columns is None:
        columns = 1 + max(0, -(-(len(signal) - AUDIO_WINDOW) // AUDIO_HOP))
    needed = (columns - 1) * AUDIO_HOP + AUDIO_WINDOW
    emphasised = np.pad(emphasised, (0, max(0, needed - len(emphasised))))[:needed]
    frames = np.lib.stride_tricks.sliding_window_view(emphasised, AUDIO_WINDOW)[::AUDIO_HOP]
    power = np.abs(np.fft.rfft(frames, _FFT)) ** 2 / _FFT
    energy = power.sum(axis=1)
    bands = power @ _filterbank().T
    cepstra = np.log(np.where(bands == 0, _TINY, bands)) @ _cosines()
    cepstra[:, 0] = np.log(np.where(energy == 0, _TINY, energy))
    return cepstra


@cache
def _filterbank() -> np.ndarray:
    """(26, 257): triangles between points that lie evenly on the mel scale, rounded down to bins of the transform."""
    highest = 2595 * np.log10(1 + AUDIO_RATE / 2 / 700.0)
    edges_hz = 700 * (10 ** (np.linspace(0, highest, _FILTERS + 2) / 2595) - 1)
    edges = np.floor((_FFT + 1) * edges_hz / AUDIO_RATE)
    low, middle, high = edges[:-2, None], edges[1:-1, None], edges[2:, None]
    bins = np.arange(_FFT // 2 + 1)
    rising = (bins - low) / (middle - low)
    falling = (high - bins) / (high - middle)
    return np.where((bins >= low) & (bins < middle), rising, np.where((bins >= middle) & (bins < high), falling, 0.0))


@cache
def _cosines() -> np.ndarray:
    """(26, 13): orthonormal DCT-II, its columns scaled by the lifter."""
    order = np.arange(CEPSTRA)
    phase = np.pi * order * (2 * np.arange(_FILTERS)[:, None] + 1) / (2 * _FILTERS)
    scale = np.where(order == 0, np.sqrt(1 / _FILTERS), np.sqrt(2 / _FILTERS))
    return np.cos(phase) * scale * (1 + _LIFTER / 2 * np.sin(np.pi * order / _LIFTER))
