"""Writes pictures and sound as an MP4 file, H.264 and AAC, at the quality the world's files have."""

import subprocess
import wave
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from fractions import Fraction
from itertools import chain
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

from lipgate.core.constants import AUDIO_RATE, VIDEO_FPS
from lipgate.core.errors import OutputError
from lipgate.core.media.ffmpeg import program


@dataclass(frozen=True)
class Coding:
    """How a file is encoded."""

    crf: int = 23
    """Quality of H.264; smaller is better."""
    audio_kbps: int = 96
    audio_rate: int = 48_000

    @classmethod
    def drawn(cls, rng: np.random.Generator) -> "Coding":
        """One of the ways files are encoded in the world."""
        return cls(int(rng.integers(18, 33)), int(rng.choice([48, 64, 96, 128])), int(rng.choice([16_000, 44_100, 48_000])))


def write(path: Path, frames: Iterable[np.ndarray], sound: np.ndarray, coding: Coding, fps: Fraction | int = VIDEO_FPS) -> None:
    """Encode. The same input gives the same bytes.

    Args:
        path: of the MP4 file.
        frames: uint8 (height, width, 3) BGR, all of one even size; at least one.
        sound: int16 (m,), 16 kHz mono.
        coding: quality.
        fps: of the frames.

    Raises:
        OutputError: output_failed.
    """
    pictures = iter(frames)
    first = next(pictures)
    height, width = first.shape[:2]
    with TemporaryDirectory(dir=path.parent, prefix=".attack-") as folder:
        wav, target = Path(folder) / "sound.wav", Path(folder) / "whole.mp4"
        with wave.open(str(wav), "wb") as out:
            out.setnchannels(1)
            out.setsampwidth(2)
            out.setframerate(AUDIO_RATE)
            out.writeframes(sound.astype("<i2").tobytes())
        command = [program(), "-v", "error", "-nostats", "-y", "-f", "rawvideo", "-pix_fmt", "bgr24"]
        command += ["-s", f"{width}x{height}", "-framerate", str(fps), "-i", "pipe:0", "-i", str(wav)]
        command += ["-c:v", "libx264", "-preset", "veryfast", "-crf", str(coding.crf), "-pix_fmt", "yuv420p"]
        command += ["-c:a", "aac", "-ar", str(coding.audio_rate), "-b:a", f"{coding.audio_kbps}k"]
        # One thread: others make these files beside it, and the bytes then depend on no machine's number of cores.
        command += ["-threads", "1", "-map_metadata", "-1", "-fflags", "+bitexact", str(target)]
        _run(command, chain([first], pictures), path)
        target.replace(path)


def _run(command: list[str], frames: Iterator[np.ndarray], path: Path) -> None:
    with subprocess.Popen(command, stdin=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stdin is not None and process.stderr is not None  # noqa: S101, PT018
        try:
            for frame in frames:
                process.stdin.write(np.ascontiguousarray(frame).data)
            process.stdin.close()
        except BrokenPipeError:
            pass
        message = process.stderr.read().decode(errors="replace")
    if process.returncode:
        raise OutputError("output_failed", f"{path.name} could not be encoded: {message}")
