"""What a file is, as ffmpeg itself tells it while decoding the first picture (there is no ffprobe)."""

import hashlib
import os
import re
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path

from lipgate.core.constants import VIDEO_FPS
from lipgate.core.errors import InputError
from lipgate.core.media import ffmpeg

PROBE_SECONDS = 30.0
"""Longest time the first look at a file may take."""

MAX_DECODE_SIDE = 1920
"""Larger pictures are scaled down while decoding: a face that is too small then says too little about lips."""

_DURATION = re.compile(r"Duration: (\d+):(\d\d):(\d\d(?:\.\d+)?)")
_STREAM = re.compile(r"^\s*Stream #\d+:\d+.*?: (Video|Audio): (.*)$")
_SIZE = re.compile(r"(?<![\w.])(\d{1,6})x(\d{1,6})(?![\w.])")
_RATE = re.compile(r"([\d.]+)(k?) (fps|tbr)\b")
_REFUSED = re.compile(r"Picture size (\d+)x(\d+) (?:is invalid|exceeds)")
_SAMPLE_RATE = re.compile(r"\b[1-9]\d* Hz\b")

_SQUARE_PIXELS = "scale=w='max(1,round(iw*if(between(sar,0.1,10),sar,1)))':h=ih,setsar=1"
"""Filter that turns non-square pixels into square ones. Stranger shapes are forged; they could ask for any width."""


@dataclass(frozen=True)
class Clip:
    """A file that holds at least one decodable picture."""

    path: Path
    sha256: str
    """Hash of the file's bytes, hexadecimal."""
    duration_s: float | None
    """As the container says; None where it does not."""
    fps: float | None
    """Mean rate of the source's pictures."""
    width: int
    """Of the upright picture, in pixels of the source."""
    height: int
    has_audio: bool
    """Whether there is a sound stream that says how it is sampled; decoding it may still fail."""
    max_pixels: int | None = None
    """No larger picture is decoded, also not where the size changes on the way."""

    @property
    def decoded_size(self) -> tuple[int, int]:
        """Width and height pictures are decoded to."""
        scale = min(1.0, MAX_DECODE_SIDE / max(self.width, self.height))
        return max(2, round(self.width * scale)), max(2, round(self.height * scale))


def probe(
    path: str | Path, *, max_duration_s: float = float("inf"), max_pixels: int | None = None, deadline: float | None = None
) -> Clip:
    """Look at a file and decode its first picture.

    Args:
        path: a local file.
        max_duration_s: refuse what says it is longer.
        max_pixels: refuse larger pictures (width times height); the decoder never makes one.
        deadline: `time.monotonic()` at which to give up.

    Raises:
        InputError: file_not_found, not_a_file, file_unreadable, empty_file, not_a_video, no_video_stream, corrupt_video,
            video_too_long, resolution_too_high.
    """
    path = Path(path)
    _check_file(path)
    opened = ffmpeg.input_arguments(path, max_pixels)
    log = _run(path, [*opened, "-map", "0:V:0", "-frames:v", "1", "-vf", _SQUARE_PIXELS, "-f", "null", "-"], deadline)
    _check_refused(path, log, max_pixels)
    listing, _, output = log.partition("Output #0")
    videos, sounds = _streams(listing, "Video"), _streams(listing, "Audio")
    if "Input #0" not in listing:
        raise InputError("not_a_video", f"{path.name} is not a video file that can be read.")
    if not videos:
        raise InputError("no_video_stream", f"{path.name} holds no video stream.")
    duration = _duration(listing)
    if duration is not None and duration > max_duration_s:
        raise InputError("video_too_long", f"{path.name} lasts {duration:.0f} s; at most {max_duration_s:g} s are taken.")
    declared = _SIZE.search(videos[0])
    if declared:
        _check_size(path, declared, max_pixels)

    # The size after rotation and non-square pixels is known for sure only from the output side of a decoded picture.
    decoded = [size for line in _streams(output, "Video") if (size := _SIZE.search(line))]
    if not decoded or re.search(r"frame=\s*0\b(?!.*frame=\s*[1-9])", output, re.DOTALL):
        raise InputError("corrupt_video", f"{path.name} holds no picture that can be decoded.")
    return Clip(
        path=path,
        sha256=_sha256(path),
        duration_s=duration,
        fps=_rate(videos[0]),
        width=int(decoded[0][1]),
        height=int(decoded[0][2]),
        has_audio=bool(sounds) and _SAMPLE_RATE.search(sounds[0]) is not None,
        max_pixels=max_pixels,
    )


def _check_file(path: Path) -> None:
    try:
        if not path.exists():
            raise InputError("file_not_found", f"There is no file {path}.")
        if not path.is_file():
            raise InputError("not_a_file", f"{path} is not a file.")
        with path.open("rb") as file:
            if not file.read(1):
                raise InputError("empty_file", f"{path.name} is empty.")
    except ValueError as error:  # a NUL in the name
        raise InputError("file_not_found", "The file name holds a character that no file can have.") from error
    except OSError as error:
        raise InputError("file_unreadable", f"{path} cannot be read: {error.strerror}.") from error


def _check_refused(path: Path, log: str, max_pixels: int | None) -> None:
    """Tell apart what is broken and what a decoder found too large, also where the container said otherwise."""
    for refused in _REFUSED.finditer(log):
        _check_size(path, refused, max_pixels)


def _check_size(path: Path, size: re.Match[str], max_pixels: int | None) -> None:
    width, height = int(size[1]), int(size[2])
    if max_pixels and width * height > max_pixels:
        raise InputError("resolution_too_high", f"{path.name} is {width}x{height}; at most {max_pixels} pixels are taken.")


def _run(path: Path, arguments: list[str], deadline: float | None) -> str:
    """What ffmpeg says of the file, without the file's name: that may hold anything, also lines like ffmpeg's own."""
    left = PROBE_SECONDS if deadline is None else max(0.0, deadline - time.monotonic())
    seconds = min(PROBE_SECONDS, left)
    with ffmpeg.running(arguments, capture_log=True) as process:
        try:
            _, log = process.communicate(timeout=seconds)
        except subprocess.TimeoutExpired as error:
            if left < PROBE_SECONDS:  # the want of time is the caller's, not a fault of the file
                raise ffmpeg.Overdue from error
            raise InputError("corrupt_video", f"{path.name} could not be opened within {seconds:g} s.") from error
    if process.returncode < 0:  # not a word about the file: another one may fare the same on this machine
        raise InputError("corrupt_video", f"{path.name} could not be opened: ffmpeg was ended by a signal.")
    return log.replace(os.fsencode(f"file:{path}"), b"").decode("utf-8", "replace")


def _streams(listing: str, kind: str) -> list[str]:
    """Descriptions of the streams of one kind; pictures attached to a sound file (covers) are not video."""
    found = [match for line in listing.splitlines() if (match := _STREAM.match(line))]
    return [match[2] for match in found if match[1] == kind and "attached pic" not in match[2]]


def _duration(listing: str) -> float | None:
    match = _DURATION.search(listing)
    return int(match[1]) * 3600 + int(match[2]) * 60 + float(match[3]) if match else None


def _rate(description: str) -> float | None:
    rates = {unit: float(number) * (1000 if kilo else 1) for number, kilo, unit in _RATE.findall(description)}
    rate = rates.get("fps") or rates.get("tbr")
    return rate if rate and rate < 40 * VIDEO_FPS else None


def _sha256(path: Path) -> str:
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise InputError("file_unreadable", f"{path} cannot be read: {error.strerror}.") from error
