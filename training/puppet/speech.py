"""Sound for the puppet, and how a mouth moves to it.

`speech.opus` holds 40 seconds of sentences in English and Spanish, spoken by six voices of Debian's espeak-ng (a program;
nobody was recorded). README of the samples tells how it was made. All sound is int16, mono, 16 kHz.
"""

import subprocess
from functools import lru_cache
from pathlib import Path

import imageio_ffmpeg
import numpy as np

RATE = 16_000
_RECORDING = Path(__file__).with_name("speech.opus")


@lru_cache(maxsize=2)
def recording(path: Path = _RECORDING) -> np.ndarray:
    """The committed speech, or another.

    Returns:
        int16 (samples,), about 40 s, not writable.
    """
    ffmpeg = [imageio_ffmpeg.get_ffmpeg_exe(), "-v", "error", "-i", str(path)]
    raw = subprocess.run([*ffmpeg, "-f", "s16le", "-ac", "1", "-ar", str(RATE), "-"], capture_output=True, check=True).stdout
    return np.frombuffer(raw, dtype="<i2")


def formant_noise(seconds: float, seed: int = 0) -> np.ndarray:
    """A voice that says nothing: glottal pulses and breath through moving formants, about four syllables a second.

    Returns:
        int16 (samples,).
    """
    rng = np.random.default_rng(seed)
    n, hop = round(seconds * RATE), RATE // 100
    frames = n // hop + 8
    pitch, loud, noise, formants = _syllables(frames, rng)

    phase = np.cumsum(np.interp(np.arange(frames * hop) / hop, np.arange(frames), pitch) / RATE)
    pulses = np.diff(np.floor(phase), prepend=0.0) * np.sqrt(RATE / np.repeat(pitch, hop))
    breath = rng.standard_normal(frames * hop) * 0.6

    window = np.hanning(2 * hop + 1)[:-1]
    at = np.arange(frames - 1)[:, None] * hop + np.arange(2 * hop)
    freqs = np.fft.rfftfreq(1024, 1 / RATE)
    centre, width = formants[:-1, :, None], np.array([80.0, 110.0, 160.0, 250.0])[None, :, None]
    level = np.array([1.0, 0.7, 0.4, 0.2])[None, :, None]
    voiced = (level / (1.0 + ((freqs - centre) / width) ** 2)).sum(1) + 0.01
    hiss = 1.0 / (1.0 + np.exp(-(freqs - 3000.0) / 400.0))
    spectrum = np.fft.rfft(pulses[at] * window, 1024) * voiced * ((1 - noise[:-1]) * loud[:-1])[:, None]
    spectrum += np.fft.rfft(breath[at] * window, 1024) * (0.12 * voiced * loud[:-1, None] + hiss * (noise * loud)[:-1, None])
    pieces = np.fft.irfft(spectrum)  # (frames - 1, 1024): overlap-add
    out = np.zeros(frames * hop + 1024)
    for i, piece in enumerate(pieces):
        out[i * hop : i * hop + 1024] += piece
    out = out[hop : hop + n]
    return (out * (9000.0 / max(np.percentile(np.abs(out), 99), 1e-9))).clip(-32767, 32767).astype(np.int16)


def _syllables(frames: int, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Pitch (Hz), loudness, share of noise (0 to 1) per 10 ms, and formant frequencies (frames, 4) in Hz."""
    vowels = np.array([[730, 1090], [270, 2290], [300, 870], [530, 1840], [570, 840], [660, 1720], [440, 1020]], float)
    loud, noise = np.zeros(frames), np.zeros(frames)
    formants = np.tile(np.array([500.0, 1500.0, 2500.0, 3500.0]), (frames, 1))
    i, left = 5, int(rng.integers(4, 9))
    while i < frames:
        length, onset = int(rng.integers(16, 32)), int(rng.integers(3, 8))
        j = min(i + length, frames)
        t = np.arange(j - i)
        loud[i:j] = np.sin(np.pi * (t + 0.5) / length) ** 0.6 * rng.uniform(0.6, 1.0)
        if rng.random() < 0.6:
            noise[i : i + onset], loud[i : i + onset] = 1.0, loud[i : i + onset] * 0.5 + 0.05
        formants[i:j, :2] = vowels[rng.integers(len(vowels))]
        i, left = j, left - 1
        if left == 0:
            i, left = i + int(rng.integers(20, 45)), int(rng.integers(4, 9))
    smooth = np.hanning(9) / np.hanning(9).sum()
    for k in range(2):
        formants[:, k] = np.convolve(np.pad(formants[:, k], 4, mode="edge"), smooth, mode="valid")
    slow = np.sin(np.arange(frames) * 0.021) + 0.5 * np.sin(np.arange(frames) * 0.055 + 1.0)
    pitch = 125.0 * (1.0 + 0.12 * slow) + rng.normal(0, 1.0, frames)
    noise = np.convolve(noise, np.hanning(5) / np.hanning(5).sum(), mode="same")
    return pitch, np.convolve(loud, np.hanning(5) / np.hanning(5).sum(), mode="same"), noise, formants


def mouth(samples: np.ndarray, times: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """How a mouth that makes this sound looks at the given times.

    The opening follows the loudness between 200 and 2500 Hz (vowels; not the hiss of an s) in the 80 ms around each time,
    in decibels below the loud parts of the sound, so that pauses close the mouth. The rounding follows how much of a voiced
    sound lies low (o, u) and not high (e, i). Both are smoothed over 50 ms, evenly to both sides: no lag.

    Args:
        samples: int16 (n,), 16 kHz.
        times: (frames,) seconds; what lies outside the sound is silence.

    Returns:
        opening and rounding, float32 (frames,), 0 to 1.
    """
    around = np.asarray(times)[:, None] + np.array([-0.025, 0.0, 0.025])
    loud, tilt = _bands(samples, around.ravel())
    top = max(float(np.percentile(loud, 92)), -45.0)
    wide = np.clip((loud - top + 24.0) / 24.0, 0.0, 1.0) ** 1.7
    rounded = np.clip((-tilt - 8.0) / 12.0, 0.0, 1.0) * np.clip(wide * 3.0, 0.0, 1.0)
    smooth = np.array([0.25, 0.5, 0.25])
    return tuple((v.reshape(-1, 3) @ smooth).astype(np.float32) for v in (wide, rounded))


def _bands(samples: np.ndarray, times: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Loudness of the voice and its balance of high against low, both in dB, in the 80 ms around each time."""
    half = RATE // 25
    padded = np.pad(samples.astype(np.float32) / 32768.0, half)
    first = np.clip(np.round(times * RATE).astype(int), 0, len(samples))
    window = np.hanning(2 * half + 1)[:-1].astype(np.float32)
    power = np.abs(np.fft.rfft(padded[first[:, None] + np.arange(2 * half)] * window)) ** 2
    freqs = np.fft.rfftfreq(2 * half, 1 / RATE)

    def level(low: float, high: float) -> np.ndarray:
        return 10.0 * np.log10(power[:, (freqs >= low) & (freqs < high)].sum(1) / (half * half) + 1e-9)

    return level(200, 2500), level(1000, 3800) - level(150, 1000)


def opening(samples: np.ndarray, times: np.ndarray | None = None) -> np.ndarray:
    """Mouth opening, float32 (frames,), 0 to 1; without `times` at the middle of each frame of 25 fps."""
    if times is None:
        times = (np.arange(len(samples) * 25 // RATE) + 0.5) / 25
    return mouth(samples, times)[0]
