"""What can be asked of a puppet video."""

from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import numpy as np

from training.puppet.speech import RATE, formant_noise, mouth, recording

PIECE_SECONDS = 20.0
"""Videos longer than twice this are a piece of about this length, repeated."""

_DUBBED_SECONDS = 13.0
"""How far from the words we hear those stand that the face says, when dubbed."""


@dataclass(frozen=True)
class Puppet:
    """One video of a talking photograph. Hashable, so that equal wishes are made once."""

    seconds: float = 4.0
    """Length. Above 40 s a piece of 20 s is repeated (`cuts` and `faceless_shots` then count inside the piece)."""

    fps: int | Fraction | str = 25
    """Frames per second, or "vfr": 25 on average, swinging between 19 and 37 (containers with timestamps only)."""

    size: tuple[int, int] = (640, 360)
    """Width and height as displayed."""

    face_px: int = 150
    """Height of the face box in pixels."""

    faces: int = 1
    """Faces, side by side, each in its own tile."""

    speaker: int = 0
    """Which face, from the left, says what we hear. The others keep still."""

    listeners_talk: bool = False
    """The other faces say something else, instead of keeping still."""

    still: bool = False
    """No mouth moves."""

    no_face: bool = False
    """A cup of coffee instead of a face."""

    cuts: tuple[float, ...] = ()
    """Times in seconds at which framing and light change at once."""

    faceless_shots: tuple[int, ...] = ()
    """Which shots between cuts (from 0) show the coffee."""

    sound: str = "speech"
    """"speech", "silence" (a track of zeros), "noise" (white), "tones" (chords) or "none" (no audio stream)."""

    voice: str | Path = "espeak"
    """"espeak" (six voices, two languages), "formant" (a voice without words, chosen by `seed`), or a file with speech."""

    start: float = 0.0
    """Where in the 40 s of speech the video begins."""

    seed: int = 0
    """Chooses head motion, the formant voice and the noise."""

    offset_frames: float = 0.0
    """Lipgate's sign, in frames of 40 ms: positive = the sound comes before the lips, negative = the sound comes late."""

    dubbed: bool = False
    """The face says other words than those we hear."""

    no_picture: bool = False
    """No video stream."""

    video_start: float = 0.0
    """Seconds by which the picture begins after the sound; what is there stays in sync."""

    audio_start: float = 0.0
    """Seconds by which the sound begins after the picture; what is there stays in sync."""

    audio_gap: tuple[float, float] | None = None
    """Between these times the sound has no packets; its timestamps jump and stay right."""

    trim: float = 0.0
    """Seconds cut from the beginning without re-encoding: an edit list in MP4 and MOV. Best a whole number of frames."""

    rotation: int = 0
    """Degrees a player must turn the stored picture clockwise: 0, 90, 180 or 270 (phones held upright: 90)."""

    video_codec: str | None = None
    """An encoder of ffmpeg; None takes what is usual for the container."""

    audio_codec: str | None = None
    """As `video_codec`."""

    audio_rate: int = 48_000
    """Sampling rate of the encoded sound."""

    crf: int = 23
    """Quality of H.264 and VP8/VP9; smaller is better."""

    preset: str = "veryfast"
    """Preset of x264. "ultrafast" takes two thirds of the time and six times the space, and has no B-frames."""

    @property
    def piece(self) -> float:
        """Seconds after which picture and sound repeat; a whole number of frames."""
        if self.seconds <= 2 * PIECE_SECONDS:
            return self.seconds
        rate = 25 if self.fps == "vfr" else Fraction(self.fps)
        return float(round(PIECE_SECONDS * rate) / rate)


def frame_times(spec: Puppet) -> np.ndarray:
    """When frames begin, and when the last one ends: seconds, float64 (frames + 1,)."""
    if spec.fps == "vfr":
        count = round(spec.piece * 25)
        i = np.arange(count + 1)
        return i / 25 + 0.1 * np.sin(2 * np.pi * i / 50)
    return np.arange(round(spec.piece * Fraction(spec.fps)) + 1) / float(Fraction(spec.fps))


def _spoken(spec: Puppet, index: np.ndarray, seed: int) -> np.ndarray:
    """The words at the given samples of the video, int16; periodic, so any index is good."""
    if spec.seconds != spec.piece:
        index = index % round(spec.piece * RATE)
    if isinstance(spec.voice, Path):
        voice = recording(spec.voice)
    else:
        voice = recording() if spec.voice == "espeak" else formant_noise(2 * PIECE_SECONDS, seed)
    return voice[(index + round(spec.start * RATE)) % len(voice)]


def sound(spec: Puppet) -> np.ndarray:
    """All that is heard, from time 0 on: int16 (samples,), 16 kHz mono."""
    index = np.arange(round(spec.seconds * RATE))
    if spec.sound == "speech":
        return _spoken(spec, index + round(spec.offset_frames * RATE / 25), spec.seed)
    if spec.sound == "noise":
        return np.random.default_rng(spec.seed).normal(0, 3000, len(index)).clip(-32767, 32767).astype(np.int16)
    if spec.sound == "tones":
        t = index / RATE
        roots = 220.0 * 2.0 ** (np.array([0, 5, 7, 3])[(t * 2).astype(int) % 4] / 12)
        chord = sum(np.sin(2 * np.pi * np.cumsum(roots * ratio) / RATE) for ratio in (1.0, 1.25, 1.5, 2.0))
        return (chord * np.exp(-2.0 * (t * 2 % 1)) * 5000).astype(np.int16)
    if spec.sound in ("silence", "none"):
        return np.zeros(len(index), np.int16)
    raise ValueError(f"unknown sound {spec.sound!r}")


def mouths(spec: Puppet, times: np.ndarray) -> list[tuple[np.ndarray, np.ndarray]]:
    """For each face its mouth opening and lip rounding at `times` (seconds): two float32 (frames,), 0 to 1."""
    margin = RATE // 2
    index = np.arange(-margin, round(spec.piece * RATE) + margin)
    closed = np.zeros(len(times), np.float32), np.zeros(len(times), np.float32)
    out = []
    for face in range(spec.faces):
        speaks = face == spec.speaker
        if spec.still or not (speaks or spec.listeners_talk):
            out.append(closed)
            continue
        other = (face - spec.speaker) % spec.faces * 7.0 + (_DUBBED_SECONDS if spec.dubbed else 0.0)
        words = _spoken(spec, index + round(other * RATE), spec.seed)
        out.append(mouth(words, times + margin / RATE))
    return out
