"""Decodes pictures and sound as two streams on one clock. Nothing is kept but what the next stages still need.

Two ffmpeg processes read the file, one for each stream, so that each can be read at the pace it is needed. Both open both
streams: ffmpeg takes the earliest start of the streams in use as time zero, and zero must be the same for picture and sound.
"""

import contextlib
import subprocess
from collections.abc import Callable, Iterator

import numpy as np

from core.constants import AUDIO_RATE, SAMPLES_PER_FRAME, VIDEO_FPS
from core.errors import InputError
from core.media import ffmpeg
from core.media.probe import SQUARE_PIXELS, Clip

_UNUSED = ["-c", "copy", "-f", "null", "-"]
_MAX_GAP_FILLED = 0.02
"""Seconds sound may drift from its timestamps before silence is put in or samples are cut."""


def frames(clip: Clip, *, max_frames: int | None = None, deadline: float | None = None) -> Iterator[np.ndarray]:
    """Decode the pictures of a clip, resampled to 25 fps from time zero.

    Args:
        clip: what `probe` found.
        max_frames: most pictures that are taken.
        deadline: `time.monotonic()` at which decoding ends.

    Yields:
        uint8 (height, width, 3) BGR, of `clip.decoded_size`; each a fresh array.

    Raises:
        InputError: `video_too_long` past `max_frames`, whatever the container said.
    """
    width, height = clip.decoded_size
    filters = f"fps={VIDEO_FPS}:start_time=0,{SQUARE_PIXELS},scale={width}:{height}"
    output = ["-map", "0:V:0", "-vf", filters, "-pix_fmt", "bgr24", "-f", "rawvideo", "pipe:1"]
    other = ["-map", "0:a:0", *_UNUSED] if clip.has_audio else []
    arguments = ["-loglevel", "quiet", *ffmpeg.input_arguments(clip.path), *output, *other]
    with ffmpeg.running(arguments, deadline=deadline) as process:
        count = 0
        while (frame := _read_frame(process, width, height)) is not None:
            count += 1
            if max_frames is not None and count > max_frames:
                raise InputError("video_too_long", f"{clip.path.name} lasts longer than {max_frames / VIDEO_FPS:g} s.")
            yield frame


def _read_frame(process: subprocess.Popen[bytes], width: int, height: int) -> np.ndarray | None:
    assert process.stdout is not None  # noqa: S101
    frame = np.empty((height, width, 3), np.uint8)
    view = memoryview(frame).cast("B")
    filled = 0
    while filled < len(view):
        got = process.stdout.readinto(view[filled:])  # type: ignore[attr-defined]
        if not got:
            return None
        filled += got
    return frame


class Sound:
    """The sound of a clip as 16 kHz mono, read forward as far as somebody asks; what is forgotten is freed.

    Use as a context manager. A clip without sound behaves like one whose sound ends at once.
    """

    def __init__(self, clip: Clip, on_samples: Callable[[np.ndarray], None] | None = None, deadline: float | None = None) -> None:
        """Open a sound.

        Args:
            clip: what `probe` found.
            on_samples: told every stretch of samples, int16 (n,), once and in order.
            deadline: `time.monotonic()` at which decoding ends.
        """
        self._clip = clip
        self._deadline = deadline
        self._on_samples = on_samples
        self._stack = contextlib.ExitStack()
        self._process: subprocess.Popen[bytes] | None = None
        self._kept = np.empty(0, np.int16)
        self._kept_from = 0
        self.peak = 0
        """Largest absolute sample read so far, 0 to 32768."""

    def __enter__(self) -> "Sound":
        if self._clip.has_audio:
            resample = f"aresample={AUDIO_RATE}:async=1:min_hard_comp={_MAX_GAP_FILLED}:first_pts=0"
            output = ["-map", "0:a:0", "-af", resample, "-ac", "1", "-ar", str(AUDIO_RATE), "-f", "s16le", "pipe:1"]
            other = ["-map", "0:V:0", *_UNUSED]
            arguments = ["-loglevel", "quiet", *ffmpeg.input_arguments(self._clip.path), *output, *other]
            self._process = self._stack.enter_context(ffmpeg.running(arguments, deadline=self._deadline))
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()

    @property
    def read_frames(self) -> int:
        """Whole video frames of sound read so far."""
        return (self._kept_from + len(self._kept)) // SAMPLES_PER_FRAME

    def window(self, start: int, stop: int) -> np.ndarray:
        """Sound that belongs to the video frames start .. stop - 1.

        Returns:
            int16, (stop - start) * 640 samples, or fewer where the sound ends earlier. `start` may not be forgotten yet.
        """
        self._read_until(stop * SAMPLES_PER_FRAME)
        first = start * SAMPLES_PER_FRAME - self._kept_from
        if first < 0:
            raise ValueError(f"sound before frame {self._kept_from // SAMPLES_PER_FRAME} is forgotten")
        return self._kept[first : stop * SAMPLES_PER_FRAME - self._kept_from]

    def forget(self, before: int) -> None:
        """Free the sound of all frames before `before`."""
        drop = min(before * SAMPLES_PER_FRAME - self._kept_from, len(self._kept))
        if drop > 0:
            self._kept = self._kept[drop:].copy()
            self._kept_from += drop

    def keep_up(self, frame: int, before: int) -> None:
        """Read as far as `frame` and forget what lies before `before`."""
        self._read_until(frame * SAMPLES_PER_FRAME)
        self.forget(before)

    def drain(self, max_frames: int) -> int:
        """Read to the end of the sound, keeping nothing, but no further than `max_frames`.

        Returns:
            Whole video frames of sound there are.
        """
        while self._process is not None and self.read_frames < max_frames:
            before = self.read_frames
            self.keep_up(before + 60 * VIDEO_FPS, before)
            if self.read_frames == before:
                break
        return self.read_frames

    def _read_until(self, samples: int) -> None:
        missing = 2 * (samples - self._kept_from - len(self._kept))
        if missing <= 0 or self._process is None or self._process.stdout is None:
            return
        data = self._process.stdout.read(missing)
        if len(data) < missing:
            self._process = None
        new = np.frombuffer(data[: len(data) // 2 * 2], "<i2")
        if len(new):
            self.peak = max(self.peak, int(np.abs(new.astype(np.int32)).max()))
            self._kept = np.concatenate([self._kept, new])
            if self._on_samples:
                self._on_samples(new)
