"""Changes the speed of speech and leaves its pitch: waveform similarity overlap-add (Verhelst & Roelands 1993)."""

import numpy as np

_REACH = 160
"""Samples (10 ms) that a piece may be moved to join the one before smoothly: a period of the deepest voice."""


def stretch(sound: np.ndarray, positions: np.ndarray, hop: int) -> np.ndarray:
    """Play a sound along given positions.

    Args:
        sound: int16 (m,).
        positions: (k,) the sample of `sound` that is to be heard at the output samples 0, hop, 2 hop, ...; what lies outside
            the sound is silence.
        hop: samples of output for each position; pieces of twice the length overlap by half.

    Returns:
        int16 (k * hop,).
    """
    pad = 2 * hop + _REACH
    padded = np.pad(sound.astype(np.float64), pad)
    window = np.hanning(2 * hop + 1)[:-1]
    out = np.zeros((len(positions) + 2) * hop)
    natural = None
    for k, position in enumerate(positions):
        first = int(np.clip(round(float(position)) - hop + pad, _REACH, len(padded) - 2 * hop - _REACH))
        if natural is not None:
            around = padded[first - _REACH : first + 2 * hop + _REACH]
            first += int(np.correlate(around, natural, mode="valid").argmax()) - _REACH
        out[k * hop : (k + 2) * hop] += window * padded[first : first + 2 * hop]
        after = min(first + hop, len(padded) - 2 * hop)
        natural = padded[after : after + 2 * hop]
    return np.clip(np.round(out[hop : (len(positions) + 1) * hop]), -32768, 32767).astype(np.int16)
