"""The top of a report: the video from left to right. Pictures, who is in sync when, the offset with its interval, speech, cuts.

Each state has a lane of its own, so that nobody has to tell colours apart; the colours are those of Okabe and Ito.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from lipgate.core.constants import MS_PER_FRAME, VIDEO_FPS
from lipgate.core.report import Report
from lipgate.core.timeline import Segment, State, shares
from lipgate.desktop.exports.graded import said
from lipgate.desktop.report import words
from lipgate.desktop.report.svg import ticks_around
from lipgate.desktop.report.thumbnails import thumbnails

SHOWN_ROWS = 12
"""Stretches listed at once; more are folded away."""

MAX_ROWS = 500

_WIDTH, _LEFT, _RIGHT = 1000, 90, 14
_LANE, _GAP = 16, 4
_PLOT = 130
"""Height of the offset's plot."""

LANES = {
    State.IN_SYNC: "in sync",
    State.EARLY: "early",
    State.LATE: "late",
    State.NO_FIT: "no fit",
    State.NOT_JUDGED: "not judged",
}
_SAID = {**LANES, State.NO_FIT: "does not fit"}

_STEPS = (0.5, 1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600)
"""Seconds between marks of time."""


@dataclass(frozen=True)
class LaidOut:
    """What is drawn of a video."""

    segments: Sequence[Segment]
    length_s: float
    cuts_s: Sequence[float]
    max_offset_ms: float
    """How far from `expected_ms` an offset is in sync."""
    expected_ms: float

    @classmethod
    def of(cls, report: Report) -> "LaidOut":
        """Of a report."""
        limits, length = report.limits, report.decoded_frames / VIDEO_FPS
        allowed, expected = limits.max_offset_frames * MS_PER_FRAME, limits.expected_offset_frames * MS_PER_FRAME
        return cls(report.verdict.segments, length, [cut / VIDEO_FPS for cut in report.cuts], allowed, expected)


def timeline(report: Report, key: str, *, pictures: bool = True) -> str:
    """A card, empty where there is nothing to lay out.

    Args:
        report: of the video.
        key: makes ids unique on the page.
        pictures: whether to look into the video for thumbnails.
    """
    laid_out = LaidOut.of(report)
    if not laid_out.segments or not laid_out.length_s:
        return ""
    strip = thumbnails(report) if pictures else []
    images = "".join(f'<img src="{source}" alt="">' for source in strip)
    return (
        f'<section class="card timeline" aria-labelledby="{key}-h"><h3 id="{key}-h">Timeline</h3><p>{_in_words(report)}</p>'
        f'<div class="scroll" tabindex="0" role="group" aria-label="Timeline, from left to right"><div class="wide-plot">'
        f"{f'<div class=strip>{images}</div>' if images else ''}{drawn(laid_out, key)}</div></div>"
        f"{_table(laid_out.segments)}</section>"
    )


def _in_words(report: Report) -> str:
    parts = [f"{share:.0%} {_SAID[State(state)]}" for state, share in report.verdict.shares.items() if share >= 0.005]
    said_so = f"Of the speech: {', '.join(parts)}." if parts else "Nobody speaks."
    speaker = report.verdict.speaker
    course = speaker.over_time.course if speaker else None
    if course and course.drift_ms_per_min is not None:
        said_so += f" The sound drifts by {words.number(course.drift_ms_per_min, 0, signed=True)} ms a minute."
    if report.offset_changes:
        count = len(report.offset_changes)
        said_so += f" The offset steps {'once' if count == 1 else f'{count} times'}."
    return said_so


def drawn(laid_out: LaidOut, key: str) -> str:
    """The drawing alone, SVG.

    Args:
        laid_out: with one segment at least.
        key: makes ids unique on the page.
    """
    found, length = laid_out.segments, laid_out.length_s

    def x(seconds: float) -> float:
        return _LEFT + seconds / length * (_WIDTH - _LEFT - _RIGHT)

    parts, top = [], 8.0
    for state, name in LANES.items():
        parts.append(_text(_LEFT - 8, top + 12, name, "end"))
        parts.append(_box("ground", x(0), top, x(length) - x(0)))
        for one in found:
            if one.state is state:
                parts.append(_box(f"s-{state}", x(one.start_s), top, x(one.end_s) - x(one.start_s)))
        top += _LANE + _GAP
    parts.append(_text(_LEFT - 8, top + 12, "speech", "end"))
    parts.append(_box("ground", x(0), top, x(length) - x(0)))
    parts += [
        _box("s-speech", x(one.start_s), top, x(one.end_s) - x(one.start_s)) for one in found if one.state is not State.NO_SPEECH
    ]
    top += _LANE + _GAP
    bottom = top
    plot, top = _offsets(laid_out, x, top + 14)
    parts += plot
    for cut_s in laid_out.cuts_s:
        at = x(cut_s)
        parts.append(f'<line class="cut" x1="{at:.1f}" x2="{at:.1f}" y1="4" y2="{bottom:.1f}"/>')
    step = next((step for step in _STEPS if length / step <= 10), _STEPS[-1])
    for number in range(int(length / step) + 1):
        at = number * step
        parts.append(_text(x(at), top + 16, _clock(at, 0 if step >= 1 else 1), "end" if at > 0.98 * length else "middle"))
    height = top + 24
    parts_of = shares(found)
    spoken = ", ".join(f"{parts_of[state]:.0%} {name}" for state, name in LANES.items())
    summary = f"Of the speech of {length:.1f} s: {spoken}. {len(laid_out.cuts_s)} cuts."
    return (
        f'<svg class="plot" role="img" viewBox="0 0 {_WIDTH} {height:.0f}" aria-labelledby="{key}-t {key}-d">'
        f'<title id="{key}-t">Timeline of the video</title><desc id="{key}-d">{words.text(summary)}</desc>{"".join(parts)}</svg>'
    )


