"""Writes a copy of a video with its sound put right: moved without encoding anything again, unless it steps or drifts."""

import shutil
from dataclasses import dataclass
from pathlib import Path

from lipgate.core.constants import MS_PER_FRAME, VIDEO_FPS
from lipgate.core.errors import InputError, NotJudgedError, OutputError
from lipgate.core.limits import Limits
from lipgate.core.media import ffmpeg
from lipgate.core.media.complaints import Complaints
from lipgate.core.report import Report
from lipgate.core.timeline import State
from lipgate.core.track_result import TrackResult
from lipgate.desktop.copying import CONTAINERS, Copy
from lipgate.desktop.output import whole_file
from lipgate.desktop.repair import Piece, Repair, repair_of

MOST_LEFT_FRAMES = 1
"""A copy that is off by no more is in time: an offset is measured in whole frames."""

ALONE = {".wav": "pcm_s16le", ".flac": "flac", ".m4a": "aac"}
"""Suffixes of a sound that lies beside its video, and what it is encoded with."""

FITTING_SHARE = 0.5
"""Least share of the judged speech that must fit at some shift for steps and drift to be believed."""

IN_SYNC_SHARE = 0.9
"""Least share of what fitted at some shift that must be in sync in a copy whose steps or drift were taken out."""


@dataclass(frozen=True)
class Fixed:
    """What `fix` did."""

    moved_ms: float
    """Positive: the sound now comes later than before. 0: the file was copied as it is."""
    left_out: tuple[str, ...] = ()
    """What the target's container cannot hold: "subtitles", "data", "attachments", "unknown", "sound track 1 (apple_apac)"."""
    repair: Repair | None = None
    """What was done to the sound, where more than one shift was needed."""

    @property
    def text(self) -> str:
        """What was done, in a sentence."""
        lost = f" Left out, because the container cannot hold them: {', '.join(self.left_out)}." if self.left_out else ""
        if self.repair:
            return f"{self.repair.text}. The sound was encoded again, all else was copied.{lost}"
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
    """A warning where what was measured says little, None where it can be trusted."""
    speaker, score = report.verdict.speaker, report.verdict.score
    if speaker is None or speaker.sync is None or score is None:
        return None
    if repair_of(report) is not None:
        return _doubt_of_parts(report)
    weak = score < (limits or report.limits).next_threshold
    if weak and not speaker.over_time.agree(speaker.sync.offset_frames):
        return f"Lips and sound match badly at every shift (score {score:.2f}), so the measured offset may be wrong."
    if abs(speaker.sync.offset_frames) == len(speaker.sync.curve) // 2:
        return "The offset lies at the end of the search range; the true one may be larger."
    return _doubt_of_one_shift(report, speaker)


def _doubt_of_one_shift(report: Report, speaker: TrackResult) -> str | None:
    drift = speaker.over_time.course.drift_ms_per_min
    if drift is not None:
        return f"The sound drifts by {drift:.0f} ms a minute, and fits too badly to be put right."
    if report.offset_changes:
        first = report.offset_changes[0]
        moves = f"from {first.before_frames:+d} to {first.after_frames:+d} frames"
        return f"The offset changes at {first.frame / VIDEO_FPS:.1f} s {moves}, and nothing fits well enough on both sides."
    return None


def _doubt_of_parts(report: Report) -> str | None:
    shares = report.verdict.shares
    fits = _fitting(report)
    if fits < FITTING_SHARE * (1 - shares[State.NOT_JUDGED]):
        return f"Only {fits:.0%} of the speech fits at any shift, so what was measured may be wrong."
    return None


def _fitting(report: Report) -> float:
    """Share of the speech that fits at some shift."""
    return sum(report.verdict.shares[state] for state in (State.IN_SYNC, State.LATE, State.EARLY))


def failure(before: Report, after: Report) -> str | None:
    """What is wrong with a copy, None where it has been put right.

    Args:
        before: of the source.
        after: of the copy.
    """
    speaker = after.verdict.speaker
    if speaker is None or speaker.sync is None:
        why = after.reason.text if after.reason else "Nothing was measured."
        return f"The copy cannot be judged any more. {why}"
    if repair_of(before) is not None:
        return _failure_of_parts(before, after)
    if abs(speaker.sync.offset_frames) > MOST_LEFT_FRAMES:
        return f"The copy is still off by {speaker.sync.offset_frames:+d} frames, instead of {plan(before):+d}."
    return None


