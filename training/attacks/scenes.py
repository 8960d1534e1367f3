"""More than one person, or more than one shot: what is genuine in it is not the whole."""

from collections.abc import Iterable, Iterator

import numpy as np

from lipgate.core.constants import SAMPLES_PER_FRAME, VIDEO_FPS
from lipgate.core.opencv import cv2
from training.attacks import lips
from training.attacks.footage import Footage
from training.attacks.forgery import Forgery, Material

_REAL = 3 * VIDEO_FPS


def cut(material: Material) -> Forgery:
    """Three seconds of a real speaker, then another face that does not say what is heard; in the other order as often."""
    clip, other, rng = material.clip, material.stranger, material.rng
    size = clip.frames.shape[2], clip.frames.shape[1]
    real = clip.cut(0, min(_REAL, len(clip)))
    false = [_fill(frame, size) for frame in other.frames]
    # The second face is filmed while somebody else speaks: the speaker goes on, from the beginning where the clip ends.
    voice = np.resize(np.concatenate([clip.sound[len(real.sound) :], clip.sound]), len(false) * SAMPLES_PER_FRAME)
    first = bool(rng.integers(2))
    parts: list[tuple[Iterable[np.ndarray], np.ndarray]] = [(real.frames, real.sound), (false, voice)]
    ordered = parts if first else parts[::-1]
    frames = (frame for pictures, _ in ordered for frame in pictures)
    return Forgery(frames, np.concatenate([sound for _, sound in ordered]), "real first" if first else "real last")


def picture_in_picture(material: Material) -> Forgery:
    """A big photograph that keeps silent, and a small real speaker in a corner."""
    clip, other, rng = material.clip, material.stranger, material.rng
    number = lips.portrait_frame(other, rng)
    canvas = _fill(other.frames[number], (512, 512 if other.frames.shape[1] >= other.frames.shape[2] else 384))
    face = int(rng.integers(60, 81))
    window = _window(clip)
    scale = face / float(np.median(clip.boxes[:, 3] - clip.boxes[:, 1]))
    left, top, right, bottom = window
    size = round((right - left) * scale), round((bottom - top) * scale)
    size = min(size[0], canvas.shape[1] // 2), min(size[1], canvas.shape[0] // 2)
    corner = int(rng.integers(4))
    x = 8 if corner % 2 else canvas.shape[1] - size[0] - 8
    y = 8 if corner < 2 else canvas.shape[0] - size[1] - 8

    def frames() -> Iterator[np.ndarray]:
        for frame in clip.frames:
            out = canvas.copy()
            small = cv2.resize(frame[top:bottom, left:right], size, interpolation=cv2.INTER_AREA)
            out[y : y + size[1], x : x + size[0]] = small
            yield out

    return Forgery(frames(), clip.sound, f"speaker of {face} pixels")


def two_faces(material: Material) -> Forgery:
    """The real speaker and, as large beside it, a second face: a silent one, or one that speaks too and is not heard."""
    clip, other, rng = material.clip, material.stranger, material.rng
    silent = material.seed % 2 == 0
    still = lips.portrait_frame(other, rng) if silent else 0
    size = 320, 360
    mine = _crop_to(clip, size)
    theirs = _crop_to(other, size)
    swapped = bool(rng.integers(2))
    # Where the other clip is shorter it goes back the way it came, so that nothing jumps.
    there = np.concatenate([np.arange(len(other)), np.arange(len(other))[-2:0:-1]])

    def frames() -> Iterator[np.ndarray]:
        for i, frame in enumerate(clip.frames):
            number = still if silent else int(there[i % len(there)])
            pair = [_view(frame, mine, size), _view(other.frames[number], theirs, size)]
            yield np.hstack(pair[::-1] if swapped else pair)

    return Forgery(frames(), clip.sound, "second face silent" if silent else "second face speaks")


def _fill(frame: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    """Scale a picture to fill a size (width, height); what stands over is cut off."""
    width, height = size
    scale = max(width / frame.shape[1], height / frame.shape[0])
    whole = cv2.resize(frame, (max(width, round(frame.shape[1] * scale)), max(height, round(frame.shape[0] * scale))))
    left, top = (whole.shape[1] - width) // 2, (whole.shape[0] - height) // 2
    return np.ascontiguousarray(whole[top : top + height, left : left + width])


def _window(clip: Footage, around: float = 0.7) -> tuple[int, int, int, int]:
    """The part of the picture around the face, over the whole clip: left, top, right, bottom."""
    low, high = clip.boxes[:, :2].min(axis=0), clip.boxes[:, 2:].max(axis=0)
    margin = around * float(np.median(clip.boxes[:, 2] - clip.boxes[:, 0])) / 2
    limits = np.array([clip.frames.shape[2], clip.frames.shape[1]])
    low, high = np.clip(np.round(low - margin), 0, limits - 2), np.clip(np.round(high + margin), 2, limits)
    return int(low[0]), int(low[1]), int(high[0]), int(high[1])


def _crop_to(clip: Footage, size: tuple[int, int]) -> tuple[int, int, int, int]:
    """A part of the picture with the face in its middle and the shape of `size`."""
    left, top, right, bottom = _window(clip)
    height, width = clip.frames.shape[1:3]
    tall = max(bottom - top, (right - left) * size[1] / size[0])
    tall = min(tall, height, width * size[1] / size[0])
    wide = tall * size[0] / size[1]
    x = float(np.clip((left + right) / 2, wide / 2, width - wide / 2))
    y = float(np.clip((top + bottom) / 2, tall / 2, height - tall / 2))
    return round(x - wide / 2), round(y - tall / 2), round(x + wide / 2), round(y + tall / 2)


def _view(frame: np.ndarray, part: tuple[int, int, int, int], size: tuple[int, int]) -> np.ndarray:
    left, top, right, bottom = part
    return cv2.resize(frame[max(0, top) : bottom, max(0, left) : right], size, interpolation=cv2.INTER_AREA)
