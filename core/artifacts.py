"""Keeps what the stages saw, for debugging and for comparison with the reference. Nothing else writes to disk.

faces.json      for each frame that was looked at, the faces found
scenes.json     first and last frame of each shot
tracks.json     first frame, smoothed boxes and result of each track
00000.avi       crops of track 0 as the model got them (FFV1, lossless) with their sound (PCM)
00000_distances.npy   float32 (windows, 2 n + 1), n the search range or 15, whichever is more
offsets.txt     offset, distance and confidence of each track
"""

import contextlib
import json
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any

import numpy as np

from lipgate.core.constants import AUDIO_RATE, VIDEO_FPS
from lipgate.core.errors import OutputError
from lipgate.core.faces.detection import Detection
from lipgate.core.faces.track import TrackPiece
from lipgate.core.media import ffmpeg
from lipgate.core.scenes import Frame
from lipgate.core.track_result import TrackResult

JOIN_SECONDS = 600.0
"""Longest time that putting a track's pictures and sound into one file may take."""


class Artifacts:
    """Writes into one folder. A context manager; the JSON files are complete when it is left."""

    def __init__(self, folder: Path) -> None:
        """Args: folder: is made if it does not exist; files of an earlier run are overwritten."""
        self._folder = folder
        self._faces: list[dict[str, Any]] = []
        self._shots: list[dict[str, int]] = []
        self._tracks: list[dict[str, Any]] = []
        self._offsets: list[str] = []
        self._writers: dict[int, _CropWriter] = {}

    def __enter__(self) -> "Artifacts":
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise OutputError("output_failed", f"The folder {self._folder} cannot be made: {error.strerror}.") from error
        return self

    def __exit__(self, *failure: object) -> None:
        for writer in self._writers.values():
            writer.abandon()
        if failure[0] is None:
            self._write("faces.json", json.dumps(self._faces))
            self._write("scenes.json", json.dumps(self._shots))
            self._write("tracks.json", json.dumps(sorted(self._tracks, key=lambda track: track["track"])))
            self._write("offsets.txt", "".join(f"{line}\n" for line in sorted(self._offsets)))

    def add_frame(self, frame: Frame) -> None:
        """Note a frame's shot."""
        if len(self._shots) <= frame.shot:
            self._shots.append({"shot": frame.shot, "start": frame.index, "end": frame.index})
        self._shots[-1]["end"] = frame.index

    def add_faces(self, index: int, faces: list[Detection]) -> None:
        """Note the faces of a frame that was looked at."""
        found = [
            {
                "box": np.round(face.box, 2).tolist(),
                "score": round(face.score, 4),
                "landmarks": None if face.landmarks is None else np.round(face.landmarks, 2).tolist(),
            }
            for face in faces
        ]
        self._faces.append({"frame": index, "faces": found})

    def add_crops(self, piece: TrackPiece, crops: np.ndarray, samples: np.ndarray) -> None:
        """Append crops, uint8 (n, side, side[, 3]), and their sound, int16, to the track's files."""
        if piece.track not in self._writers:
            self._writers[piece.track] = _CropWriter(self._folder / f"{piece.track:05d}", crops)
        self._writers[piece.track].add(crops, samples)

    def end_track(self, result: TrackResult, distances: np.ndarray | None) -> None:
        """Finish the files of a track."""
        self._writers.pop(result.track).finish()
        if distances is not None:
            table = self._folder / f"{result.track:05d}_distances.npy"
            with _told(table):
                np.save(table, distances)
        sync = result.sync
        self._tracks.append(
            {
                "track": result.track,
                "start": result.start,
                "frames": result.frames,
                "reason": result.reason,
                "boxes": np.round(result.boxes, 2).tolist(),
            }
        )
        values = f"{sync.offset_frames}\t{sync.min_dist:.4f}\t{sync.confidence:.4f}" if sync else f"{result.reason}\t-\t-"
        self._offsets.append(f"{result.track:05d}\t{values}")

    def _write(self, name: str, text: str) -> None:
        with _told(self._folder / name):
            (self._folder / name).write_text(text, encoding="utf-8")


@contextlib.contextmanager
def _told(path: Path) -> Iterator[None]:
    """A file that cannot be written is an error of the score, whatever the system calls it."""
    try:
        yield
    except OSError as error:
        raise OutputError("output_failed", f"{path} cannot be written: {error.strerror}.") from error


class _CropWriter:
    """Streams crops into one file and sound into another, then joins them."""

    def __init__(self, stem: Path, crops: np.ndarray) -> None:
        self._target = stem.with_suffix(".avi")
        self._pictures = stem.with_suffix(".part.avi")
        self._sound = stem.with_suffix(".pcm")
        grey = crops.ndim == 3
        size = f"{crops.shape[2]}x{crops.shape[1]}"
        source = ["-f", "rawvideo", "-pix_fmt", "gray" if grey else "bgr24", "-s", size, "-r", str(VIDEO_FPS), "-i", "pipe:0"]
        codec = ["-c:v", "ffv1", "-pix_fmt", "gray" if grey else "bgr0", f"file:{self._pictures}"]
        self._stack = contextlib.ExitStack()
        self._process = self._stack.enter_context(ffmpeg.running(["-loglevel", "error", "-y", *source, *codec], feed=True))
        self._samples: IO[bytes] = self._stack.enter_context(self._sound.open("wb"))

    def add(self, crops: np.ndarray, samples: np.ndarray) -> None:
        assert self._process.stdin is not None  # noqa: S101
        with _told(self._target):
            self._process.stdin.write(np.ascontiguousarray(crops).tobytes())
            self._samples.write(samples.astype("<i2").tobytes())

    def finish(self) -> None:
        try:
            with _told(self._target):
                self._join()
        finally:
            self.abandon()

    def _join(self) -> None:
        assert self._process.stdin is not None  # noqa: S101
        self._process.stdin.close()
        self._process.wait()
        self._samples.close()
        pictures = ["-i", f"file:{self._pictures}"]
        sound = ["-f", "s16le", "-ar", str(AUDIO_RATE), "-ac", "1", "-i", f"file:{self._sound}"]
        join = ["-map", "0:v", "-map", "1:a", "-c:v", "copy", "-c:a", "pcm_s16le", f"file:{self._target}"]
        with ffmpeg.running(["-loglevel", "error", "-y", *pictures, *sound, *join], capture_log=True) as process:
            try:
                _, log = process.communicate(timeout=JOIN_SECONDS)
            except subprocess.TimeoutExpired as error:
                message = f"{self._target} cannot be written: ffmpeg was not done within {JOIN_SECONDS:g} s."
                raise OutputError("output_failed", message) from error
        if process.returncode:
            raise OutputError("output_failed", f"{self._target} cannot be written: {log.decode('utf-8', 'replace').strip()}")

    def abandon(self) -> None:
        """Close and remove what is half done."""
        with contextlib.suppress(subprocess.SubprocessError, OSError):
            self._stack.close()
        for path in (self._pictures, self._sound):
            path.unlink(missing_ok=True)
