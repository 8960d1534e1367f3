"""A page that shows reports to people: one file, no script, nothing fetched from anywhere."""

from collections.abc import Sequence
from pathlib import Path

from lipgate.core.limits import Limits
from lipgate.core.report import Report
from lipgate.core.verdict import Decision
from lipgate.desktop.output import whole_file
from lipgate.desktop.report import words
from lipgate.desktop.report.details import details
from lipgate.desktop.report.frame import document
from lipgate.desktop.report.timeline import timeline
from lipgate.desktop.report.tracks import lanes, track_sections

WITH_PICTURES = 20
"""Files on a page that get thumbnails: each takes a second or so, and tens of kilobytes."""

_ICONS = {
    "allow": '<circle cx="12" cy="12" r="10"/><path d="m7.5 12.5 3 3 6-6.5"/>',
    "next": '<circle cx="12" cy="12" r="10"/><path d="M9 9.2a3 3 0 1 1 4.2 2.8c-.8.4-1.2 1-1.2 2M12 17.4v.1"/>',
    "block": '<circle cx="12" cy="12" r="10"/><path d="m8.5 8.5 7 7m0-7-7 7"/>',
}


def write_html(reports: Sequence[tuple[Path, Report]], target: Path) -> None:
    """Write a page.

    Args:
        reports: each with the file's name as it was given.
        target: an existing file is replaced.

    Raises:
        OutputError: output_failed.
    """
    content = page(reports)
    with whole_file(target, *(path for path, _ in reports)) as part:
        part.write_text(content, encoding="utf-8")


def page(reports: Sequence[tuple[Path, Report]]) -> str:
    """The page as a string."""
    sections = [_file(number, path, report, report.limits) for number, (path, report) in enumerate(reports, 1)]
    several = len(reports) != 1
    title = f"Lip-sync report: {len(reports)} files" if several else f"Lip-sync report: {words.text(reports[0][0].name)}"
    return document(title, "Lipgate: does the face say what we hear?", [_overview(reports) if several else "", *sections])


def _overview(reports: Sequence[tuple[Path, Report]]) -> str:
    counts = {decision: sum(report.decision is decision for _, report in reports) for decision in Decision}
    pills = " ".join(f'<span class="pill {d.lower()}">{counts[d]} {d}</span>' for d in Decision if counts[d])
    rows = [_overview_row(number, path, report, report.limits) for number, (path, report) in enumerate(reports, 1)]
    return (
        f'<h2 id="overview">{len(reports)} files</h2><p>{pills}</p><div class="card scroll"><table>'
        '<thead><tr><th scope="col" class="file-name">File</th><th scope="col">Verdict</th>'
        '<th scope="col" class="n">Score</th>'
        '<th scope="col" class="n">Offset</th>'
        '<th scope="col" class="n wide">Confidence</th><th scope="col" class="wide">In words</th></tr></thead>'
        f"<tbody>{''.join(rows)}</tbody></table></div>"
    )


def _overview_row(number: int, path: Path, report: Report, limits: Limits) -> str:
    sync = report.verdict.speaker.sync if report.verdict.speaker else None
    cells = ["&ndash;"] * 3
    said = report.reason.text if report.reason else ""
    if sync is not None and report.verdict.score is not None:
        lag = f"{words.number(words.milliseconds(sync.offset_frames), 0, signed=True)} ms"
        cells = [f"{report.verdict.score:.2f}", lag, words.number(sync.confidence)]
        said = report.reason.text if report.reason else words.found(sync.offset_frames, report.verdict.score, limits)
    measured = "".join(f'<td class="{style}">{cell}</td>' for style, cell in zip(("n", "n", "n wide"), cells, strict=True))
    return (
        f'<tr><th scope="row" class="file-name"><a href="#file-{number}">{words.name(path)}</a></th>'
        f'<td><span class="pill {report.decision.lower()}">{report.decision}</span></td>'
        f'{measured}<td class="wide">{words.text(said)}</td></tr>'
    )