def _offsets(laid_out: LaidOut, x: Callable[[float], float], top: float) -> tuple[list[str], float]:
    """Offset over time; nothing where none was measured. Returns what is drawn, and where it ends."""
    measured = [one for one in laid_out.segments if one.offset_ms is not None]
    if not measured:
        return [], top - 14
    allowed, expected = laid_out.max_offset_ms, laid_out.expected_ms
    reach = [(one.offset_ms or 0.0) + sign * (one.ci_ms or 0.0) for one in measured for sign in (-1, 1)]
    ticks = ticks_around(min(*reach, expected - allowed) * 1.1, max(*reach, expected + allowed) * 1.1, 4)

    def y(offset_ms: float) -> float:
        return top + (ticks[-1] - offset_ms) / (ticks[-1] - ticks[0]) * _PLOT

    left, right = x(0), x(laid_out.length_s)
    parts = [f'<line class="grid" x1="{left:.1f}" x2="{right:.1f}" y1="{y(tick):.1f}" y2="{y(tick):.1f}"/>' for tick in ticks]
    parts += [_text(_LEFT - 8, y(tick) + 4, f"{words.number(tick, 0, signed=True)} ms", "end") for tick in ticks]
    band_top, band = y(expected + allowed), y(expected - allowed) - y(expected + allowed)
    parts.append(f'<rect class="allowed" x="{left:.1f}" y="{band_top:.1f}" width="{right - left:.1f}" height="{band:.1f}"/>')
    parts.append(_text(left + 4, top - 4, "offset: above the line the sound is early, below it late", "start"))
    for one in measured:
        assert one.offset_ms is not None  # noqa: S101
        begin, width = x(one.start_s), max(2.0, x(one.end_s) - x(one.start_s))
        style = f"s-{one.state}"
        if one.ci_ms:
            high, low = y(one.offset_ms + one.ci_ms), y(one.offset_ms - one.ci_ms)
            parts.append(
                f'<rect class="{style} interval" x="{begin:.1f}" y="{high:.1f}" width="{width:.1f}" height="{low - high:.1f}"/>'
            )
        parts.append(f'<rect class="{style}" x="{begin:.1f}" y="{y(one.offset_ms) - 1.5:.1f}" width="{width:.1f}" height="3"/>')
    return parts, top + _PLOT


def _table(found: Sequence[Segment]) -> str:
    """The stretches that are not in sync, longest first where there are many; the rest folded."""
    listed = [one for one in found if one.state not in (State.IN_SYNC, State.NO_SPEECH)]
    if not listed:
        return ""
    head = (
        '<thead><tr><th scope="col">From</th><th scope="col">To</th><th scope="col">State</th>'
        '<th scope="col">In words</th><th scope="col" class="n wide">Score</th></tr></thead>'
    )
    rows = [_row(one) for one in listed[:MAX_ROWS]]
    table = f'<div class="scroll"><table class="small">{head}<tbody>{{}}</tbody></table></div>'
    text = table.format("".join(rows[:SHOWN_ROWS]))
    if len(rows) > SHOWN_ROWS:
        left_out = f'<p class="small soft">{len(listed) - MAX_ROWS} more are not listed.</p>' if len(listed) > MAX_ROWS else ""
        more = table.format("".join(rows[SHOWN_ROWS:]))
        text += f"<details><summary>{len(listed) - SHOWN_ROWS} more stretches</summary>{more}{left_out}</details>"
    return text


def _row(one: Segment) -> str:
    score = words.number(one.score) if one.score is not None else "&ndash;"
    name = LANES[one.state]
    return (
        f'<tr><td class="keep">{_clock(one.start_s, 1)}</td><td class="keep">{_clock(one.end_s, 1)}</td>'
        f'<th scope="row" class="keep"><i class="s-{one.state} dot-box"></i> {name}</th>'
        f'<td>{words.text(said(one))}</td><td class="n wide">{score}</td></tr>'
    )


def _box(style: str, left: float, top: float, width: float) -> str:
    return f'<rect class="{style}" x="{left:.1f}" y="{top:.1f}" width="{max(1.5, width):.1f}" height="{_LANE}" rx="2"/>'


def _text(x: float, y: float, said_so: str, anchor: str) -> str:
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}">{words.text(said_so)}</text>'


def _clock(seconds: float, digits: int) -> str:
    whole = int(seconds)
    if whole < 60:
        return words.number(seconds, digits) + " s"
    part = f"{seconds % 1:.{digits}f}"[1:] if digits else ""
    hours = f"{whole // 3600}:{whole // 60 % 60:02d}" if whole >= 3600 else f"{whole // 60}"
    return f"{hours}:{whole % 60:02d}{part}"
