"""The small print of a report: the file, the networks, where the time went."""

from lipgate.core.constants import VIDEO_FPS
from lipgate.core.report import ModelInfo, Report
from lipgate.desktop.report import words

_STAGES = {
    "probe": "looking at the file",
    "decode": "decoding pictures",
    "scenes": "finding cuts",
    "faces": "finding faces",
    "track": "following faces",
    "sync": "comparing lips and sound",
    "sound": "reading the rest of the sound",
    "verdict": "deciding",
}
"""What the stages of the pipeline do, in words."""


def details(report: Report) -> str:
    """Two cards: technical facts and stage timings."""
    listed = "".join(f"<dt>{name}</dt><dd>{said}</dd>" for name, said in _facts(report))
    facts = f'<div class="card"><h3>File and networks</h3><dl class="facts small">{listed}</dl></div>'
    return f'<div class="two">{facts}{_timings(report)}</div>'


def _facts(report: Report) -> list[tuple[str, str]]:
    clip = report.clip
    length = report.decoded_frames / VIDEO_FPS if report.decoded_frames else clip.duration_s
    rate = f", {clip.fps:.4g} pictures per second" if clip.fps else ""
    lasts = f"{length:.2f} s, " if length else ""
    sound = "with sound" if clip.has_audio else "without sound"
    return [
        ("Video", f"{lasts}{clip.width} &times; {clip.height} pixels{rate}, {sound}"),
        ("SHA-256", f'<span class="hash">{words.text(clip.sha256)}</span>'),
        ("Sync model", _network(report.model)),
        ("Face detector", _network(report.detector)),
        ("Device", words.text(report.device)),
        ("Calibration", _calibration(report)),
        ("Analysed in", _took(report, length)),
    ]


def _calibration(report: Report) -> str:
    used = report.calibration
    said = f"score 0.5 at confidence {words.number(used.midpoint, 3)}, scale {used.scale:.3f}"
    if used.distance:
        said += f"; {used.distance:.3f} more for each unit of distance"
    if used.shortness:
        said += f"; {used.shortness:.3f} more for 1 s, less for longer"
    if report.site is None:
        return said
    return f'{said}<br>from the file {words.text(report.site.in_words)} <span class="hash">{report.site.sha256}</span>'


def _network(info: ModelInfo) -> str:
    state = "verified" if info.verified else "<strong>not verified</strong>"
    return f'{words.text(info.name)} {words.text(info.version)}, {state}<br><span class="hash">{words.text(info.sha256)}</span>'


def _took(report: Report, length: float | None) -> str:
    seconds = report.processing_time_ms / 1000
    speed = f", {length / seconds:.1f} times as fast as it plays" if length and seconds else ""
    return f"{seconds:.2f} s{speed}"


def _timings(report: Report) -> str:
    total = sum(report.timings_ms.values())
    if not total:
        return ""
    rows = "".join(_timing(stage, spent, total) for stage, spent in report.timings_ms.items())
    return (
        '<div class="card"><h3>Where the time went</h3><div class="scroll"><table class="small">'
        '<thead><tr><th scope="col">Stage</th><th scope="col" class="share">Share</th>'
        '<th scope="col" class="n">ms</th></tr></thead>'
        f'<tbody>{rows}<tr><th scope="row">all</th><td></td><td class="n">{total:.0f}</td></tr></tbody></table></div></div>'
    )


def _timing(stage: str, spent: float, total: float) -> str:
    share = 100 * spent / total
    said = f'{words.text(stage)} <span class="soft">{words.text(_STAGES.get(stage, ""))}</span>'
    return (
        f'<tr><th scope="row">{said}</th><td class="share"><div aria-hidden="true"><i style="width:{share:.1f}%"></i></div></td>'
        f'<td class="n">{spent:.1f}</td></tr>'
    )
