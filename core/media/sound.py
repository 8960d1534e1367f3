"""Decodes sound, put where its timestamps say. Nothing is kept but what the next stages still need."""

import struct
from collections.abc import Callable
from contextlib import ExitStack

import numpy as np

from lipgate.core.constants import AUDIO_RATE, SAMPLES_PER_FRAME, VIDEO_FPS
from lipgate.core.media import ffmpeg
from lipgate.core.media.mix import Mixer
from lipgate.core.media.pictures import UNUSED
from lipgate.core.media.probe import Clip

OnChannels = Callable[[np.ndarray, str], None]

_DRIFT = AUDIO_RATE // 50
"""Samples (20 ms) that sound may drift from its timestamps before silence is put in or samples are cut."""

_SILENCE = AUDIO_RATE
"""Longest silence that is put in at a time, in samples; a gap may last for hours."""

# SMJPEG is the plainest container in ffmpeg that keeps the timestamps of PCM: a fixed head, then for each packet
# "sndD", milliseconds, bytes (big-endian), samples.
_HEAD_BYTES = 36
_CHANNELS_AT = 27
_PACKET = struct.Struct(">4siI")
_AS_PACKETS = ["-map_metadata", "-1", "-fflags", "+bitexact", "-avoid_negative_ts", "disabled", "-f", "smjpeg", "pipe:1"]


class Sound:
    """The sound of a clip as 16 kHz mono, read forward as far as somebody asks; what is forgotten is freed.

    Use as a context manager. A clip without sound behaves like one whose sound ends at once. Whatever reads may raise InputError
    (`corrupt_video`, when decoding hangs or crashes) and Overdue (the deadline passed).
    """

    def __init__(
        self,
        clip: Clip,
        on_samples: Callable[[np.ndarray], None] | None = None,
        deadline: float | None = None,
        on_channels: OnChannels | None = None,
    ) -> None:
        """Open a sound.

        Args:
            clip: what `probe` found.
            on_samples: told every stretch of samples, int16 (n,), once and in order.
            deadline: `time.monotonic()` at which decoding ends.
            on_channels: told every packet as it was decoded, int16 (n, channels), once and in order, and ffmpeg's name of the
                layout; gaps between packets are not filled.
        """
        self._clip = clip
        self._deadline = deadline
        self._on_samples = on_samples
        self._on_channels = on_channels
        self._stack = ExitStack()
        self._packets: _Packets | None = None
        self._kept = np.empty(0, np.int16)
        self._kept_from = 0
        self.peak = 0
        """Largest absolute sample read so far, 0 to 32768."""

    def __enter__(self) -> "Sound":
        track = self._clip.sound
        if self._clip.has_audio and track is not None:
            output = ["-map", track.specifier, "-ar", str(AUDIO_RATE), "-c:a", "pcm_s16le", *_AS_PACKETS]
            other = ["-map", self._clip.picture.specifier, *UNUSED]
            arguments = ["-loglevel", "quiet", *ffmpeg.input_arguments(self._clip.path), *output, *other]
            process = self._stack.enter_context(ffmpeg.running(arguments, deadline=self._deadline))
            self._packets = _Packets(
                self._stack.enter_context(ffmpeg.Output(process)), track.layout, self._clip.phase_s, self._on_channels
            )
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

    def reach(self, stop: int) -> int:
        """Read as far as the video frame `stop`, forgotten or not; returns `stop`, or the frame where the sound ends earlier."""
        self._read_until(stop * SAMPLES_PER_FRAME)
        return min(stop, self.read_frames)

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
        while self._packets is not None and self.read_frames < max_frames:
            target = min(max_frames, self.read_frames + 60 * VIDEO_FPS)
            self.keep_up(target, target)
        return min(self.read_frames, max_frames)

    def _read_until(self, samples: int) -> None:
        missing = samples - self._kept_from - len(self._kept)
        if missing <= 0 or self._packets is None:
            return
        new = self._packets.take(missing)
        if len(new) < missing:
            self._packets = None
        if len(new):
            self.peak = max(self.peak, int(np.abs(new.astype(np.int32)).max()))
            self._kept = np.concatenate([self._kept, new])
            if self._on_samples:
                self._on_samples(new)


class _Packets:
    """Turns packets with timestamps into one stretch of samples from time zero.

    ffmpeg could fill the gaps itself (`aresample=async`), but it makes the silence of a gap in one piece, gigabytes for a
    forged timestamp, and counts from zero again where rate or channels of the sound change on the way.
    """

    def __init__(self, pipe: ffmpeg.Output, layout: str, phase_s: float, on_channels: OnChannels | None) -> None:
        self._pipe = pipe
        self._on_channels = on_channels
        self._phase = round(phase_s * AUDIO_RATE)
        """Samples before time zero."""
        self._layout = layout
        self._mixer: Mixer | None = None
        """None before the first packet."""
        self._done = 0
        """Samples handed on, silence included."""
        self._silence = 0
        """Samples of silence due before `_waiting`."""
        self._waiting = np.empty(0, np.int16)

    def take(self, count: int) -> np.ndarray:
        """The next samples, int16 (count,), or fewer at the end."""
        pieces, missing = [], count
        while missing > 0:
            if self._silence:
                piece = np.zeros(min(missing, self._silence, _SILENCE), np.int16)
                self._silence -= len(piece)
            elif len(self._waiting):
                piece, self._waiting = self._waiting[:missing], self._waiting[missing:]
            elif self._next():
                continue
            else:
                break
            pieces.append(piece)
            self._done += len(piece)
            missing -= len(piece)
        return np.concatenate(pieces) if pieces else np.empty(0, np.int16)

    def _next(self) -> bool:
        """Read a packet; False at the end."""
        if self._mixer is None:
            opening = self._pipe.read(_HEAD_BYTES)
            if opening is None:
                return False
            self._mixer = Mixer(max(1, opening[_CHANNELS_AT]), self._layout)
        head = self._pipe.read(_PACKET.size)
        if head is None:
            return False
        kind, milliseconds, size = _PACKET.unpack(head)
        data = self._pipe.read(size) if kind == b"sndD" else None
        if data is None:
            return False
        samples = np.frombuffer(data, "<i2").reshape(-1, self._mixer.channels)
        if self._on_channels:
            self._on_channels(samples, self._layout)
        self._waiting = self._mixer.mix(samples)
        late = milliseconds * AUDIO_RATE // 1000 - self._phase - self._done
        if not self._done or abs(late) > _DRIFT:
            self._silence, self._waiting = max(0, late), self._waiting[max(0, -late) :]
        return True
