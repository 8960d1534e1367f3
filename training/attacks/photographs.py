"""A still photograph that seems to speak: one frame of a clip whose jaw is moved, before a camera that may move too."""

from collections.abc import Iterator
from functools import lru_cache

import numpy as np

from lipgate.core.constants import AUDIO_RATE, SAMPLES_PER_FRAME, VIDEO_FPS
from training.attacks import camera, lips, phonemes, voices
from training.attacks.footage import Footage
from training.attacks.forgery import Forgery, Material
from training.attacks.jaw import LEVELS, Mouth, open_jaw, sag
from training.puppet.speech import formant_noise, mouth


def photo_loudness(material: Material) -> Forgery:
    """The jaw follows the loudness of espeak-ng speech."""
    speech = voices.drawn(_length(material) / VIDEO_FPS, material.rng)
    return _by_sound(material, speech.sound)


def photo_noise(material: Material) -> Forgery:
    """The jaw follows the loudness of noise with formants: no words at all."""
    seconds = _length(material) / VIDEO_FPS
    return _by_sound(material, formant_noise(seconds, int(material.rng.integers(1 << 31))))


def photo_voice(material: Material) -> Forgery:
    """The jaw follows the loudness of a real voice, somebody else's."""
    return _by_sound(material, material.voice(_length(material) * SAMPLES_PER_FRAME))


def photo_phonemes(material: Material) -> Forgery:
    """The mouth takes the shapes of the phonemes that espeak-ng speaks."""
    count = _length(material)
    speech = voices.drawn(count / VIDEO_FPS, material.rng)
    return talking_photo(material, *phonemes.mouth(speech.phonemes, middles(count)), speech.sound)


def photo_lips(material: Material) -> Forgery:
    """The jaw follows the lips of another person, whose sound is heard."""
    driver = material.stranger
    wide = lips.opening(driver)
    return talking_photo(material, wide, np.zeros_like(wide), driver.sound)


def still_frame(material: Material) -> Forgery:
    """One frame stands for the whole video, while the speech of the clip goes on."""
    closed = np.zeros(len(material.clip), np.float32)
    return talking_photo(material, closed, closed, material.clip.sound)


def middles(count: int) -> np.ndarray:
    """The middles of so many frames, in seconds."""
    return (np.arange(count) + 0.5) / VIDEO_FPS


def talking_photo(
    material: Material,
    opening: np.ndarray,
    rounding: np.ndarray,
    sound: np.ndarray,
    motion: str | None = None,
    grain: float | None = None,
) -> Forgery:
    """One frame of the clip, its jaw moved.

    Args:
        material: the clip, and what draws the looks of the mouth.
        opening, rounding: float32 (frames,), 0 to 1.
        sound: what is heard, int16.
        motion: of the camera, one of `camera.MOTIONS`; drawn by default.
        grain: of its pictures; drawn by default.
    """
    clip, rng = material.clip, material.rng
    number = lips.portrait_frame(clip, rng)
    looks = Mouth.drawn(rng, sag(clip.frames[number], clip.landmarks[number]))
    motion = camera.motion_of(material.seed) if motion is None else motion
    grain = camera.grain_of(rng) if grain is None else grain
    frames = _moved(clip, number, looks, opening, rounding)
    style = f"{motion}, {'teeth' if looks.teeth else 'black hole'}" if opening.any() else motion
    return Forgery(camera.film(frames, len(opening), motion, grain, rng), sound, style)


def _length(material: Material) -> int:
    """Frames of a photograph's speech: it need not last as long as the clip, and shorter ones say too little."""
    return max(len(material.clip), int(material.rng.integers(4 * VIDEO_FPS, 7 * VIDEO_FPS)))


def _by_sound(material: Material, sound: np.ndarray) -> Forgery:
    count = len(sound) * VIDEO_FPS // AUDIO_RATE
    return talking_photo(material, *mouth(sound, middles(count)), sound)


def _moved(clip: Footage, number: int, looks: Mouth, opening: np.ndarray, rounding: np.ndarray) -> Iterator[np.ndarray]:
    photo, marks = clip.frames[number], clip.landmarks[number]

    @lru_cache(maxsize=64)
    def at(level: int, round_level: int) -> np.ndarray:
        if level == 0:
            return photo
        return open_jaw(photo, marks, looks, level / (LEVELS - 1), round_level / 4)

    for wide, rounded in zip(opening, rounding, strict=True):
        yield at(round(float(wide) * (LEVELS - 1)), round(float(rounded) * 4))
