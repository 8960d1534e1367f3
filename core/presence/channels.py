"""Hears whether the two sides of a sound say different things: who hears one of them then hears other words than were judged.

Level, delay, phase and room of one voice differ between channels and mean nothing. So does music that is spread wide. Hence in
every stretch what one side (or the difference of both) has that no filter makes of the other (or of their sum) is taken
out, and counts only where it is about as loud, is speech as the other is somewhere in the clip, and goes up and down at other
moments. A room draws a voice out for longer than a filter is: its echoes follow the voice, and are told from another by that.
"""

from dataclasses import dataclass, field

import numpy as np

from lipgate.core.constants import AUDIO_RATE
from lipgate.core.media.mix import stereo
from lipgate.core.presence.findings import Code, Finding
from lipgate.core.runtime import OnnxNetwork
from lipgate.core.speech import SpeechMeter

WINDOW = 2 * AUDIO_RATE
HOP = AUDIO_RATE
"""Stretches that are compared, in samples: two seconds, every second."""

LOUD = 0.16
"""Share of the louder side's power (-8 dB) from which on what differs is heard beside it."""

ALIKE = 0.5
"""Correlation of the levels from which on both are the same voice."""

SPOKEN_S = 0.5
"""Seconds of a stretch that must be speech for somebody to speak in it."""

MIN_STRETCHES = 2
MIN_SHARE = 0.34
"""Stretches that differ, and their share of all that are loud enough: a word of somebody beside is no other text."""

QUIET = 3.0
"""Root mean square (of 32768) of what is not compared: below, samples are too coarse. Who makes all of a sound fainter hides
nothing: each stretch is brought to one level."""

LEVEL = 2000.0
"""That level, root mean square."""

PAUSE = 1e-3
"""Stretches of less than this share of the loudest one's power (-30 dB) do not count."""

_FRAME = 1024
_STEP = _FRAME // 4
_WINDOW = np.hanning(_FRAME + 1)[:-1].astype(np.float32)
_VOICE = slice(10, 256)
"""Bins from 150 to 4000 Hz."""

_KEPT = (0.0, *(10 ** (-6 * _STEP / (seconds * AUDIO_RATE)) for seconds in (0.3, 0.6, 1.2, 2.0)))
"""Share of its power that a sound has left a step later, dry and in rooms in which it falls by 60 dB in so many seconds."""
_SETTLED = 12
"""Steps at the beginning of a stretch that hold what rang before it."""


@dataclass
class _Pair:
    """Two views of a sound."""

    spoken: bool = False
    """Whether the second was heard to speak."""
    different: list[tuple[int, float]] = field(default_factory=list)
    """Number of each stretch in which the first says something else, and the correlation."""


