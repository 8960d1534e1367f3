"""Reads a talking clip whole: pictures, sound, and where the face is. Attacks are made of such clips."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from lipgate.core import media, scenes
from lipgate.core.constants import SAMPLES_PER_FRAME, VIDEO_FPS
from lipgate.core.errors import InputError
from lipgate.core.faces.track import Follower
from lipgate.core.faces.yunet import Yunet
from lipgate.core.opencv import cv2
from lipgate.core.weights.store import find

MAX_SIDE = 512
"""Larger pictures are scaled down: what is made of them is kept whole in memory."""

MIN_FRAMES = 2 * VIDEO_FPS
"""A face in view for less is not enough to make anything of."""


@dataclass(frozen=True)
class Footage:
    """One face speaking, at 25 fps, cut to the time it is in view."""

    name: str
    frames: np.ndarray
    """uint8 (n, height, width, 3), BGR; height and width are even."""
    sound: np.ndarray
    """int16 (n * 640,), 16 kHz mono."""
    landmarks: np.ndarray
    """float32 (n, 5, 2), smoothed; order as in `lipgate.core.faces.detection`."""
    boxes: np.ndarray
    """float32 (n, 4), smoothed: left, top, right, bottom."""

    def __len__(self) -> int:
        return len(self.frames)

    def cut(self, start: int, stop: int) -> "Footage":
        """The frames start .. stop - 1 with their sound."""
        sound = self.sound[start * SAMPLES_PER_FRAME : stop * SAMPLES_PER_FRAME]
        return Footage(self.name, self.frames[start:stop], sound, self.landmarks[start:stop], self.boxes[start:stop])


def read(path: Path, name: str | None = None, seconds: float = 8.0) -> Footage:
    """Decode a clip and follow the face that is in view longest.

    Args:
        path: a talking clip.
        name: what to call it; its file name by default.
        seconds: no more is taken, from its beginning.

    Raises:
        InputError: it cannot be read; `corrupt_video` also where no face stays in view for `MIN_FRAMES`.
    """
    clip = media.probe(path)
    frames: list[np.ndarray] = []
    boxes: dict[int, list[np.ndarray]] = {}
    landmarks: dict[int, list[np.ndarray]] = {}
    starts: dict[int, int] = {}

    def kept() -> Iterator[np.ndarray]:
        for count, frame in enumerate(media.frames(clip), 1):
            frames.append(_fit(frame))
            yield frames[-1]
            if count >= seconds * VIDEO_FPS:
                return

    for piece in Follower(Yunet(find("yunet").read_branch("faces"))).follow(scenes.split(kept())):
        starts.setdefault(piece.track, piece.start)
        boxes.setdefault(piece.track, []).append(piece.boxes)
        landmarks.setdefault(piece.track, []).append(piece.landmarks)
    best = max(starts, key=lambda track: sum(map(len, boxes[track])), default=None)
    count = 0 if best is None else sum(map(len, boxes[best]))
    if best is None or count < MIN_FRAMES:
        raise InputError("corrupt_video", f"{path.name} shows no face for {MIN_FRAMES / VIDEO_FPS:g} s.")
    start = starts[best]
    with media.Sound(clip) as sound:
        samples = sound.window(start, start + count).copy()
    samples = np.pad(samples, (0, count * SAMPLES_PER_FRAME - len(samples)))
    pictures = np.stack(frames[start : start + count])
    return Footage(name or path.name, pictures, samples, np.concatenate(landmarks[best]), np.concatenate(boxes[best]))


def read_sound(path: Path, seconds: float = 30.0) -> np.ndarray:
    """The sound of a clip alone, int16 (m,), 16 kHz, from its beginning.

    Raises:
        InputError: it cannot be read.
    """
    with media.Sound(media.probe(path)) as sound:
        return sound.window(0, round(seconds * VIDEO_FPS)).copy()


def _fit(frame: np.ndarray) -> np.ndarray:
    """Scale a picture down to `MAX_SIDE` and make its sides even, as H.264 wants them."""
    height, width = frame.shape[:2]
    scale = min(1.0, MAX_SIDE / max(height, width))
    if scale < 1.0:
        frame = cv2.resize(frame, (round(width * scale), round(height * scale)), interpolation=cv2.INTER_AREA)
    return np.ascontiguousarray(frame[: frame.shape[0] // 2 * 2, : frame.shape[1] // 2 * 2])
