"""Writes a copy of a video with the sound moved by the measured offset. No stream is encoded again.

The packets are copied and the timestamps of the sound are rewritten on the way (bitstream filter `setts`). One input is read
once: with the file opened twice and `-itsoffset`, MPEG-TS would count the two openings from different zeros.
"""

import re
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

from lipgate.core.constants import MS_PER_FRAME, VIDEO_FPS
from lipgate.core.errors import InputError, NotJudgedError, OutputError
from lipgate.core.limits import Limits
from lipgate.core.media import ffmpeg
from lipgate.core.media.complaints import Complaints
from lipgate.core.media.probe import PROBE_SECONDS
from lipgate.core.report import Report
from lipgate.desktop.output import whole_file

_TEXT_SUBTITLES = {".mp4": "mov_text", ".m4v": "mov_text", ".mov": "mov_text", ".mkv": "srt", ".webm": "webvtt"}
"""Containers that can say when a stream begins, and the form their subtitles take where they must change."""

CONTAINERS = (*_TEXT_SUBTITLES, ".ts")
"""Suffixes a target may have when the sound has to be moved."""

_STREAM = re.compile(r"^\s*Stream #0:\d+.*?: (Video|Audio|Subtitle|Data|Attachment|Unknown): ", re.MULTILINE)
_NOT_MAPPED = {"Subtitle": "subtitles", "Data": "data", "Attachment": "attachments", "Unknown": "unknown"}


@dataclass(frozen=True)
class Fixed:
    """What `fix` did."""

    moved_ms: float
    """Positive: the sound now comes later than before. 0: the file was copied as it is."""
    left_out: tuple[str, ...] = ()
    """Kinds of streams that the target's container cannot hold: "subtitles", "data", "attachments", "unknown"."""

    @property
    def text(self) -> str:
        """What was done, in a sentence."""
        lost = f" Left out, because the container cannot hold them: {', '.join(self.left_out)}." if self.left_out else ""
        if not self.moved_ms:
            return f"Sound and lips are together already; the file was copied as it is.{lost}"
        return f"The sound was moved by {abs(self.moved_ms):.0f} ms to come {'later' if self.moved_ms > 0 else 'earlier'}.{lost}"


def plan(report: Report) -> int:
    """The offset to take out, in frames.

    Raises:
        NotJudgedError: nothing was measured.
    """
    speaker = report.verdict.speaker
    if speaker is None or speaker.sync is None:
        why = report.reason.text if report.reason else "Nothing was measured."
        raise NotJudgedError(f"The sound cannot be moved, because the offset is not known. {why}")
    return speaker.sync.offset_frames


def doubt(report: Report, limits: Limits | None = None) -> str | None:
    """A warning where the measured offset says little, None where it can be trusted."""
    speaker, score = report.verdict.speaker, report.verdict.score
    if speaker is None or speaker.sync is None or score is None:
        return None
    weak = score < (limits or report.limits).next_threshold
    if weak and not speaker.over_time.agree(speaker.sync.offset_frames):
        return f"Lips and sound match badly at every shift (score {score:.2f}), so the measured offset may be wrong."
    if abs(speaker.sync.offset_frames) == len(speaker.sync.curve) // 2:
        return "The offset lies at the end of the search range; the true one may be larger."
    course = speaker.over_time.course
    if course.changes:
        row, before, after = course.changes[0]
        at_s = (speaker.start + row) / VIDEO_FPS
        return f"The offset changes at {at_s:.1f} s from {before:+d} to {after:+d} frames; one shift cannot put both right."
    if course.drift_ms_per_min is not None:
        return f"The sound drifts by {course.drift_ms_per_min:.0f} ms a minute; one shift cannot put that right."
    return None


def fix(source: Path, target: Path, offset_frames: int) -> Fixed:
    """Copy a video with its sound moved.

    Args:
        source: the video; never changed.
        target: the suffix chooses the container; an existing file is replaced.
        offset_frames: as measured. Positive: the sound comes early, so it is moved to come later.

    Raises:
        InputError: file_not_found, not_a_video.
        NotJudgedError: there is no sound to move.
        OutputError: output_failed; among others where the container cannot hold the streams, or cannot hold them moved.
    """
    if not source.is_file():
        raise InputError("file_not_found", f"There is no file {source}.")
    if offset_frames == 0 and source.suffix.lower() == target.suffix.lower():
        with whole_file(target, source) as part:
            shutil.copyfile(source, part)
        return Fixed(0.0)
    suffix = target.suffix.lower()
    if suffix not in CONTAINERS:
        raise OutputError("output_failed", _wrong_container(target))
    kinds = _kinds(source)
    if offset_frames and "Audio" not in kinds:
        raise NotJudgedError(f"{source.name} has no sound that could be moved.")
    with whole_file(target, source) as part:
        complaint = None
        for leave_out, subtitles in _attempts(kinds, suffix):
            failure = _remux(source, part, offset_frames, leave_out, subtitles)
            if failure is None:
                lost = tuple(sorted(_NOT_MAPPED[kind] for kind in leave_out & kinds))
                return Fixed(offset_frames * MS_PER_FRAME, lost)
            complaint = complaint or failure
        full = "No space left" in str(complaint)
        hint = "" if full or suffix == ".mkv" else " A target that ends in .mkv holds almost every kind of stream."
        raise OutputError("output_failed", f"{target} cannot be written: {complaint}.{hint}")


def _wrong_container(target: Path) -> str:
    if target.suffix.lower() == ".avi":
        return "An AVI file cannot say when its sound begins, so the sound cannot be moved in it. Choose a target ending in .mkv."
    return f"{target.name}: the name must end in one of {', '.join(CONTAINERS)}."


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


def _remux(source: Path, part: Path, offset_frames: int, leave_out: set[str], subtitles: str) -> str | None:
    """Copy the streams once. Returns: ffmpeg's complaint, None when it worked."""
    specifiers = {"Subtitle": "s", "Data": "d", "Attachment": "t"}
    maps = ["-map", "0", *(word for kind in sorted(leave_out & set(specifiers)) for word in ("-map", f"-0:{specifiers[kind]}?"))]
    unknown = ["-ignore_unknown"] if "Unknown" in leave_out else []
    later = f"{offset_frames * MS_PER_FRAME / 1000:.3f}/TB"
    copying = ["-c", "copy", "-c:s", subtitles, "-bsf:a", f"setts=pts=PTS+{later}:dts=DTS+{later}"]
    quick = ["-movflags", "+faststart"] if part.suffix.lower() in (".mp4", ".m4v", ".mov") else []
    arguments = ["-loglevel", "error", "-y", *unknown, *ffmpeg.input_arguments(source), *maps, *copying, *quick, f"file:{part}"]
    with ffmpeg.running(arguments, capture_log=True) as process:
        complaints = Complaints(process)
        process.wait()
    return complaints.text() if process.returncode or not part.exists() else None
