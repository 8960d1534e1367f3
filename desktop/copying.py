"""Copies the streams of a video into another file, the sound moved on the way; what the target cannot hold is left out and named.

The packets are copied and the timestamps of the sound are rewritten (bitstream filter `setts`). One input is read once: with the
file opened twice and `-itsoffset`, MPEG-TS would count the two openings from different zeros.
"""

import re
import subprocess
from collections import Counter
from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path
from statistics import median

from lipgate.core.constants import MS_PER_FRAME
from lipgate.core.errors import InputError, OutputError
from lipgate.core.media import ffmpeg
from lipgate.core.media.complaints import Complaints
from lipgate.core.media.probe import PROBE_SECONDS, tracks
from lipgate.core.media.tracks import Kind, Track, fraction

_TEXT_SUBTITLES = {".mp4": "mov_text", ".m4v": "mov_text", ".mov": "mov_text", ".mkv": "srt", ".webm": "webvtt"}
"""Containers that can say when a stream begins, and the form their subtitles take where they must change."""

CONTAINERS = (*_TEXT_SUBTITLES, ".ts")
"""Suffixes a target may have when the sound has to be moved."""

_STREAM = re.compile(r"^\s*Stream #0:\d+.*?: (Video|Audio|Subtitle|Data|Attachment|Unknown): ", re.MULTILINE)
_NOT_MAPPED = {"Subtitle": "subtitles", "Data": "data", "Attachment": "attachments", "Unknown": "unknown"}
_TICK = re.compile(r"^#tb (\d+): (\S+)")
_UNKNOWN = str(-(2**63))

SAME_TIME_S = 0.002
"""Clocks of containers differ by their rounding."""

TICK_S = 0.03
"""The clocks of AVI tick with its pictures and its packets of sound: nothing in it can be moved by less than this."""

_NAMES = {Kind.PICTURE: "picture", Kind.SOUND: "sound"}


_ENCODERS = {
    "aac": ("aac", "192k"),
    "ac3": ("ac3", "384k"),
    "eac3": ("eac3", "384k"),
    "mp2": ("mp2", "256k"),
    "mp3": ("libmp3lame", "256k"),
    "opus": ("libopus", "160k"),
    "vorbis": ("libvorbis", "192k"),
    "flac": ("flac", ""),
    "alac": ("alac", ""),
}
_USUAL = {".webm": ("libopus", "160k"), ".mkv": ("flac", "")}


def encoder(codec: str, suffix: str) -> tuple[str, str]:
    """What a sound is encoded with where it must be: its own codec if there is an encoder, else what its container usually has.

    Returns:
        The name of ffmpeg's encoder, and a rate at which nobody hears a difference; empty where nothing is lost.
    """
    if codec.startswith("pcm_"):
        return codec, ""
    return _ENCODERS.get(codec) or _USUAL.get(suffix, ("aac", "192k"))


