"""The faces of a report: when each was in view, and what was measured on it."""

import numpy as np

from lipgate.core.constants import VIDEO_FPS
from lipgate.core.limits import Limits
from lipgate.core.report import Report
from lipgate.core.track_result import TrackResult
from lipgate.core.verdict import decide
from lipgate.desktop.report import plots, words

MAX_LANES = 200
MAX_SECTIONS = 20
"""Most tracks shown as a line and with plots; the speaker, then the most confident."""

UNFOLDED_LANES = 8
"""More faces than these are folded away, and so are the plots of all but the first: the page of a film stays a page."""


def lanes(report: Report, limits: Limits) -> str:
    """A table with a lane of time for each track."""
    if not report.tracks:
        return ""
    chosen = sorted(_best(report, MAX_LANES), key=lambda track: track.track)
    length = max(report.decoded_frames, *(track.start + track.frames for track in report.tracks))
    rows = "".join(_lane(track, report, limits, length) for track in chosen)
    more = len(report.tracks) - len(chosen)
    rest = f'<p class="small soft">{more} more tracks are not shown.</p>' if more else ""
    ends = f'<div class="ends"><span>0 s</span><span>{length / VIDEO_FPS:.1f} s</span></div>'
    table = (
        '<div class="scroll"><table><thead><tr><th scope="col">Track</th>'
        f'<th scope="col" class="lane">In view{ends}</th><th scope="col" class="wide">From, to</th>'
        '<th scope="col" class="n">Score</th><th scope="col" class="n">Offset</th></tr></thead>'
        f"<tbody>{rows}</tbody></table></div>{rest}"
    )
    heading = "Faces in the video"
    if len(chosen) <= UNFOLDED_LANES:
        return f'<div class="card"><h3>{heading}</h3>{table}</div>'
    folded = f"<summary><h3>{heading}: {len(report.tracks)} tracks</h3></summary>{table}"
    return f'<div class="card"><details>{folded}</details></div>'


def _lane(track: TrackResult, report: Report, limits: Limits, length: int) -> str:
    left, width = 100 * track.start / length, 100 * track.frames / length
    style = f"left:{left:.2f}%;width:{width:.2f}%"
    hatched = "" if judged(track) else ' class="unjudged"'
    return (
        f'<tr class="{tone(track, report, limits)}"><th scope="row">{track.track}{_speaker(track, report)}</th>'
        f'<td class="lane"><div aria-hidden="true"><i{hatched} style="{style}"></i></div></td>'
        f'<td class="keep wide">{_span(track)}</td>{_measured(track, report)}</tr>'
    )


def _measured(track: TrackResult, report: Report) -> str:
    if track.reason is not None or track.sync is None:
        return f'<td colspan="2">{words.text(track.reason.text if track.reason else "Not judged.")}</td>'
    lag = words.number(words.milliseconds(track.sync.offset_frames), 0, signed=True)
    return f'<td class="n">{report.calibration.score(track.sync):.2f}</td><td class="n">{lag} ms</td>'


def track_sections(report: Report, limits: Limits, key: str) -> str:
    """A section with plots for each track, the speaker first."""
    chosen = _best(report, MAX_SECTIONS)
    more = len(report.tracks) - len(chosen)
    rest = f'<p class="small soft">Plots of the {len(chosen)} most confident tracks; {more} more have none.</p>' if more else ""
    first, *others = [_section(track, report, limits, f"{key}-track-{track.track}") for track in chosen] or [""]
    if not others:
        return first + rest
    return (
        f'{first}<details class="more"><summary>{len(others)} more tracks with plots</summary>{"".join(others)}{rest}</details>'
    )


def judged(track: TrackResult) -> bool:
    """Whether something was measured on the track."""
    return track.reason is None and track.sync is not None


def tone(track: TrackResult, report: Report, limits: Limits) -> str:
    """Style of a track: as the video would be decided with it alone."""
    if track.reason is not None or track.sync is None:
        return "none"
    return decide(report.calibration.score(track.sync), track.sync.offset_frames, limits).lower()


def _best(report: Report, count: int) -> list[TrackResult]:
    def rank(track: TrackResult) -> tuple[bool, float, int]:
        confidence = track.sync.confidence if track.sync and judged(track) else -1.0
        return track is not report.verdict.speaker, -confidence, track.track

    return sorted(report.tracks, key=rank)[:count]


def _section(track: TrackResult, report: Report, limits: Limits, key: str) -> str:
    sync = track.sync if judged(track) else None
    facts = [
        ("In view", _span(track)),
        ("Face", f"{track.face_px:.0f} pixels wide, at {_box(track, report)}"),
        ("Speech heard meanwhile", f"{track.speech_s:.1f} s"),
        ("Result", words.text(_result(track, report, limits))),
    ]
    listed = "".join(f"<dt>{name}</dt><dd>{said}</dd>" for name, said in facts)
    figures = ""
    if sync is not None and len(sync.framewise_confidence):
        half = report.calibration.half(sync) if report.calibration.confidence_alone else None
        named = f"track {track.track}"
        figures = (
            f'<div class="plots"><figure><h4>Which shift of the sound fits best</h4>'
            f"{plots.curve(sync, f'{key}-curve', f'Distance at each shift, {named}')}"
            "<figcaption>A deep, narrow valley means a certain offset. The dashed line is the median of 31 shifts; the "
            "confidence is how far the valley lies below it.</figcaption></figure>"
            "<figure><h4>How well it fits over time</h4>"
            f"{plots.framewise(sync, track.start, half, f'{key}-time', f'Confidence over time, {named}')}"
            "<figcaption>At the shift found. It falls in pauses and where the lips cannot be seen; a long stretch near 0 "
            "while somebody speaks may be another voice.</figcaption></figure></div>"
        )
    return (
        f'<section class="card {tone(track, report, limits)}" id="{key}"><h3>Track {track.track}{_speaker(track, report)}</h3>'
        f'<dl class="facts">{listed}</dl>{figures}</section>'
    )


def _speaker(track: TrackResult, report: Report) -> str:
    return ' <span class="pill">speaker</span>' if track is report.verdict.speaker else ""


def _span(track: TrackResult) -> str:
    return f"{track.start / VIDEO_FPS:.1f}&ndash;{(track.start + track.frames) / VIDEO_FPS:.1f} s"


def _box(track: TrackResult, report: Report) -> str:
    scale = report.clip.width / report.clip.decoded_size[0]
    left, top, right, bottom = np.median(track.boxes, axis=0) * scale
    return f"{words.number(left, 0)}, {words.number(top, 0)} to {words.number(right, 0)}, {words.number(bottom, 0)}"


def _result(track: TrackResult, report: Report, limits: Limits) -> str:
    if track.reason is not None:
        return f"Not judged. {track.reason.text}"
    if track.sync is None:
        return "Not judged."
    score = report.calibration.score(track.sync)
    confidence, distance = words.number(track.sync.confidence), words.number(track.sync.min_dist)
    return (
        f"Score {score:.2f}, confidence {confidence}, distance {distance}. {words.found(track.sync.offset_frames, score, limits)}"
    )
