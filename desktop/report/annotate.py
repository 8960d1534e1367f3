"""Writes a copy of a video with what was measured drawn into it: boxes, offsets, confidence as it runs.

One ffmpeg decodes, this process draws, another one encodes and takes the sound from the source itself. The encoder opens the
source as the decoder does, both streams of it, so that both count time from the same zero.
"""

import contextlib
import subprocess
from pathlib import Path

import numpy as np

from lipgate.core import media
from lipgate.core.constants import VIDEO_FPS
from lipgate.core.errors import InputError, OutputError
from lipgate.core.media import Clip, ffmpeg
from lipgate.core.media.complaints import Complaints
from lipgate.core.report import Report
from lipgate.desktop.output import whole_file
from lipgate.desktop.report.overlay import Overlay

_H264 = ["-c:v", "libx264", "-preset", "veryfast", "-crf", "20"]
_VP8 = ["-c:v", "libvpx", "-deadline", "realtime", "-cpu-used", "6", "-crf", "12", "-b:v", "6M"]
_AAC = ["-c:a", "aac", "-b:a", "160k"]
_CODECS = {
    ".mp4": [*_H264, *_AAC, "-movflags", "+faststart"],
    ".m4v": [*_H264, *_AAC, "-movflags", "+faststart"],
    ".mov": [*_H264, *_AAC, "-movflags", "+faststart"],
    ".mkv": [*_H264, *_AAC],
    ".webm": [*_VP8, "-c:a", "libopus", "-b:a", "128k", "-ar", "48000"],
}
CONTAINERS = tuple(_CODECS)
"""Suffixes a target may have."""

_PICTURE = "scale=out_color_matrix=bt709:out_range=tv,pad=ceil(iw/2)*2:ceil(ih/2)*2,format=yuv420p"
_COLOURS = ["-colorspace", "bt709", "-color_primaries", "bt709", "-color_trc", "bt709", "-color_range", "tv"]
_SOUND = "aresample=async=1:min_hard_comp=0.02:first_pts=0"
"""Silence where the sound has not begun or pauses, as the scorer heard it."""


def annotate(report: Report, target: Path) -> None:
    """Write the video of a report with its results drawn in, at 25 frames per second.

    Args:
        report: its file must still be where it was.
        target: the suffix chooses the container; an existing file is replaced. Not the source.

    Raises:
        InputError: file_not_found, corrupt_video.
        OutputError: output_failed.
    """
    clip = report.clip
    if target.suffix.lower() not in _CODECS:
        raise OutputError("output_failed", f"{target.name}: the name must end in one of {', '.join(CONTAINERS)}.")
    if not clip.path.is_file():
        raise InputError("file_not_found", f"There is no file {clip.path}.")
    overlay = Overlay(report)
    with (
        whole_file(target, clip.path) as part,
        _Encoder(clip, part) as encoder,
        contextlib.closing(media.frames(clip)) as frames,
    ):
        count = 0
        for count, frame in enumerate(frames, 1):
            overlay.draw(frame, count - 1)
            encoder.write(frame)
        if not count:
            raise InputError("corrupt_video", f"{clip.path.name} holds no picture that can be decoded.")
        encoder.finish()


class _Encoder:
    """An ffmpeg that takes pictures from here and sound from the clip. A context manager."""

    def __init__(self, clip: Clip, target: Path) -> None:
        width, height = clip.decoded_size
        pictures = ["-f", "rawvideo", "-pix_fmt", "bgr24", "-s", f"{width}x{height}", "-r", str(VIDEO_FPS), "-i", "pipe:0"]
        codecs = _CODECS[target.suffix.lower()]
        output = ["-map", "0:v", "-vf", _PICTURE, *_COLOURS, *codecs, f"file:{target}"]
        source = unused = []
        if clip.has_audio and clip.sound:
            source = ffmpeg.input_arguments(clip.path)
            output = ["-map", clip.sound.of_input(1), "-af", f"asetpts=PTS-{clip.phase_s:.6f}/TB,{_SOUND}", *output]
            unused = ["-map", clip.picture.of_input(1), "-c", "copy", "-f", "null", "-"]
        # -max_error_rate 1: sound too damaged to decode becomes silence, not a failure.
        self._arguments = ["-loglevel", "error", "-y", "-max_error_rate", "1", *pictures, *source, *output, *unused]
        self._target = target
        self._stack = contextlib.ExitStack()

    def __enter__(self) -> "_Encoder":
        self._process: subprocess.Popen[bytes] = self._stack.enter_context(
            ffmpeg.running(self._arguments, feed=True, capture_log=True)
        )
        self._complaints = Complaints(self._process)
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()

    def write(self, frame: np.ndarray) -> None:
        """Append a picture."""
        assert self._process.stdin is not None  # noqa: S101
        try:
            self._process.stdin.write(np.ascontiguousarray(frame).data)
        except OSError as error:  # it has ended
            self._process.wait()
            raise self._failure() from error

    def finish(self) -> None:
        """Wait until the file is complete."""
        assert self._process.stdin is not None  # noqa: S101
        try:
            self._process.stdin.close()
        except OSError as error:
            raise self._failure() from error
        if self._process.wait():
            raise self._failure()

    def _failure(self) -> OutputError:
        return OutputError("output_failed", f"The annotated video cannot be written: {self._complaints.text()}.")
