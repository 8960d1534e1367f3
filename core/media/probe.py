"""What a file is, as ffmpeg itself tells it while decoding the first picture (there is no ffprobe).

Facts come from what the muxers `framehash` and `framecrc` write: codecs, sizes and rates, and nothing that the file could say in
words. The log repeats titles and tags, which may hold anything.
"""

import hashlib
import os
import re
import subprocess
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from pathlib import Path

from lipgate.core.constants import VIDEO_FPS
from lipgate.core.errors import InputError
from lipgate.core.media import ffmpeg
from lipgate.core.media.length import measured_s
from lipgate.core.media.tracks import ONLY_PICTURE, Kind, Track, fraction, listed, pictures_in_order, sounds_in_order

PROBE_SECONDS = 30.0
"""Longest time the first look at a file may take."""

MAX_DECODE_SIDE = 1920
"""Larger pictures are scaled down while decoding: a face that is too small then says too little about lips."""

_DURATION = re.compile(r"^  Duration: (\d+):(\d\d):(\d\d(?:\.\d+)?),", re.MULTILINE)
_OPENED = re.compile(r"^Input #0", re.MULTILINE)
_REFUSED = re.compile(r"Picture size (\d+)x(\d+) (?:is invalid|exceeds)")
_BLOCK = r"^#hash: {}$.*?^#tb 0: (?P<tick>\S+)$.*?^#dimensions 0: (?P<width>\d+)x(?P<height>\d+)$.*?^#stream#"
_DECODED = re.compile(_BLOCK.format("CRC32"), re.MULTILINE | re.DOTALL)
_BLOCKS = re.compile(r"^#format:.*?^#stream#[^\n]*\n?", re.MULTILINE | re.DOTALL)
_FIRST_SHOWN = re.compile(r"^0, *-?\d+, *(-?\d+), .* [0-9a-f]{32}$", re.MULTILINE)

_SQUARE_PIXELS = "scale=w='max(1,round(iw*if(between(sar,0.1,10),sar,1)))':h=ih,setsar=1"
"""Filter that turns non-square pixels into square ones. Stranger shapes are forged; they could ask for any width."""

_TICKS = 90_000
"""Ticks per second of a clock that is fine enough."""

_TIMING = ["-map", "0:V:0", "-frames:v", "1", "-enc_time_base", f"1/{_TICKS}", "-f", "framehash", "-hash", "md5", "pipe:1"]
"""Output that tells when the first picture is shown. (The other one's clock ticks with the rate of the pictures.)"""

_LISTING = [
    "-map",
    "0:v?",
    "-map",
    "0:a?",
    "-c",
    "copy",
    "-copy_unknown",
    "-frames",
    "0",
    "-fflags",
    "+bitexact",
    "-f",
    "framecrc",
    "pipe:1",
]
"""Output that tells of all pictures, then of all sounds. No other kind: ffmpeg would read on for the first line of subtitles."""


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
    """Whether the sound says how it is sampled; decoding it may still fail."""
    max_pixels: int | None = None
    """No larger picture is decoded, also not where the size changes on the way."""
    picture: Track = ONLY_PICTURE
    """The one that is decoded."""
    sound: Track | None = None
    """The one that is heard; None where there is none."""
    tracks: tuple[Track, ...] = ()
    """All pictures and sounds of the file."""
    turn: int = 0
    """Degrees clockwise that pictures are turned while decoding, beyond what the file asks for: 0, 90, 180 or 270."""

    def turned(self, degrees: int) -> "Clip":
        """The same with its pictures turned clockwise by so much more."""
        sideways = degrees % 180 != 0
        width, height = (self.height, self.width) if sideways else (self.width, self.height)
        return replace(self, width=width, height=height, turn=(self.turn + degrees) % 360)

    phase_s: float = 0.0
    """How long after a multiple of 40 ms the first picture is shown. Time counts from there; else pictures would be as late."""

    @property
    def decoded_size(self) -> tuple[int, int]:
        """Width and height pictures are decoded to."""
        scale = min(1.0, MAX_DECODE_SIDE / max(self.width, self.height))
        return max(2, round(self.width * scale)), max(2, round(self.height * scale))