def _failure_of_parts(before: Report, after: Report) -> str | None:
    course = after.verdict.speaker.over_time.course if after.verdict.speaker else None
    if course and course.drift_ms_per_min is not None:
        return f"The copy still drifts, by {course.drift_ms_per_min:+.0f} ms a minute."
    if after.offset_changes:
        return f"The offset of the copy still changes {len(after.offset_changes)} times."
    in_sync, fitted = after.verdict.shares[State.IN_SYNC], _fitting(before)
    if in_sync < IN_SYNC_SHARE * fitted or in_sync <= before.verdict.shares[State.IN_SYNC]:
        return f"Of the speech of the copy {in_sync:.0%} is in sync; {fitted:.0%} fitted at some shift."
    return None


def fix(source: Path, target: Path, offset_frames: int, repair: Repair | None = None) -> Fixed:
    """Copy a video with its sound put right.

    Args:
        source: the video; never changed.
        target: the suffix chooses the container; an existing file is replaced.
        offset_frames: as measured. Positive: the sound comes early, so it is moved to come later.
        repair: what is done instead, with the sound encoded again.

    Raises:
        InputError: file_not_found, not_a_video.
        NotJudgedError: there is no sound to move.
        OutputError: output_failed; among others where the container cannot hold the streams, or cannot hold them moved.
    """
    if not source.is_file():
        raise InputError("file_not_found", f"There is no file {source}.")
    if repair is None and offset_frames == 0 and source.suffix.lower() == target.suffix.lower():
        with whole_file(target, source) as part:
            shutil.copyfile(source, part)
        return Fixed(0.0)
    if target.suffix.lower() not in CONTAINERS:
        raise OutputError("output_failed", _wrong_container(target))
    copied = Copy(source, target, offset_frames, repair.filter() if repair else None)
    if (offset_frames or repair) and not copied.has_sound:
        raise NotJudgedError(f"{source.name} has no sound that could be moved.")
    with whole_file(target, source) as part:
        lost = copied.write(part)
    return Fixed(offset_frames * MS_PER_FRAME, lost, repair)


def fix_alone(sound: Path, target: Path, offset_frames: int, repair: Repair | None = None) -> Fixed:
    """Write a sound that lies beside a video anew, put right; it is encoded again, as its name's suffix says.

    Args:
        sound: the file; never changed.
        target: a name that ends in one of `ALONE`; an existing file is replaced.
        offset_frames, repair: as of `fix`.

    Raises:
        OutputError: output_failed.
    """
    shift = repair or Repair((Piece(0.0, None, offset_frames * MS_PER_FRAME / 1000),))
    with whole_file(target, sound) as part:
        encoded = ["-map", "0:a:0", "-filter:a", shift.filter(), "-c:a", ALONE[target.suffix.lower()], f"file:{part}"]
        with ffmpeg.running(["-loglevel", "error", "-y", *ffmpeg.input_arguments(sound), *encoded], capture_log=True) as process:
            complaints = Complaints(process)
            if process.wait():
                raise OutputError("output_failed", f"{target.name} cannot be written: {complaints.text()}.")
    return Fixed(offset_frames * MS_PER_FRAME, repair=repair)


def check_target(target: Path, *, alone: bool) -> None:
    """Whether OUT has a name that can be written; asked before anything is scored.

    Args:
        target: OUT.
        alone: the sound lies beside the video, and may do so again.

    Raises:
        OutputError: output_failed.
    """
    if target.suffix.lower() in ALONE and not alone:
        raise OutputError("output_failed", f"{target.name} holds a sound alone: name the sound that lies beside with --audio.")


def _wrong_container(target: Path) -> str:
    if target.suffix.lower() == ".avi":
        return "An AVI file cannot say when its sound begins, so the sound cannot be moved in it. Choose a target ending in .mkv."
    return f"{target.name}: the name must end in one of {', '.join(CONTAINERS)}."
