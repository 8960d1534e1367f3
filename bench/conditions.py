"""The ways a recording gets worse: each condition changes the picture or the sound of a clip, and nothing of their timing."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from bench import drawing
from bench.subject import Subject, active_level
from lipgate.core.constants import AUDIO_RATE

SNR_DB = 10.0
"""Level of the voice over noise and over babble."""

BABBLE_VOICES = 6
"""Voices in a babble, at least."""

Size = tuple[int, int]
Draw = Callable[[Subject], drawing.Painter]
Hear = Callable[[Subject, np.ndarray, np.random.Generator], np.ndarray | None]

_PCM = ("-c:a", "pcm_s16le")
_PHONE = "highpass=f=300:poles=2,highpass=f=300:poles=2,lowpass=f=3400:poles=2,lowpass=f=3400:poles=2"


@dataclass(frozen=True)
class Picture:
    """What becomes of the picture. Equal ones are made once for a clip."""

    fps: int | None = None
    """Rate it is resampled to; None keeps the times of the source."""
    face_px: int | None = None
    """Size the face is reduced to; clips whose face is smaller are left out, nothing is enlarged."""
    crf: int = 16
    """Of H.264: 16 cannot be told from the source by eye."""
    draw: Draw | None = None
    """Makes what is painted on every picture; these are at 25 fps, as the scorer sees them."""

    def size(self, subject: Subject) -> Size | None:
        """Width and height to encode, even; None where the face would have to be enlarged."""
        scale = 1.0 if self.face_px is None else self.face_px / subject.face_px
        if scale > 1:
            return None
        # face_px counts pixels of the source, which may be larger than what is decoded.
        wanted = (scale * side for side in (subject.clip.width, subject.clip.height))
        width, height = (max(2, round(side / 2) * 2) for side in wanted)
        return width, height


@dataclass(frozen=True)
class Condition:
    """One way a recording gets worse."""

    name: str
    """For the table and for `--only`."""
    picture: Picture = Picture()
    hear: Hear | None = None
    """What becomes of the sound, int16 to int16 of the same length; None as its answer leaves the clip out."""
    sound_codec: tuple[str, ...] = _PCM
    """Arguments of ffmpeg that encode the sound."""
    suffix: str = ".mkv"
    untouched: bool = False
    """The file itself is scored and nothing is encoded."""


def white_noise(_: Subject, samples: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Add white noise `SNR_DB` below the voice."""
    return mixed(samples, rng.normal(size=len(samples)))


def babble(subject: Subject, samples: np.ndarray, rng: np.random.Generator) -> np.ndarray | None:
    """Add many voices at once, together `SNR_DB` below the voice; None where there are fewer than `BABBLE_VOICES`."""
    if len(subject.voices) < BABBLE_VOICES:
        return None
    noise = np.zeros(len(samples))
    for voice in subject.voices:
        turned = np.roll(np.resize(voice, len(samples)).astype(np.float64), int(rng.integers(len(samples))))
        noise += turned / max(active_level(turned), 1.0)
    return mixed(samples, noise)


def late_microphone(_: Subject, samples: np.ndarray, __: np.random.Generator) -> np.ndarray:
    """Silence during the first second, as where the microphone wakes late; what is heard after stays in sync."""
    quiet = samples.copy()
    quiet[:AUDIO_RATE] = 0
    return quiet


def mixed(samples: np.ndarray, noise: np.ndarray, snr_db: float = SNR_DB) -> np.ndarray:
    """Sound with noise added.

    Args:
        samples: int16 (n,).
        noise: float (n,), of any level.
        snr_db: level of the voice, where somebody speaks, over that of the noise.

    Returns:
        int16 (n,). Both are turned down together where the sum would be clipped.
    """
    level = active_level(samples) / 10 ** (snr_db / 20)
    total = samples + noise * (level / max(float(np.sqrt(np.mean(noise**2))), 1e-9))
    return np.round(total * min(1.0, 32767 / max(float(np.abs(total).max()), 1.0))).astype(np.int16)


CONDITIONS = (
    Condition("as it is", untouched=True),
    Condition("15 fps", Picture(fps=15)),
    Condition("30 fps", Picture(fps=30)),
    Condition("face 160 px", Picture(face_px=160)),
    Condition("face 80 px", Picture(face_px=80)),
    Condition("CRF 35", Picture(crf=35)),
    Condition("white noise", hear=white_noise),
    Condition("babble", hear=babble),
    Condition("phone band", sound_codec=("-af", _PHONE, "-ar", "8000", "-c:a", "pcm_mulaw"), suffix=".mov"),
    Condition("turned 30", Picture(draw=drawing.turned)),
    Condition("moustache", Picture(draw=drawing.moustache)),
    Condition("mask", Picture(draw=drawing.mask)),
    Condition("hand", Picture(draw=drawing.hand)),
    Condition("late microphone", hear=late_microphone),
    Condition("AAC 24 kbit/s", sound_codec=("-c:a", "aac", "-b:a", "24k"), suffix=".mp4"),
    Condition("Opus 24 kbit/s", sound_codec=("-ar", "48000", "-c:a", "libopus", "-b:a", "24k")),
)
"""In the order of the table; the first is what the others are held against."""
