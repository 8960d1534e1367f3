"""Makes the files of the robustness benchmark with the bundled ffmpeg: a picture once, then a sound beside it."""

import contextlib
import wave
from pathlib import Path

import numpy as np

from bench.conditions import Condition, Picture
from bench.subject import Subject
from lipgate.core import media
from lipgate.core.constants import AUDIO_RATE, VIDEO_FPS
from lipgate.core.errors import OutputError
from lipgate.core.media import ffmpeg
from lipgate.core.media.complaints import Complaints
from lipgate.core.media.pictures import UNUSED


def encode_picture(subject: Subject, picture: Picture, target: Path) -> bool:
    """Write the changed picture of a clip, without sound, counted from the same time zero as the scorer's.

    Args:
        subject: the clip.
        picture: the change.
        target: a Matroska file.

    Returns:
        False where the condition cannot be had of this clip; nothing is written then.

    Raises:
        InputError: the clip cannot be decoded.
        OutputError: the encoder failed.
    """
    size = picture.size(subject)
    if size is None:
        return False
    codec = ["-c:v", "libx264", "-preset", "veryfast", "-crf", str(picture.crf), "-an"]
    filters = [f"scale={size[0]}:{size[1]}:flags=area", "setsar=1", "format=yuv420p"]
    if picture.draw is None:
        resampled = [f"fps={picture.fps}:start_time=0"] if picture.fps else []
        source = ffmpeg.input_arguments(subject.clip.path)
        output = ["-map", "0:V:0", "-vf", ",".join([*resampled, *filters]), *codec, f"file:{target}"]
        # As `lipgate.core.media` does: time zero is the earliest start of the streams in use, so the sound is opened too.
        _run([*source, *output, "-map", "0:a:0", *UNUSED], target)
        return True
    paint = picture.draw(subject)
    width, height = subject.clip.decoded_size
    source = ["-f", "rawvideo", "-pix_fmt", "bgr24", "-s", f"{width}x{height}", "-r", str(VIDEO_FPS), "-i", "pipe:0"]
    arguments = ["-loglevel", "error", "-y", *source, "-vf", ",".join(filters), *codec, f"file:{target}"]
    with (
        ffmpeg.running(arguments, feed=True, capture_log=True) as process,
        contextlib.closing(media.frames(subject.clip)) as frames,
    ):
        complaints = Complaints(process)
        assert process.stdin is not None  # noqa: S101
        try:
            for index, frame in enumerate(frames):
                process.stdin.write(np.ascontiguousarray(paint(frame, index)).data)
            process.stdin.close()
        except OSError:  # it has ended, and tells why by its exit status and log
            pass
        if process.wait():
            raise OutputError("output_failed", f"{target.name} cannot be written: {complaints.text()}.")
    return True


def add_sound(picture: Path, samples: np.ndarray, condition: Condition, target: Path) -> None:
    """Copy a picture and encode a sound beside it.

    Args:
        picture: from `encode_picture`.
        samples: int16 (n,), 16 kHz mono from time zero.
        condition: chooses the codec of the sound.
        target: its suffix chooses the container.

    Raises:
        OutputError: the encoder failed.
    """
    wav = target.with_name(f"{target.stem}-sound.wav")
    with wave.open(str(wav), "wb") as out:
        out.setnchannels(1)
        out.setsampwidth(2)
        out.setframerate(AUDIO_RATE)
        out.writeframes(samples.astype("<i2").tobytes())
    try:
        inputs = [*ffmpeg.input_arguments(picture), *ffmpeg.input_arguments(wav)]
        _run([*inputs, "-map", "0:v", "-map", "1:a", "-c:v", "copy", *condition.sound_codec, f"file:{target}"], target)
    finally:
        wav.unlink()


def _run(arguments: list[str], target: Path) -> None:
    with ffmpeg.running(["-loglevel", "error", "-y", *arguments], capture_log=True) as process:
        complaints = Complaints(process)
        if process.wait():
            raise OutputError("output_failed", f"{target.name} cannot be written: {complaints.text()}.")
