"""Writes a copy of a video with the sound moved by the measured offset. No stream is encoded again."""

import shutil
from dataclasses import dataclass
from pathlib import Path

from lipgate.core.constants import MS_PER_FRAME, VIDEO_FPS
from lipgate.core.errors import InputError, NotJudgedError, OutputError
from lipgate.core.limits import Limits
from lipgate.core.report import Report
from lipgate.desktop.copying import CONTAINERS, Copy
from lipgate.desktop.output import whole_file

MOST_LEFT_FRAMES = 1
"""A copy that is off by no more is in time: an offset is measured in whole frames."""


@dataclass(frozen=True)
class Fixed:
    """What `fix` did."""

    moved_ms: float
    """Positive: the sound now comes later than before. 0: the file was copied as it is."""
    left_out: tuple[str, ...] = ()
    """What the target's container cannot hold: "subtitles", "data", "attachments", "unknown", "sound track 1 (apple_apac)"."""

    @property
    def text(self) -> str:
        """What was done, in a sentence."""
        lost = f" Left out, because the container cannot hold them: {', '.join(self.left_out)}." if self.left_out else ""
        if not self.moved_ms:
            return f"Sound and lips are together already; {'all else was' if lost else 'the file was'} copied as it is.{lost}"
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


def failure(before: Report, after: Report) -> str | None:
    """What is wrong with a copy, None where the move has put it right.

    Args:
        before: of the source.
        after: of the copy.
    """
    speaker = after.verdict.speaker
    if speaker is None or speaker.sync is None:
        why = after.reason.text if after.reason else "Nothing was measured."
        return f"The copy cannot be judged any more. {why}"
    if abs(speaker.sync.offset_frames) > MOST_LEFT_FRAMES:
        return f"The copy is still off by {speaker.sync.offset_frames:+d} frames, instead of {plan(before):+d}."
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
    copied = Copy(source, target, offset_frames)
    if offset_frames and not copied.has_sound:
        raise NotJudgedError(f"{source.name} has no sound that could be moved.")
    with whole_file(target, source) as part:
        lost = copied.write(part)
    return Fixed(offset_frames * MS_PER_FRAME, lost)


def _wrong_container(target: Path) -> str:
    if target.suffix.lower() == ".avi":
        return "An AVI file cannot say when its sound begins, so the sound cannot be moved in it. Choose a target ending in .mkv."
    return f"{target.name}: the name must end in one of {', '.join(CONTAINERS)}."