class Copy:
    """One copy of one file."""

    def __init__(self, source: Path, target: Path, offset_frames: int, sound_filter: str | None = None) -> None:
        """Look at the source.

        Args:
            source: the video.
            target: its suffix chooses the container.
            offset_frames: the sound comes later by so many.
            sound_filter: what every sound goes through instead; it is encoded again then, as far as possible as it was.

        Raises:
            InputError: not_a_video, corrupt_video.
        """
        self._source = source
        self._target = target
        self._offset_frames = offset_frames
        self._sound_filter = sound_filter
        self._kinds = _kinds(source)
        self._picture_later_s = 0.0
        self._untimed = _has_untimed_pictures(source)

    @property
    def has_sound(self) -> bool:
        """Whether there is something to move."""
        return "Audio" in self._kinds

    def write(self, part: Path) -> tuple[str, ...]:
        """Copy what the container holds. Returns what was left out.

        Args:
            part: where to; of the target's suffix.

        Raises:
            OutputError: output_failed.
        """
        lost = self._write(part)
        if not self._untimed or not self.has_sound:
            return lost
        late = _picture_late(self._source, part, self._offset_frames)
        if late and abs(late) > TICK_S:
            self._picture_later_s = -late
            lost = self._write(part)
            late = _picture_late(self._source, part, self._offset_frames)
        if late is None or abs(late) > TICK_S:
            why = (
                f"{self._source.name} does not say when its pictures are shown, and it cannot be worked out without encoding them"
            )
            raise OutputError("output_failed", f"{self._target} cannot be written: {why} again.")
        return lost

    def _write(self, part: Path) -> tuple[str, ...]:
        lost, complaint = self._try(part, ())
        if complaint is None:
            return lost
        found = tracks(self._source)
        left_out = [track for track in found if not self._holds(track, part)]
        kept = {track.kind for track in found if track not in left_out}
        if left_out and kept == {track.kind for track in found}:
            lost, failure = self._try(part, left_out)
            if failure is None:
                return (*lost, *map(_named, left_out))
        raise OutputError("output_failed", f"{self._target} cannot be written: {complaint}.{self._advice(left_out, part)}")

    def _try(self, part: Path, without: Sequence[Track]) -> tuple[tuple[str, ...], str | None]:
        """Copy, the most faithful way first. Returns: kinds left out, and the first complaint where no way worked."""
        complaint = None
        for leave_out, subtitles in _attempts(self._kinds, part.suffix.lower()):
            failure = self._copy(part, leave_out, subtitles, without)
            if failure is None:
                return tuple(sorted(_NOT_MAPPED[kind] for kind in leave_out & self._kinds)), None
            complaint = complaint or failure
        return (), complaint

    def _copy(self, part: Path, leave_out: set[str], subtitles: str, without: Sequence[Track]) -> str | None:
        """Copy the streams once. Returns: ffmpeg's complaint, None when it worked."""
        specifiers = {"Subtitle": "s", "Data": "d", "Attachment": "t"}
        excluded = [
            *(f"0:{specifiers[kind]}?" for kind in sorted(leave_out & set(specifiers))),
            *(each.specifier for each in without),
        ]
        maps = ["-map", "0", *(word for each in excluded for word in ("-map", f"-{each}"))]
        unknown = ["-ignore_unknown"] if "Unknown" in leave_out else []
        copying = ["-c", "copy", "-c:s", subtitles, *self._sound(part.suffix.lower(), without)]
        if self._picture_later_s:
            copying += ["-bsf:v", _moved(self._picture_later_s)]
        quick = ["-movflags", "+faststart"] if part.suffix.lower() in (".mp4", ".m4v", ".mov") else []
        return _run([*unknown, *self._input, *maps, *copying, *quick, f"file:{part}"], part)

    def _sound(self, suffix: str, without: Sequence[Track]) -> list[str]:
        """What is done to the sound."""
        if self._sound_filter is None:
            return ["-bsf:a", _moved(self._offset_frames * MS_PER_FRAME / 1000)]
        sounds = [track for track in tracks(self._source) if track.kind is Kind.SOUND and track not in without]
        words = ["-filter:a", self._sound_filter]
        for number, track in enumerate(sounds):
            codec, bits = encoder(track.codec, suffix)
            words += [f"-c:a:{number}", codec, *([f"-b:a:{number}", bits] if bits else [])]
        return words

    @property
    def _input(self) -> list[str]:
        made_up = ["-fflags", "+genpts"] if self._untimed else []
        return [*made_up, *ffmpeg.input_arguments(self._source)]

    def _holds(self, track: Track, part: Path) -> bool:
        """Whether the container takes a track by itself."""
        return _run([*self._input, "-map", track.specifier, "-c", "copy", "-frames", "1", f"file:{part}"], part) is None

    def _advice(self, left_out: Sequence[Track], part: Path) -> str:
        """What would help, as far as it is known to."""
        if not left_out:
            return ""
        matroska = part.with_suffix(".mkv")
        try:
            if part.suffix != ".mkv" and all(self._holds(track, matroska) for track in left_out):
                return " A target that ends in .mkv holds them all."
        finally:
            matroska.unlink(missing_ok=True)
        return f" The container cannot hold {', '.join(map(_named, left_out))}."


def _named(track: Track) -> str:
    return f"{_NAMES[track.kind]} track {track.number} ({track.codec})"


def _moved(seconds: float) -> str:
    """Bitstream filter that lets packets come later."""
    later = f"{seconds:.3f}/TB"
    return f"setts=pts=PTS+{later}:dts=DTS+{later}"


