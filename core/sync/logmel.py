"""Log-mel features of the `mini` model."""

from functools import cache

import numpy as np

from lipgate.core.constants import AUDIO_HOP, AUDIO_RATE, AUDIO_WINDOW

BANDS = 40
LOWEST_HZ, HIGHEST_HZ = 55.0, 7600.0
FFT_SIZE = 512
PRE_EMPHASIS = 0.97

FLOOR = 1e-9
"""Energy that counts as silence; full scale is 1."""

LEVEL_COLUMNS = 150
"""The mean level of each band is taken over this many columns at each side (1.5 s)."""

SPREAD = 3.0
"""Typical deviation of log energies in speech; features are divided by it."""


def logmel(samples: np.ndarray) -> np.ndarray:
    """Log energies of 40 mel bands around their local mean level.

    The level is local, so that gain and channel cancel and every column depends on a bounded stretch of sound only. Digital
    silence has no say in it: a sound with silence put before it keeps its features.

    Args:
        samples: int16 or float (n,), full scale 32768, at 16 kHz.

    Returns:
        float32 (40, n // 160). Column c looks at 25 ms around sample 160 c + 80.
    """
    columns = len(samples) // AUDIO_HOP
    if columns == 0:
        return np.empty((BANDS, 0), np.float32)
    energy = _mel_energy(samples, columns)
    loud = np.log(np.maximum(energy, FLOOR))
    return ((loud - _local_level(loud)) / SPREAD).T.astype(np.float32)


def _mel_energy(samples: np.ndarray, columns: int) -> np.ndarray:
    """float32 (columns, 40)."""
    sound = samples.astype(np.float32) / 32768.0
    sound[1:] -= PRE_EMPHASIS * sound[:-1].copy()
    margin = (AUDIO_WINDOW - AUDIO_HOP) // 2
    padded = np.pad(sound, (margin, AUDIO_WINDOW))
    windows = np.lib.stride_tricks.sliding_window_view(padded, AUDIO_WINDOW)[: columns * AUDIO_HOP : AUDIO_HOP]
    taper = np.hanning(AUDIO_WINDOW).astype(np.float32)
    spectrum = np.fft.rfft(windows * (taper / taper.sum()), FFT_SIZE)
    power = spectrum.real**2 + spectrum.imag**2
    return power.astype(np.float32) @ _mel_bank()


def _local_level(loud: np.ndarray) -> np.ndarray:
    """Mean of (columns, 40) over `LEVEL_COLUMNS` at each side, of columns that are not silent."""
    audible = (loud.mean(axis=1, keepdims=True) > np.log(FLOOR) + 0.5).astype(np.float64)
    sums = np.concatenate([np.zeros((1, BANDS + 1)), np.cumsum(np.hstack([loud * audible, audible]), axis=0)])
    at = np.arange(len(loud))
    window = sums[np.minimum(at + LEVEL_COLUMNS + 1, len(loud))] - sums[np.maximum(at - LEVEL_COLUMNS, 0)]
    level = window[:, :-1] / np.maximum(window[:, -1:], 1)
    # Where all is silent, silence is the level.
    return np.where(window[:, -1:] > 0, level, np.log(FLOOR))


def _mel(hz: np.ndarray | float) -> np.ndarray:
    return 2595.0 * np.log10(1.0 + np.asarray(hz) / 700.0)


def _edges() -> np.ndarray:
    """Corners of the filters in mel, (42,): filter b rises from b to b + 1 and falls to b + 2."""
    return np.linspace(_mel(LOWEST_HZ), _mel(HIGHEST_HZ), BANDS + 2)


def mel_centres() -> np.ndarray:
    """Middle of each band in Hz, (40,)."""
    return 700.0 * (10 ** (_edges()[1:-1] / 2595.0) - 1.0)


def mel_position(hz: np.ndarray) -> np.ndarray:
    """Band whose middle a frequency is, with a fraction; the inverse of `mel_centres`."""
    centres = _edges()[1:-1]
    return (_mel(hz) - centres[0]) / (centres[1] - centres[0])


@cache
def _mel_bank() -> np.ndarray:
    """Triangular filters, float32 (257, 40)."""
    edges = _edges()
    bins = _mel(np.arange(FFT_SIZE // 2 + 1) * AUDIO_RATE / FFT_SIZE)[:, None]
    rising = (bins - edges[:-2]) / (edges[1:-1] - edges[:-2])
    falling = (edges[2:] - bins) / (edges[2:] - edges[1:-1])
    return np.maximum(0, np.minimum(rising, falling)).astype(np.float32)
