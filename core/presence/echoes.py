"""Finds sound that comes again exactly: nobody says the same half second twice, wave for wave."""

from dataclasses import dataclass

import numpy as np

from lipgate.core.constants import AUDIO_RATE, VIDEO_FPS

_DECIMATION = 4
RATE = AUDIO_RATE // _DECIMATION
"""Samples a second of the sound that is compared: the band of voices, in which codecs leave waves as they are."""

BLOCK = RATE // 2
"""Samples that are looked for in what was before (0.5 s)."""

REACH = 12 * RATE
"""How far back is looked."""

MIN_LAG = RATE * 8 // VIDEO_FPS
"""Nearest that is compared (0.32 s)."""

ALIKE = 0.75
"""Correlation from which on two blocks are the same."""

TONAL = 0.01
"""Share of all lags with half that correlation from which on a sound is a tone or a hum, which always repeats."""

_QUIET = 0.01
"""Energy of a pause, against that of the loudest block: what comes again there does not count."""

_FAINT = 1.0
"""Root mean square (of 32768, treble lifted) of what may be rounding only, and is not looked for."""

_TAPS = (np.sinc(np.arange(-16, 17) * 0.2) * np.hanning(35)[1:-1] * 0.2).astype(np.float32)
"""Low-pass at 1.6 kHz."""


@dataclass(frozen=True)
class Echo:
    """A block of sound that came before."""

    start_s: float
    lag_s: float
    correlation: float


class EchoFinder:
    """Listens to the sound of a clip, in order."""

    def __init__(self) -> None:
        self._found: list[tuple[float, Echo]] = []
        """With the energy of each."""
        self._loudest = 0.0
        self._raw = np.zeros(len(_TAPS), np.float32)
        self._past = np.empty(0, np.float32)
        self._new = np.empty(0, np.float32)
        self._done = 0
        """Samples at `RATE` that were looked for."""

    @property
    def found(self) -> list[Echo]:
        """In order, those in pauses left out."""
        return [echo for energy, echo in self._found if energy >= _QUIET * self._loudest]

    def feed(self, samples: np.ndarray) -> None:
        """Listen to the next samples, int16 (n,)."""
        raw = np.concatenate([self._raw, samples.astype(np.float32)])
        count = (len(raw) - len(_TAPS)) // _DECIMATION
        if count <= 0:
            self._raw = raw
            return
        # Treble is lifted as it is for speech: the hum of rooms would else be most of what is compared.
        lifted = np.convolve(raw[1:] - 0.95 * raw[:-1], _TAPS, mode="valid")
        self._new = np.concatenate([self._new, lifted[: count * _DECIMATION : _DECIMATION]])
        self._raw = raw[count * _DECIMATION :]
        while len(self._new) >= BLOCK:
            block, self._new = self._new[:BLOCK], self._new[BLOCK:]
            self._look(block)
            self._past = np.concatenate([self._past, block])[-REACH:]
            self._done += BLOCK

    def _look(self, block: np.ndarray) -> None:
        energy = float(np.square(block).sum())
        past = self._past
        self._loudest = max(self._loudest, energy)
        if energy < max(BLOCK * _FAINT**2, _QUIET * self._loudest) or len(past) < BLOCK:
            return
        whole = np.concatenate([past, block])
        size = 1 << (len(whole) + BLOCK - 1).bit_length()
        products = np.fft.irfft(np.fft.rfft(whole, size) * np.conj(np.fft.rfft(block, size)), size)
        sums = np.concatenate([[0.0], np.cumsum(np.square(whole, dtype=np.float64))])
        starts = len(past) - MIN_LAG
        energies = sums[BLOCK : BLOCK + starts] - sums[:starts]
        correlation = products[:starts] / np.sqrt(np.maximum(energies, 0.1 * energy) * energy)
        # Of several that fit as well, as in a loop, the nearest.
        best = int(np.flatnonzero(correlation >= 0.97 * correlation.max())[-1])
        if correlation[best] >= ALIKE and (correlation >= ALIKE / 2).mean() <= TONAL:
            echo = Echo(self._done / RATE, (len(past) - best) / RATE, float(correlation[best]))
            self._found.append((energy, echo))
