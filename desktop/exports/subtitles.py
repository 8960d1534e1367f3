"""What was found as subtitles, WebVTT or SRT: to be read while the video plays."""

from lipgate.core.tolerance import Severity
from lipgate.desktop.exports.graded import Graded
from lipgate.desktop.exports.markers import marked

_SAID = {Severity.BLOCKER: "BLOCKER", Severity.ISSUE: "ISSUE", Severity.NOT_JUDGED: "NOT JUDGED"}


def web_vtt(stretches: list[Graded]) -> str:
    """WebVTT."""
    cues = [f"{_time(one.segment.start_s, '.')} --> {_time(one.segment.end_s, '.')}\n{_text(one)}\n" for one in marked(stretches)]
    return "\n".join(["WEBVTT\n", *cues])


def srt(stretches: list[Graded]) -> str:
    """SubRip."""
    return "\n".join(
        f"{number}\n{_time(one.segment.start_s, ',')} --> {_time(one.segment.end_s, ',')}\n{_text(one)}\n"
        for number, one in enumerate(marked(stretches), 1)
    )


def _text(one: Graded) -> str:
    # Only words of this program: nothing that a player would take for mark-up.
    return f"{_SAID[one.severity] if one.severity else ''}: {one.words}"


def _time(seconds: float, point: str) -> str:
    whole, milliseconds = divmod(round(seconds * 1000), 1000)
    return f"{whole // 3600:02d}:{whole // 60 % 60:02d}:{whole % 60:02d}{point}{milliseconds:03d}"