def probe(
    path: str | Path,
    *,
    max_duration_s: float = float("inf"),
    max_pixels: int | None = None,
    deadline: float | None = None,
    picture: int | None = None,
    sound: int | None = None,
) -> Clip:
    """Look at a file, choose its picture and its sound, and decode the first picture.

    Args:
        path: a local file.
        max_duration_s: refuse what is longer; where the container says so, its pictures are counted first.
        max_pixels: refuse larger pictures (width times height); the decoder never makes one.
        deadline: `time.monotonic()` at which to give up.
        picture: number of the picture track to take, from 0; by default as a player chooses.
        sound: likewise of the sound.

    Raises:
        InputError: file_not_found, not_a_file, file_unreadable, empty_file, not_a_video, no_video_stream, corrupt_video,
            video_too_long, resolution_too_high, track_not_found.
    """
    path = Path(path)
    _check_file(path)
    look = _Look(path, max_pixels, deadline)
    films = pictures_in_order(look.tracks)
    if not films:
        raise InputError("no_video_stream", f"{path.name} holds no video stream.")
    if picture is not None:
        films = [_numbered(path, films, picture)]
    sounds = sounds_in_order(look.tracks)
    heard = _numbered(path, sounds, sound) if sound is not None else next(iter(sounds), None)
    film, seen = look.first_decoded(films)
    width, height = int(seen["width"]), int(seen["height"])
    _check_size(path, width, height, max_pixels)
    has_audio = heard is not None and heard.sampled
    duration = _duration(look.log)
    if not has_audio or (duration or 0) > max_duration_s:
        # Nothing will be decoded that could be counted, or what the container says would refuse the file: neither is believed.
        duration = measured_s(path, film, max_duration_s, deadline)
    if duration is not None and duration > max_duration_s:
        raise InputError("video_too_long", f"{path.name} is longer than the {max_duration_s:g} s that are taken.")
    rate = fraction(seen["tick"])
    return Clip(
        path=path,
        sha256=_sha256(path),
        duration_s=duration,
        fps=round(float(1 / rate), 3) if rate and 1 / rate < 40 * VIDEO_FPS else None,
        width=width,
        height=height,
        has_audio=has_audio,
        max_pixels=max_pixels,
        picture=film,
        sound=heard,
        tracks=tuple(look.tracks),
        phase_s=look.phase_s,
    )


def tracks(path: Path) -> list[Track]:
    """All pictures and sounds of a file. Raises InputError as `probe` does where it cannot be opened in time."""
    return listed(*_run(path, _LISTING))