def _file(number: int, path: Path, report: Report, limits: Limits) -> str:
    key = f"file-{number}"
    verified = "" if report.model.verified and report.detector.verified else _UNVERIFIED
    return "".join(
        [
            f'<section class="file" id="{key}" aria-labelledby="{key}-name"><h2 id="{key}-name">{words.name(path)}</h2>',
            _verdict(report, limits),
            verified,
            timeline(report, f"{key}-timeline", pictures=number <= WITH_PICTURES),
            _figures(report, limits),
            lanes(report, limits),
            track_sections(report, limits, key),
            details(report),
            "</section>",
        ]
    )


_UNVERIFIED = (
    '<div class="card warning"><h3>The weights are not verified</h3><p>A network was used whose file is not the one '
    "Lipgate knows. Somebody allowed that on this computer. Trust this page as much as you trust that file.</p></div>"
)


def _verdict(report: Report, limits: Limits) -> str:
    tone = report.decision.lower()
    return (
        f'<div class="card verdict {tone}"><svg viewBox="0 0 24 24" fill="none" stroke="currentColor" stroke-width="2" '
        f'stroke-linecap="round" stroke-linejoin="round" aria-hidden="true">{_ICONS[tone]}</svg><div>'
        f'<div class="word">{report.decision}</div><h3 class="line">{words.text(words.headline(report, limits))}</h3>'
        f"<p>{words.text(words.verdict(report, limits))}</p></div></div>"
    )


def _figures(report: Report, limits: Limits) -> str:
    sync = report.verdict.speaker.sync if report.verdict.speaker else None
    score = report.verdict.score
    if sync is None or score is None:
        return ""
    lag = words.milliseconds(sync.offset_frames)
    edge = ""
    if abs(sync.offset_frames) == len(sync.curve) // 2:
        edge = " This is the end of the search range: the true offset may be larger."
    middle = ""
    if report.calibration.confidence_alone:
        middle = f" With this model {words.number(report.calibration.midpoint)} gives a score of 0.5."
    return "".join(
        [
            '<dl class="figures">',
            _figure(
                "Score",
                f"{score:.2f}",
                "of 1",
                f"{_meter(score, limits)}How sure it is that the lips say what we hear. 0: not at all, 1: certain.",
            ),
            _figure(
                "Offset",
                f"{words.number(lag, 0, signed=True)} ms",
                f"{words.frames(sync.offset_frames)} of 40 ms",
                f"<strong>{words.found(sync.offset_frames, score, limits)}</strong>{edge} Searched from "
                f"&minus;{len(sync.curve) // 2} to +{len(sync.curve) // 2} frames. People notice sound that is "
                "about 45 ms early or 125 ms late.",
            ),
            _figure(
                "Confidence",
                words.number(sync.confidence),
                "0 and up",
                f"How much better the best shift fits than a usual one. Near 0: no shift fits.{middle}",
            ),
            _figure(
                "Minimum distance",
                words.number(sync.min_dist),
                "0 and up",
                "How far apart lips and sound lie at the best shift; less is better. Compare it only within one model.",
            ),
            "</dl>",
        ]
    )


def _figure(name: str, value: str, unit: str, explained: str) -> str:
    return (
        f'<div class="card"><dt>{name}</dt><dd><span class="value">{value}</span> <span class="unit">{unit}</span>'
        f'<div class="small">{explained}</div></dd></div>'
    )


def _meter(score: float, limits: Limits) -> str:
    low, high = limits.next_threshold, limits.allow_threshold
    zones = [("block", low), ("next", high - low), ("allow", 1.0 - high)]
    bars = "".join(f'<i class="{tone}" style="flex:{share:.4f} 0 0"></i>' for tone, share in zones)
    marks = "".join(f'<span style="left:{at * 100:.1f}%">{at:.2f}</span>' for at in (low, high))
    return f'<div class="meter" aria-hidden="true">{bars}<b style="left:{score * 100:.1f}%"></b>{marks}</div>'
