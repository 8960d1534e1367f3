"""A genuine clip shown on a screen and filmed off it. Lips and sound belong together: sync passes it by its nature."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from lipgate.core.constants import AUDIO_RATE, VIDEO_FPS
from lipgate.core.opencv import cv2
from training.attacks.forgery import Forgery, Material

_REFRESH = 60.0
"""Pictures a second of the screen."""


@dataclass(frozen=True)
class Screen:
    """A screen and the camera before it."""

    corners: np.ndarray
    """float32 (4, 2): where the corners of the screen are, as shares of the picture, clockwise from top left."""
    pitch: tuple[float, float]
    """Waves of the moire across and down the picture."""
    moire: float
    """Depth of the moire, as a share of the light."""
    gamma: float
    black: float
    """Grey level that the screen's black has."""
    gains: tuple[float, float, float]
    """BGR."""
    flicker: float
    """Depth of the bands of the refresh."""
    fps: int
    """Of the camera."""

    @classmethod
    def drawn(cls, rng: np.random.Generator) -> "Screen":
        """Some screen that fills the picture, or nearly."""
        inset = rng.choice([-0.04, 0.05])  # border out of sight or in sight
        square = np.array([[inset, inset], [1 - inset, inset], [1 - inset, 1 - inset], [inset, 1 - inset]])
        blue, green, red = np.array([1.06, 1.0, 0.95]) * rng.uniform(0.95, 1.05, 3)
        return cls(
            (square + rng.uniform(-0.025, 0.025, (4, 2))).astype(np.float32),
            (float(rng.uniform(8, 60)), float(rng.uniform(8, 60))),
            float(rng.uniform(0.015, 0.07)),
            float(rng.uniform(0.75, 1.35)),
            float(rng.uniform(4, 24)),
            (float(blue), float(green), float(red)),
            float(rng.uniform(0.0, 0.05)),
            int(rng.choice([25, 30])),
        )


def screen_replay(material: Material) -> Forgery:
    """The clip on a screen: moire, gamma, perspective, the clocks of screen and camera; the sound out of a loudspeaker."""
    screen = Screen.drawn(material.rng)
    frames = film_screen(material.clip.frames, screen, material.rng)
    return Forgery(
        frames, _loudspeaker(material.clip.sound, material.rng), f"{screen.fps} fps, gamma {screen.gamma:.2f}", screen.fps
    )


def film_screen(pictures: np.ndarray, screen: Screen, rng: np.random.Generator) -> Iterator[np.ndarray]:
    """Film pictures off a screen.

    Args:
        pictures: uint8 (n, height, width, 3), BGR, at 25 fps.
        screen: screen and camera.
        rng: draws how the camera sways.

    Yields:
        uint8 (height, width, 3), at the camera's rate.
    """
    height, width = pictures.shape[1:3]
    size = np.array([width, height], np.float32)
    whole = np.array([[0, 0], [1, 0], [1, 1], [0, 1]], np.float32) * size
    matrix = cv2.getPerspectiveTransform(whole, screen.corners * size)
    shown = cv2.warpPerspective(np.ones((height, width), np.float32), matrix, (width, height))[..., None]
    y, x = np.mgrid[:height, :width] / np.array([height, width]).reshape(2, 1, 1)
    curve = np.clip((np.arange(256) / 255.0) ** screen.gamma * (255.0 - screen.black) + screen.black, 0, 255).astype(np.float32)
    sway = rng.uniform(0, 2 * np.pi, 3)
    for number in range(round(len(pictures) / VIDEO_FPS * screen.fps)):
        time = (number + 0.5) / screen.fps
        seen = cv2.warpPerspective(_exposed(pictures, time), matrix, (width, height), flags=cv2.INTER_LINEAR)
        light = curve[seen] * np.asarray(screen.gains, np.float32)
        # The grid of the screen beats with that of the sensor; the three colours beside each other are out of step.
        phase = 2 * np.pi * (screen.pitch[0] * x + screen.pitch[1] * y)[..., None] + 0.4 * np.sin(2 * np.pi * 0.3 * time + sway)
        light *= (1.0 + screen.moire * np.sin(phase + np.array([0.0, 2.1, 4.2]))).astype(np.float32)
        light *= (1.0 + screen.flicker * np.sin(2 * np.pi * (1.5 * y[..., None] + 7.3 * time))).astype(np.float32)
        yield np.clip(light * shown + 6.0 * (1.0 - shown) + 0.5, 0, 255).astype(np.uint8)


def _exposed(pictures: np.ndarray, time: float) -> np.ndarray:
    """What a camera that exposes for a fiftieth of a second sees of a screen that holds each picture until its next refresh."""
    moments = time + np.linspace(-0.01, 0.01, 5)
    refreshed = np.floor(moments * _REFRESH) / _REFRESH
    index = np.clip((refreshed * VIDEO_FPS).astype(int), 0, len(pictures) - 1)
    if index[0] == index[-1]:
        return pictures[index[0]]
    share = float((index == index[-1]).mean())
    return cv2.addWeighted(pictures[index[0]], 1.0 - share, pictures[index[-1]], share, 0.0)


def _loudspeaker(sound: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """The sound of a small loudspeaker in a room: no deep and no high tones, and a few echoes."""
    spectrum = np.fft.rfft(sound.astype(np.float64))
    freqs = np.fft.rfftfreq(len(sound), 1 / AUDIO_RATE)
    low, high = rng.uniform(150, 350), rng.uniform(4500, 7000)
    out = np.fft.irfft(spectrum / (1 + (low / np.maximum(freqs, 1.0)) ** 4) / (1 + (freqs / high) ** 8), len(sound))
    direct = out.copy()
    for _ in range(4):
        delay = int(rng.uniform(0.002, 0.03) * AUDIO_RATE)
        out[delay:] += rng.uniform(0.05, 0.3) * direct[:-delay]
    return np.clip(np.round(out), -32768, 32767).astype(np.int16)