class ChannelMeter:
    """Fed with all channels of a sound, in order."""

    def __init__(self, speech: OnnxNetwork) -> None:
        """Args: speech: Silero VAD."""
        self._speech = speech
        self._waiting = np.zeros((0, 2), np.float32)
        self._done = 0
        """Stretches that were looked at."""
        self._powers: dict[int, float] = {}
        """Of each stretch that was compared, by its number."""
        self._pairs = (_Pair(), _Pair(), _Pair())
        """What is heard by one ear and by the other, both ways, and what a mean of both cancels and what it keeps."""

    def feed(self, samples: np.ndarray, layout: str) -> None:
        """Listen to the next samples.

        Args:
            samples: int16 (n, channels), 16 kHz.
            layout: ffmpeg's name.
        """
        if samples.shape[1] < 2:
            return
        self._waiting = np.concatenate([self._waiting, stereo(samples, layout)])
        while len(self._waiting) >= WINDOW:
            self._compare(self._waiting[:WINDOW])
            self._waiting = self._waiting[HOP:]
            self._done += 1

    def finish(self) -> tuple[Finding, ...]:
        """What was noticed; the clip has ended."""
        least = PAUSE * max(self._powers.values(), default=0.0)
        loud = {number for number, power in self._powers.items() if power >= least}
        told = ([one for one in pair.different if one[0] in loud] for pair in self._pairs if pair.spoken)
        found = max(told, key=len, default=[])
        if len(found) < max(MIN_STRETCHES, MIN_SHARE * len(loud)):
            return ()
        start_s, end_s = found[0][0] * HOP / AUDIO_RATE, (found[-1][0] * HOP + WINDOW) / AUDIO_RATE
        value = min(correlation for _, correlation in found)
        words = f"The channels of the sound say different things, in {len(found)} of {len(loud)} stretches of two seconds."
        return (Finding(Code.CHANNELS_DIFFER, start_s, end_s, value, ALIKE, True, words),)

    def _compare(self, sides: np.ndarray) -> None:
        loudest = float(np.square(sides).mean(axis=0).max())
        if loudest < QUIET**2:
            return
        self._powers[self._done] = loudest
        left, right = (sides * (LEVEL / np.sqrt(loudest))).T
        middle, apart = (left + right) / 2, (left - right) / 2
        if min(np.square(apart).mean(), np.square(middle).mean()) < LOUD * LEVEL**2 / 4:
            return  # the same on both sides, or turned over on one
        for pair, one, other in zip(self._pairs, (left, right, apart), (right, left, middle), strict=True):
            pair.spoken = pair.spoken or self._says(other)
            rest, correlation = apart_from(one, other)
            if np.square(rest).mean() >= LOUD * LEVEL**2 and correlation < ALIKE and self._says(rest):
                pair.different.append((self._done, correlation))

    def _says(self, samples: np.ndarray) -> bool:
        meter = SpeechMeter(self._speech)
        meter.feed(np.clip(samples, -32768, 32767).astype(np.int16))
        return meter.seconds(0, WINDOW * 25 // AUDIO_RATE) >= SPOKEN_S


def apart_from(one: np.ndarray, other: np.ndarray) -> tuple[np.ndarray, float]:
    """What a sound has that no filter of 64 ms makes of another, and whether it comes and goes with the other.

    Args:
        one, other: float32 (n,).

    Returns:
        float32 (n,), and the correlation of both levels in decibels, -1 to 1, also as a room draws the other out.
    """
    a, b = _spectra(one), _spectra(other)
    power = np.square(np.abs(b)).sum(axis=0)
    gains = (a * b.conj()).sum(axis=0) / (power + 1e-3 * power.mean() + 1e-9)
    rest = a - gains * b
    return _sound(rest, len(one)), _alike(np.square(np.abs(rest[:, _VOICE])), np.square(np.abs(b[:, _VOICE])))


def _alike(rest: np.ndarray, other: np.ndarray) -> float:
    """Best correlation of the levels of what is left with those of the other sound, either dry or as a room draws it out."""
    told = (other * (rest.mean(axis=0) / (other.mean(axis=0) + 1e-3))).sum(axis=1)
    left = rest.sum(axis=1)
    if min(_level(left).std(), _level(told).std()) < 1.0:
        return 1.0  # a hum or a hiss
    best = -1.0
    for kept in _KEPT:
        for dry, wet in ((left, told), (told, left)):
            one, another = _level(dry)[_SETTLED:], _level(_drawn_out(wet, kept))[_SETTLED:]
            if min(one.std(), another.std()) > 0.5:
                best = max(best, float(np.corrcoef(one, another)[0, 1]))
    return best


def _drawn_out(powers: np.ndarray, kept: float) -> np.ndarray:
    """Powers of a sound in a room."""
    out = np.empty(len(powers))
    ringing = 0.0
    for place, now in enumerate(powers):
        ringing = kept * ringing + float(now)
        out[place] = ringing
    return out


def _level(powers: np.ndarray) -> np.ndarray:
    """Decibels; what lies 30 below the loudest is room and noise."""
    level = 10 * np.log10(powers + 1e-3)
    return np.maximum(level, level.max() - 30)


def _spectra(samples: np.ndarray) -> np.ndarray:
    """complex64 (frames, bins)."""
    frames = np.lib.stride_tricks.sliding_window_view(samples, _FRAME)[::_STEP]
    return np.fft.rfft(frames * _WINDOW).astype(np.complex64)


def _sound(spectra: np.ndarray, length: int) -> np.ndarray:
    """float32 (length,), of overlapping frames."""
    out = np.zeros(length, np.float32)
    for number, frame in enumerate(np.fft.irfft(spectra).astype(np.float32) * _WINDOW):
        out[number * _STEP :][:_FRAME] += frame
    return out / 1.5
