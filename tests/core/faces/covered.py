"""Paints masks, hands, beards and microphones onto the faces of a video, where they follow the head.

All shapes are given in the units of `lipgate.core.faces.mouth.UNITS`: the middle of the mouth is the origin, the eyes are 24
apart, y points down. They are drawn in another way than those the network was trained on (`training.covers`), onto whole
pictures.
"""

import subprocess
from pathlib import Path

import imageio_ffmpeg
import numpy as np

from lipgate.core import media
from lipgate.core.faces.mouth import UNITS
from lipgate.core.faces.yunet import Yunet
from lipgate.core.weights.store import find
from tests.painters import PAINTERS

FPS = 25


def cover(source: Path, target: Path, kind: str, seed: int = 0) -> Path:
    """Write a copy of a video with something painted onto the largest face.

    Args:
        source: a clip with a face from its first picture on.
        target: where to write it; the sound is copied.
        kind: one of `tests.painters.HIDING` or `HARMLESS`.
        seed: chooses colours, sizes and patterns.
    """
    clip = media.probe(source)
    pictures = [frame.copy() for frame in media.frames(clip)]
    painter = PAINTERS[kind](np.random.default_rng([seed, len(kind)]))
    height, width = (side - side % 2 for side in pictures[0].shape[:2])
    sound = ["-i", str(source), "-map", "0:v", "-map", "1:a", "-c:a", "aac", "-shortest"]
    coded = ["-c:v", "libx264", "-preset", "veryfast", "-crf", "20", "-pix_fmt", "yuv420p"]
    raw = ["-f", "rawvideo", "-pix_fmt", "bgr24", "-s", f"{width}x{height}", "-framerate", str(FPS), "-i", "pipe:0"]
    command = [imageio_ffmpeg.get_ffmpeg_exe(), "-v", "error", "-y", "-threads", "1", *raw, *sound, *coded, str(target)]
    with subprocess.Popen(command, stdin=subprocess.PIPE) as process:
        assert process.stdin
        for index, (picture, matrix) in enumerate(zip(pictures, _poses(pictures), strict=True)):
            painter.paint(picture, matrix, index / FPS)
            process.stdin.write(np.ascontiguousarray(picture[:height, :width]).data)
    assert process.returncode == 0
    return target


def _poses(pictures: list[np.ndarray]) -> list[np.ndarray]:
    """Affine maps of units to pixels, (2, 3) for each picture, smoothed over 7."""
    detector = Yunet(find("yunet").read_branch("faces"))
    points: list[np.ndarray] = []
    for picture in pictures:
        found = max(detector.detect(picture), key=lambda face: float(face.box[2] - face.box[0]), default=None)
        if found is not None and found.landmarks is not None:
            points.append(found.landmarks)
        elif points:
            points.append(points[-1])
    assert points, "no face to paint on"
    points = [points[0]] * (len(pictures) - len(points)) + points
    padded = np.pad(np.array(points), ((3, 3), (0, 0), (0, 0)), mode="edge")
    smooth = np.stack([padded[i : i + 7].mean(axis=0) for i in range(len(pictures))])
    design = np.column_stack([UNITS, np.ones(len(UNITS))])
    return [np.linalg.lstsq(design, marks, rcond=None)[0].T for marks in smooth]