def _has_untimed_pictures(source: Path) -> bool:
    """Whether a file says of pictures when they are decoded and not when they are shown, as AVI and MPEG-PS may."""
    rows = _rows(source, ["-map", "0:V:0", "-c", "copy", "-t", "1", "-f", "framecrc", "pipe:1"])
    return any(shown == _UNKNOWN for _, _, shown, *_ in rows)


def _picture_late(source: Path, copy: Path, offset_frames: int) -> float | None:
    """Seconds by which the pictures of a copy come too late beside its sound; None where not all do so alike.

    Times that were made up let the picture come later by the frames that its decoder holds back.
    """
    before, after = _presented(source), _presented(copy)
    pictures, sounds = ([after[key] - before[key] for key in before.keys() & after.keys() if key[0] == kind] for kind in "01")
    if not pictures or not sounds:
        return 0.0
    late = median(pictures) - median(sounds) + offset_frames * MS_PER_FRAME / 1000
    return late if max(pictures) - min(pictures) < 2 * SAME_TIME_S else None


def _presented(path: Path) -> dict[tuple[str, str], float]:
    """When what is seen and heard in the first second comes: seconds, by stream and checksum. Nothing that comes twice."""
    ticks = [Fraction(1), Fraction(1)]
    fine = ["-enc_time_base:v", "1/90000"]
    rows = _rows(path, ["-map", "0:V:0", "-map", "0:a:0", "-t", "1", *fine, "-f", "framecrc", "pipe:1"], ticks)
    times = Counter((number, checksum) for number, _, _, _, _, checksum, *_ in rows)
    return {
        (number, checksum): float(int(at) * ticks[int(number)])
        for number, _, at, _, _, checksum, *_ in rows
        if times[number, checksum] == 1
    }


def _rows(path: Path, output: list[str], ticks: list[Fraction] | None = None) -> list[list[str]]:
    """The packets that ffmpeg writes, as `framecrc` tells them; `ticks` are filled with the time bases of the streams."""
    with ffmpeg.running(["-loglevel", "quiet", *ffmpeg.input_arguments(path), *output]) as process:
        try:
            said, _ = process.communicate(timeout=PROBE_SECONDS)
        except subprocess.TimeoutExpired:
            return []
    lines = said.decode().splitlines()
    for line in lines:
        if ticks and (base := _TICK.match(line)):
            ticks[int(base[1])] = fraction(base[2])
    return [[word.strip() for word in line.split(",")] for line in lines if not line.startswith("#")]


def _run(arguments: list[str], part: Path) -> str | None:
    with ffmpeg.running(["-loglevel", "error", "-y", *arguments], capture_log=True) as process:
        complaints = Complaints(process)
        process.wait()
    return complaints.text() if process.returncode or not part.exists() else None


def _kinds(source: Path) -> set[str]:
    """Kinds of streams in a file, in ffmpeg's words."""
    with ffmpeg.running(ffmpeg.input_arguments(source), capture_log=True) as process:
        try:
            _, log = process.communicate(timeout=PROBE_SECONDS)
        except subprocess.TimeoutExpired as error:
            raise InputError("corrupt_video", f"{source.name} could not be opened within {PROBE_SECONDS:g} s.") from error
    listing = log.decode("utf-8", "replace")
    kinds = set(_STREAM.findall(listing))
    if "Video" not in kinds:
        raise InputError("not_a_video", f"{source.name} is not a video file that can be read.")
    return kinds


def _attempts(kinds: set[str], suffix: str) -> list[tuple[set[str], str]]:
    """What to leave out and how to write subtitles, the most faithful first."""
    text = _TEXT_SUBTITLES.get(suffix, "copy")
    attempts: list[tuple[set[str], str]] = [(set(), "copy")]
    if "Subtitle" in kinds and text != "copy":
        attempts.append((set(), text))
    odd = {"Data", "Attachment", "Unknown"}
    if kinds & odd:
        attempts += [(odd, "copy"), (odd, text)] if "Subtitle" in kinds else [(odd, "copy")]
    if "Subtitle" in kinds:
        attempts += [({"Subtitle"}, "copy"), (odd | {"Subtitle"}, "copy")]
    return attempts
