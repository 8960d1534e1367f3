"""What the page says of a report, in words; and the one way strings get into the page."""

import html
import re
from pathlib import Path

from lipgate.core.constants import MS_PER_FRAME
from lipgate.core.limits import Limits
from lipgate.core.reasons import BY_THRESHOLDS, Reason
from lipgate.core.report import Report
from lipgate.core.verdict import Decision

_CONTROLS = re.compile(r"[\x00-\x1f\x7f-\x9f\ufffe\uffff]")

HEADLINES = {
    Decision.ALLOW: "Lips and sound belong together",
    Decision.NEXT: "Not certain",
    Decision.BLOCK: "Lips and sound do not belong together",
}

_WHAT_TO_DO = {
    Reason.NO_AUDIO: "Record again with the microphone on.",
    Reason.SILENT_AUDIO: "Check that the microphone is not muted, and record again.",
    Reason.NO_FACE: "Record again with the face well lit and turned to the camera.",
    Reason.FACE_TOO_SMALL: "Record again closer to the camera.",
    Reason.TOO_SHORT: "Record again, and keep the face in view for some seconds.",
    Reason.SHORT_SHOTS: "Take a piece with longer shots.",
    Reason.NO_SPEECH: "Record again, and speak while you look at the camera.",
    Reason.MOUTH_HIDDEN: "Record again with nothing in front of the mouth.",
    Reason.LENGTH_MISMATCH: "The file may be damaged or put together from two sources.",
    Reason.NO_FIT: "The sound belongs to somebody else, or was recorded at another time.",
    Reason.LOOSE_FIT: "Record a person who speaks, in good light and close to the camera.",
    Reason.OUT_OF_SYNC: "`lipgate fix` moves the sound by the measured offset.",
    Reason.IN_DOUBT: "Record again, longer, and speak clearly.",
    Reason.MOVED_PICTURE: "Record a person, not a photograph or a screen.",
    Reason.PICTURE_REPEATS: "Record again in one piece.",
    Reason.PICTURE_FROZEN: "Check the camera, and record again.",
    Reason.SOUND_MOVES: "The file may be cut, or its sound stretched.",
    Reason.PART_NO_FIT: "Look at the stretches that do not fit.",
    Reason.PART_OUT_OF_SYNC: "Look at the stretches that are early or late.",
    Reason.SEVERAL_FACES: "Record again with one face in the picture.",
    Reason.SHOT_CHANGES: "Record again in one shot, or judge it as a film (profile media).",
    Reason.FACE_CHANGES: "Record again with the same face in view all the time.",
    Reason.SEVERAL_SOUNDS: "Choose the sound with --audio-track.",
    Reason.SEVERAL_PICTURES: "Choose the picture with --video-track.",
    Reason.MOUTH_LAID_OVER: "Record again, with the camera and the head at rest.",
    Reason.FACE_PAINTED: "Record again, in better light, and send the file as the camera wrote it.",
    Reason.SOUND_SPLICED: "Record again, with the sound of one microphone in one piece.",
    Reason.PART_UNSEEN: "Record again, and keep the face in view while you speak.",
}


def text(value: object) -> str:
    """A string as it may stand in the page: escaped, without control characters, broken surrogates spelled out."""
    plain = str(value).encode("utf-8", "backslashreplace").decode("utf-8")
    return html.escape(_CONTROLS.sub("\ufffd", plain), quote=True)


def name(path: Path) -> str:
    """A file's name, fenced off so that right-to-left characters in it cannot turn the words around it."""
    return f"<bdi>{text(path.name or path)}</bdi>"


def number(value: float, digits: int = 2, *, signed: bool = False) -> str:
    """A number with a true minus sign."""
    said = f"{value:+.{digits}f}" if signed else f"{value:.{digits}f}"
    if float(said) == 0:
        said = f"{0:.{digits}f}"
    return said.replace("-", "\u2212")


def milliseconds(offset_frames: int) -> float:
    """Length of an offset."""
    return offset_frames * MS_PER_FRAME


def frames(count: int) -> str:
    """An offset in frames."""
    return f"{number(count, 0, signed=True)} {'frame' if abs(count) == 1 else 'frames'}"


def offset(offset_frames: int) -> str:
    """An offset in plain words."""
    if offset_frames == 0:
        return "The sound and the lips are together."
    order = "before" if offset_frames > 0 else "after"
    return f"The sound comes {abs(milliseconds(offset_frames)):.0f} ms {order} the lips."


def found(offset_frames: int, score: float, limits: Limits) -> str:
    """A measured offset in plain words, and whether it means anything."""
    if score < limits.next_threshold:
        return "No shift of the sound fits well, so the offset says little."
    return offset(offset_frames)


def headline(report: Report, limits: Limits) -> str:
    """The verdict in a few words."""
    speaker = report.verdict.speaker
    if not report.judged:
        return "Could not be judged"
    if report.decision is not Decision.ALLOW and speaker and speaker.sync and report.verdict.score is not None:
        moved = limits.off_by(speaker.sync.offset_frames) > limits.max_offset_frames
        if moved and report.verdict.score >= limits.next_threshold:
            return "Lips and sound match, but not at the same time"
    return HEADLINES[report.decision]


def verdict(report: Report, limits: Limits) -> str:
    """Why the verdict is what it is, in a sentence or two."""
    by_numbers = report.reason in BY_THRESHOLDS and report.reason is not Reason.LOOSE_FIT and report.judged
    if report.reason is not None and not by_numbers:
        return f"{report.reason.text} {_WHAT_TO_DO[report.reason]}"
    speaker, score = report.verdict.speaker, report.verdict.score
    if speaker is None or speaker.sync is None or score is None:
        return "Nothing was measured."
    lag = speaker.sync.offset_frames
    most = f"{limits.max_offset_frames} frames ({milliseconds(limits.max_offset_frames):.0f} ms)"
    if limits.expected_offset_frames:
        most += f" from the {frames(limits.expected_offset_frames)} of the recording equipment"
    if report.decision is Decision.ALLOW:
        return f"The score is {limits.allow_threshold:.2f} or more and the offset at most {most}. {offset(lag)}"
    if score < limits.next_threshold:
        return f"The score {score:.2f} is below {limits.next_threshold:.2f}: no shift of the sound fits the lips well enough."
    if limits.off_by(lag) > limits.max_offset_frames:
        low = f" The score {score:.2f} is also below {limits.allow_threshold:.2f}." if score < limits.allow_threshold else ""
        return f"{offset(lag)} At most {most} are allowed.{low}"
    return f"The score {score:.2f} lies between {limits.next_threshold:.2f} and {limits.allow_threshold:.2f}: try again."
