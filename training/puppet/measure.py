"""A ruler for puppet videos: how late the sound is, read from the encoded file without anything of the scorer.

An open mouth is dark, so the darkness around the middle of the face's mouth follows the opening. It is compared with the
opening that the decoded sound asks for, at every lag.
"""

import subprocess
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple

import cv2
import imageio_ffmpeg
import numpy as np

from training.puppet.speech import RATE, opening


class Lag(NamedTuple):
    """What the ruler reads."""

    seconds: float
    """By how much the sound is late (negative: early)."""

    likeness: float
    """Correlation of mouth and sound at that lag; above 0.8 when the face says what we hear."""


def decode(path: str | Path, size: tuple[int, int], fps: int = 25) -> tuple[np.ndarray, np.ndarray]:
    """Decode as a player would show it, start times, edit lists and gaps honoured.

    Args:
        path: the video.
        size: width and height as displayed.
        fps: frames per second wanted.

    Returns:
        uint8 (frames, height, width), grey, and int16 (samples,), 16 kHz; both from time 0.
    """
    with TemporaryDirectory() as folder:
        pcm = Path(folder) / "sound"
        # One run for both: in MPEG-TS ffmpeg counts from the earliest of the streams that this run uses.
        command = [imageio_ffmpeg.get_ffmpeg_exe(), "-v", "error", "-i", str(path)]
        command += ["-map", "0:v:0", "-vf", f"fps={fps}:start_time=0", "-pix_fmt", "gray", "-f", "rawvideo", "-"]
        command += ["-map", "0:a:0", "-af", "aresample=16000:async=1:first_pts=0", "-ac", "1", "-f", "s16le", str(pcm)]
        raw = subprocess.run(command, capture_output=True, check=True).stdout
        return np.frombuffer(raw, np.uint8).reshape(-1, size[1], size[0]), np.frombuffer(pcm.read_bytes(), "<i2")


def darkness(frames: np.ndarray, mouth: tuple[float, float], face_px: float) -> np.ndarray:
    """Share of dark pixels where the mouth opens.

    Args:
        frames: uint8 (frames, height, width), grey.
        mouth: x, y of the mouth's middle in pixels.
        face_px: height of the face box.

    Returns:
        float64 (frames,).
    """
    x, y = mouth
    left, right, top, bottom = x - 0.13 * face_px, x + 0.13 * face_px, y - 0.05 * face_px, y + 0.14 * face_px
    cut = frames[:, round(top) : round(bottom), round(left) : round(right)].astype(np.float64)
    return np.clip((110.0 - cut) / 60.0, 0.0, 1.0).mean((1, 2))


def find_mouth(frame: np.ndarray, weights: Path) -> tuple[tuple[float, float], float]:
    """Middle of the mouth (x, y) and face height in pixels, of the most certain face in a grey frame.

    Args:
        frame: uint8 (height, width).
        weights: YuNet, an ONNX file.
    """
    detector = cv2.FaceDetectorYN.create(str(weights), "", frame.shape[::-1], 0.6)
    _, found = detector.detect(cv2.cvtColor(frame, cv2.COLOR_GRAY2BGR))
    corners = found[0, 10:14].reshape(2, 2)
    return (float(corners[:, 0].mean()), float(corners[:, 1].mean())), float(found[0, 3])


def lag(dark: np.ndarray, samples: np.ndarray, fps: int = 25, reach: float = 0.6) -> Lag:
    """Find the lag of the sound, to about 2 ms.

    Args:
        dark: (frames,) mouth darkness.
        samples: int16 (n,), 16 kHz.
        fps: of the frames.
        reach: farthest lag tried, in seconds.
    """
    middles = (np.arange(len(dark)) + 0.5) / fps
    inside = (middles > reach) & (middles < len(samples) / RATE - reach)
    lags = np.arange(-reach, reach + 1e-9, 0.002)
    grid = np.arange(0, len(samples) / RATE, 0.002)
    wide = opening(samples, grid)
    likeness = [np.corrcoef(dark[inside], np.interp(middles[inside] + shift, grid, wide))[0, 1] for shift in lags]
    best = int(np.argmax(likeness))
    return Lag(float(lags[best]), float(likeness[best]))


def sound_lag(path: str | Path, size: tuple[int, int], weights: Path, fps: int = 50) -> Lag:
    """Find the lag of the sound in a puppet video with one face, seen at `fps`: twice 25 keeps rounding of times small."""
    frames, samples = decode(path, size, fps)
    mouth, face_px = find_mouth(frames[0], weights)
    return lag(darkness(frames, mouth, face_px), samples, fps)
