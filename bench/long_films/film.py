"""A film made of takes: what is in it, what is done to its sound, and so what is true at each moment."""

import contextlib
import wave
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

import numpy as np

from bench.long_films.takes import SIDE, Take
from lipgate.core.constants import AUDIO_RATE, MS_PER_FRAME, VIDEO_FPS
from lipgate.core.errors import OutputError
from lipgate.core.limits import Limits
from lipgate.core.media import ffmpeg
from lipgate.core.media.complaints import Complaints
from lipgate.core.timeline import State


class Kind(StrEnum):
    """What a part of a film shows."""

    OWN = "own"
    """Somebody who says what is heard."""
    DUBBED = "dubbed"
    """Somebody who says something else."""
    UNSEEN = "unseen"
    """Nobody, while somebody speaks."""


@dataclass(frozen=True)
class Part:
    """One take, whole."""

    take: Take
    kind: Kind = Kind.OWN
    voice: Take | None = None
    """Whose sound is heard instead, where it is dubbed."""

    @property
    def sound(self) -> np.ndarray:
        """int16 (frames * 640,)."""
        return self.take.sound if self.voice is None else np.resize(self.voice.sound, len(self.take.sound))


@dataclass(frozen=True)
class Film:
    """Parts one after the other, the sound of the whole moved."""

    name: str
    parts: Sequence[Part]
    steps: Sequence[tuple[float, float]] = ()
    """Second, and offset in ms from there on; positive: the sound comes before the lips."""
    drift: float = 0.0
    """Milliseconds by which the sound runs ahead of the lips in a second (10: one per cent); in time in the film's middle."""

    @property
    def frames(self) -> int:
        """Length at 25 fps."""
        return sum(part.take.frames for part in self.parts)

    @property
    def kinds(self) -> np.ndarray:
        """Of each frame: object (frames,)."""
        return np.concatenate([np.full(part.take.frames, part.kind, object) for part in self.parts])

    def offsets(self, at_s: np.ndarray) -> np.ndarray:
        """Offset in ms at some moments, positive: the sound comes before the lips."""
        found = self.drift * (at_s - self.frames / VIDEO_FPS / 2)
        for begin, offset in self.steps:
            found = np.where(at_s >= begin, offset, found)
        return found

    def truth(self, limits: Limits) -> tuple[np.ndarray, np.ndarray]:
        """What a perfect timeline says, and what it may say beside that where an offset lies within 10 ms of a limit.

        Returns:
            Two object arrays (frames,) of states.
        """
        ms = self.offsets((np.arange(self.frames) + 0.5) / VIDEO_FPS)
        allowed = (limits.max_offset_frames + 0.5) * MS_PER_FRAME
        kinds = self.kinds

        def states(bound: np.ndarray) -> np.ndarray:
            found = np.where(np.abs(ms) <= bound, State.IN_SYNC, np.where(ms > 0, State.EARLY, State.LATE)).astype(object)
            found[kinds == Kind.DUBBED] = State.NO_FIT
            found[kinds == Kind.UNSEEN] = State.NOT_JUDGED
            return found

        return states(np.full(len(ms), allowed)), states(np.where(np.abs(ms) > allowed, allowed + 10, allowed - 10))

    def sound(self) -> np.ndarray:
        """int16 (frames * 640,). A step to a later sound leaves silence, one to an earlier sound leaves something out."""
        whole = np.concatenate([part.sound for part in self.parts])
        at_s = np.arange(len(whole)) / AUDIO_RATE
        from_s = at_s + self.offsets(at_s) / 1000
        heard = np.interp(from_s, at_s, whole, 0.0, 0.0)
        repeated = from_s < np.maximum.accumulate(from_s)
        return np.where(repeated, 0.0, heard).round().astype(np.int16)

    def write(self, target: Path) -> None:
        """Encode it: H.264 and AAC.

        Raises:
            OutputError: the encoder failed.
        """
        wav = target.with_suffix(".wav")
        with wave.open(str(wav), "wb") as out:
            out.setnchannels(1)
            out.setsampwidth(2)
            out.setframerate(AUDIO_RATE)
            out.writeframes(self.sound().astype("<i2").tobytes())
        raw = ["-f", "rawvideo", "-pix_fmt", "bgr24", "-s", f"{SIDE}x{SIDE}", "-r", str(VIDEO_FPS), "-i", "pipe:0"]
        codecs = ["-c:v", "libx264", "-preset", "veryfast", "-crf", "18", "-pix_fmt", "yuv420p", "-c:a", "aac", "-b:a", "96k"]
        arguments = ["-loglevel", "error", "-y", *raw, *ffmpeg.input_arguments(wav), *codecs, f"file:{target}"]
        with ffmpeg.running(arguments, feed=True, capture_log=True) as process:
            complaints = Complaints(process)
            assert process.stdin is not None  # noqa: S101
            with contextlib.suppress(OSError):  # it has ended, and tells why by its exit status and log
                for part in self.parts:
                    self._paint(part, process.stdin)
                process.stdin.close()
            if process.wait():
                raise OutputError("output_failed", f"{target.name} cannot be written: {complaints.text()}.")
        wav.unlink()

    def _paint(self, part: Part, out: object) -> None:
        written = 0
        last = np.full((SIDE, SIDE, 3), 90, np.uint8)
        if part.kind is not Kind.UNSEEN:
            for last in part.take.pictures():
                out.write(last.data)  # type: ignore[attr-defined]
                written += 1
        for number in range(written, part.take.frames):
            if part.kind is Kind.UNSEEN:  # a landscape goes by
                across = (np.arange(SIDE) + 2 * number) % 128
                last = np.broadcast_to((across + np.arange(SIDE)[:, None] // 4)[..., None], (SIDE, SIDE, 3)).astype(np.uint8)
            out.write(np.ascontiguousarray(last).data)  # type: ignore[attr-defined]
