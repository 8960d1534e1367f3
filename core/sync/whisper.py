"""Sound as the encoder of Whisper takes it and gives it back: log-mel columns in, states out.

Used by scoring and by training alike. The states of a moment depend on the moments around it, so a sound is heard in pieces
that lie on a fixed grid from its beginning: whoever asks for a stretch gets the same numbers, wherever he begins.
"""

from functools import cache

import numpy as np

from lipgate.core.constants import AUDIO_HOP, AUDIO_RATE, SAMPLES_PER_FRAME, STATE_WIDTH, STATES_PER_FRAME, VIDEO_FPS
from lipgate.core.runtime import Network

BANDS = 80
WINDOW = 400
"""Samples of a column (25 ms), as Whisper's."""

CORE_FRAMES = 10 * VIDEO_FPS
"""Frames of a piece whose states are kept ..."""

MARGIN_FRAMES = VIDEO_FPS
"""... and those heard before and after it, so that no state lacks its surroundings."""

FLOOR = -10.0
"""log10 of the energy that counts as digital silence (Whisper's own)."""

DEPTH = 7.0
"""Energies this many powers of ten below the level of speech count as silence. Whisper takes 8 below the loudest column; a level
that most columns have a say in does not jump with a click."""

HEADROOM = 2.0
LEVEL_SHARE = 90
"""Percentile of the loudness of the columns that is called the level of the speech."""

SPEECH_VALUE = 1.2
"""What a band at the level of the speech becomes; about what Whisper makes of a recording of usual loudness."""


def logmel(samples: np.ndarray) -> np.ndarray:
    """Log energies of 80 mel bands relative to the level of the speech.

    As whisper/audio.py (`log_mel_spectrogram`), but for the level, which makes the gain of the recording cancel.

    Args:
        samples: int16 or float (n,), full scale 32768, at 16 kHz; of at most some tens of seconds, which share one level.

    Returns:
        float32 (80, n // 160). Column c looks at 25 ms around sample 160 c.
    """
    columns = len(samples) // AUDIO_HOP
    if columns == 0:
        return np.empty((BANDS, 0), np.float32)
    padded = np.pad(samples.astype(np.float32) / 32768.0, (WINDOW // 2, WINDOW))
    windows = np.lib.stride_tricks.sliding_window_view(padded, WINDOW)[: columns * AUDIO_HOP : AUDIO_HOP]
    spectrum = np.fft.rfft(windows * _taper())
    power = (spectrum.real**2 + spectrum.imag**2).astype(np.float32)
    loud = np.log10(np.maximum(power @ _mel_bank(), 10.0**FLOOR))
    loudest = loud.max(axis=1)
    audible = loudest[loudest > FLOOR + 1]
    level = np.percentile(audible, LEVEL_SHARE) if len(audible) else FLOOR
    return (SPEECH_VALUE + np.clip(loud - level, -DEPTH, HEADROOM) / 4).T.astype(np.float32)


def piece_of(frame: int) -> int:
    """Number of the piece of the grid that holds a frame's states."""
    return frame // CORE_FRAMES


def piece_span(piece: int) -> tuple[int, int]:
    """First frame that is heard for a piece, and the one after the last."""
    return max(0, piece * CORE_FRAMES - MARGIN_FRAMES), (piece + 1) * CORE_FRAMES + MARGIN_FRAMES


def states(encoder: Network, samples: np.ndarray) -> np.ndarray:
    """States of one piece, those of its margins with them.

    Args:
        encoder: the branch `states` of `lipgate.core.nets.whisper`.
        samples: int16 or float, the sound of `piece_span`, shorter where the sound ends.

    Returns:
        float32 (2 n, 768) for its n whole frames.
    """
    frames = len(samples) // SAMPLES_PER_FRAME
    if frames == 0:
        return np.empty((0, STATE_WIDTH), np.float32)
    return encoder(mel=logmel(samples[: frames * SAMPLES_PER_FRAME])[None])[0][0]


def hear(encoder: Network, samples: np.ndarray) -> np.ndarray:
    """States of a whole sound without the margins of its pieces, float32 (2 n, 768) for its n whole frames."""
    frames = len(samples) // SAMPLES_PER_FRAME
    kept = [np.empty((0, STATE_WIDTH), np.float32)]
    for piece in range(-(-frames // CORE_FRAMES)):
        first, last = piece_span(piece)
        found = states(encoder, samples[first * SAMPLES_PER_FRAME : last * SAMPLES_PER_FRAME])
        before = piece * CORE_FRAMES - first
        kept.append(found[before * STATES_PER_FRAME : (before + CORE_FRAMES) * STATES_PER_FRAME])
    return np.concatenate(kept)


@cache
def _taper() -> np.ndarray:
    """Periodic Hann window, float32 (400,)."""
    return (0.5 - 0.5 * np.cos(2 * np.pi * np.arange(WINDOW) / WINDOW)).astype(np.float32)


def _mel(hz: np.ndarray) -> np.ndarray:
    """Slaney's mel scale: linear up to 1 kHz, logarithmic above (librosa's default, which Whisper took)."""
    return np.where(hz < 1000, hz * 3 / 200, 15 + 27 * np.log(np.maximum(hz, 1.0) / 1000) / np.log(6.4))


def _hertz(mel: np.ndarray) -> np.ndarray:
    return np.where(mel < 15, mel * 200 / 3, 1000 * np.exp(np.log(6.4) / 27 * (mel - 15)))


@cache
def _mel_bank() -> np.ndarray:
    """Triangular filters of equal area, float32 (201, 80)."""
    nyquist = AUDIO_RATE / 2
    corners = _hertz(np.linspace(0, float(_mel(np.array(nyquist))), BANDS + 2))
    bins = np.linspace(0, nyquist, WINDOW // 2 + 1)[:, None]
    rising = (bins - corners[:-2]) / np.diff(corners)[:-1]
    falling = (corners[2:] - bins) / np.diff(corners)[1:]
    return (np.maximum(0, np.minimum(rising, falling)) * 2 / (corners[2:] - corners[:-2])).astype(np.float32)