class _Look:
    """What ffmpeg tells of a file: its tracks, and the first picture of those asked for."""

    def __init__(self, path: Path, max_pixels: int | None, deadline: float | None) -> None:
        self._path = path
        self._max_pixels = max_pixels
        self._deadline = deadline
        # In nearly every file the first picture is the film: one run then tells all.
        said, self.log = _run(path, [*_decoding("0:V:0"), *_TIMING, *_LISTING], max_pixels, deadline)
        self._first = _DECODED.search(said)
        self._first_shown = _FIRST_SHOWN.search(said)
        if self._first is None:  # no film, or none that can be decoded, which ends a run
            said, log = _run(path, _LISTING, max_pixels, deadline)
            self.log = log + self.log
        if not _OPENED.search(self.log):
            self._check_refused(self.log)
            raise InputError("not_a_video", f"{path.name} is not a video file that can be read.")
        self.tracks = listed(_BLOCKS.sub("", said), self.log)

    @property
    def phase_s(self) -> float:
        """See `Clip.phase_s`; 0 where there is a choice of tracks, as zero is the earliest start of those in use."""
        kinds = [track.kind for track in self.tracks]
        if self._first_shown is None or len(kinds) != len(set(kinds)):
            return 0.0
        return float(Fraction(int(self._first_shown[1]), _TICKS) % Fraction(1, VIDEO_FPS))

    def first_decoded(self, films: Sequence[Track]) -> tuple[Track, re.Match[str]]:
        """The first of several films that can be decoded, and what is known of its first picture."""
        first = min((film.number for film in self.tracks if film.kind is Kind.PICTURE and not film.cover), default=0)
        for film in films:
            _check_size(self._path, film.width, film.height, self._max_pixels)
            found, log = self._first, self.log
            if film.number != first:
                said, log = _run(self._path, _decoding(film.specifier), self._max_pixels, self._deadline)
                found = _DECODED.search(said)
            if found is not None:
                return film, found
            self._check_refused(log)
        raise InputError("corrupt_video", f"{self._path.name} holds no picture that can be decoded.")

    def _check_refused(self, log: str) -> None:
        """Tell what a decoder found too large from what is broken. Only of a file that is refused anyway is the log believed."""
        for refused in _REFUSED.finditer(log):
            _check_size(self._path, int(refused[1]), int(refused[2]), self._max_pixels)


def _run(path: Path, outputs: list[str], max_pixels: int | None = None, deadline: float | None = None) -> tuple[str, str]:
    """What ffmpeg writes and what it logs, without the file's name: that may hold anything."""
    left = PROBE_SECONDS if deadline is None else max(0.0, deadline - time.monotonic())
    seconds = min(PROBE_SECONDS, left)
    with ffmpeg.running([*ffmpeg.input_arguments(path, max_pixels, threads=1), *outputs], capture_log=True) as process:
        try:
            said, log = process.communicate(timeout=seconds)
        except subprocess.TimeoutExpired as error:
            if left < PROBE_SECONDS:  # the want of time is the caller's, not a fault of the file
                raise ffmpeg.Overdue from error
            raise InputError("corrupt_video", f"{path.name} could not be opened within {seconds:g} s.") from error
    if process.returncode < 0:  # not a word about the file: another one may fare the same on this machine
        raise InputError("corrupt_video", f"{path.name} could not be opened: ffmpeg was ended by a signal.")
    log = log.replace(os.fsencode(f"file:{path}"), b"")
    return said.decode("utf-8", "replace").replace("\r\n", "\n"), log.decode("utf-8", "replace")


def _decoding(specifier: str) -> list[str]:
    """Output that tells size and rate of the first picture, upright and with square pixels, once it is decoded."""
    chain = ["-map", specifier, "-frames:v", "1", "-vf", _SQUARE_PIXELS]
    return [*chain, "-fflags", "+bitexact", "-f", "framehash", "-hash", "crc32", "pipe:1"]


def _numbered(path: Path, tracks: Sequence[Track], number: int) -> Track:
    for track in tracks:
        if track.number == number:
            return track
    kind = "picture" if any(track.kind is Kind.PICTURE for track in tracks) else "sound"
    numbers = ", ".join(str(track.number) for track in sorted(tracks, key=lambda track: track.number)) or "none"
    raise InputError("track_not_found", f"{path.name} has no {kind} track {number}; there are: {numbers}.")


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


def _check_size(path: Path, width: int, height: int, max_pixels: int | None) -> None:
    if max_pixels and width * height > max_pixels:
        raise InputError("resolution_too_high", f"{path.name} is {width}x{height}; at most {max_pixels} pixels are taken.")


def _duration(log: str) -> float | None:
    match = _DURATION.search(log)
    return int(match[1]) * 3600 + int(match[2]) * 60 + float(match[3]) if match else None


def _sha256(path: Path) -> str:
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise InputError("file_unreadable", f"{path} cannot be read: {error.strerror}.") from error
