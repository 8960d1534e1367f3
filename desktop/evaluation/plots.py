"""Plots of an evaluation. Labels differ in shape, dash and place, never in colour alone."""

from collections.abc import Sequence

import numpy as np

from lipgate.core.evaluation.bootstrap import draws
from lipgate.core.evaluation.figures import error_curve, reliability, roc
from lipgate.core.evaluation.manifest import Label
from lipgate.desktop.evaluation.summary import Summary
from lipgate.desktop.evaluation.wording import percent
from lipgate.desktop.report.svg import (
    BOTTOM,
    HEIGHT,
    LEFT,
    RIGHT,
    TOP,
    WIDTH,
    Scale,
    across,
    down,
    grid,
    joined,
    svg,
    tick_x,
    ticks_around,
)
from lipgate.desktop.report.svg import words as put

TONES = {Label.GENUINE: "allow", Label.FAKE: "block", Label.SHIFTED: "next"}
"""Style classes; also where there is only colour they are not needed to understand a plot."""

STYLE = """
.plot .mark, .plot .line { fill: none; stroke: var(--tone); stroke-width: 1.6 } .plot .line { stroke-width: 2.2 }
.plot .long { stroke-dasharray: 9 5 } .plot .bar { fill: var(--tone); opacity: .75 }
.plot .limit { stroke: var(--ink); stroke-width: 1.2 } .headline { font-size: 1.125rem; max-width: 75ch }
.plot .dots { stroke-dasharray: 2 4 } .plot.key { display: inline-block; width: 27px; height: 14px; margin: 0 }
"""
"""What the plots need beyond the style of all pages."""

_BINS = 20
_TENTHS = (0.0, 0.2, 0.4, 0.6, 0.8, 1.0)
_MOST_POINTS = 3000
_RESAMPLES = 500
"""Enough for a band that nobody reads to the third digit."""


def roc_plot(summary: Summary) -> str:
    """Genuine clips accepted against others accepted, with the bootstrap's band and the thresholds in use."""
    sample = summary.sample
    values, genuine = sample.rank, sample.genuine
    at = np.linspace(0, 1, 101)
    bands = [roc(values, genuine, weights, at) for weights in draws(sample.units, summary.seed, _RESAMPLES)]
    low, high = np.nanpercentile(np.concatenate(bands), [2.5, 97.5], axis=0)
    curve = error_curve(values, genuine, np.ones((1, len(values))))
    x, y = across(0, 1), down(0, 1)
    line = [(x(float(far)), y(float(1 - frr))) for far, frr in zip(curve.far[0], curve.frr[0], strict=True)]
    edge = [(x(float(a)), y(float(b))) for a, b in zip(at, high, strict=True)]
    edge += [(x(float(a)), y(float(b))) for a, b in zip(at[::-1], low[::-1], strict=True)]
    limits = sample.limits
    marks, told, row = [], [], float(TOP)
    for name, threshold in (("NEXT", limits.next_threshold), ("ALLOW", limits.allow_threshold)):
        accepted = sample.accepted(threshold)
        far, right = float(accepted[~genuine].mean()), float(accepted[genuine].mean())
        px, py = x(far), y(right)
        said = f"{name} {threshold:.2f}: {percent(right)} of genuine, {percent(far)} of others"
        # Both thresholds often lie close together: their words go to the right, below the curve, one under the other.
        row = max(min(py + 24, HEIGHT - BOTTOM - 30.0), row + 20)
        to = min(px + 90, WIDTH - RIGHT - 96.0)
        marks.append(f'<path class="limit" d="M{px:.1f} {py:.1f}L{to - 5:.1f} {row - 4:.1f}"/>')
        marks.append(f'<circle class="dot" cx="{px:.1f}" cy="{py:.1f}" r="5"/>')
        marks.append(put(to, row, f"{name} {threshold:.2f}", "start", "halo strong"))
        told.append(said)
    parts = [
        grid(_TENTHS, y),
        *_share_axis(x, "other clips accepted (false accept rate)"),
        put(4, 14, "genuine clips accepted", "start", "axis"),
        f'<line class="dashed" x1="{x(0)}" y1="{y(0)}" x2="{x(1)}" y2="{y(1)}"/>',
        put(x(0.72), y(0.66) + 6, "chance", "start", "faint"),
        f'<polygon class="area" points="{joined(edge)}"/>',
        f'<polyline class="series" points="{joined(line)}"/>',
        *marks,
    ]
    return svg("roc", "ROC curve", f"Genuine clips accepted against others accepted. {'; '.join(told)}.", parts)


def histograms(summary: Summary) -> str:
    """Scores of each label in a row of its own."""
    sample = summary.sample
    x = across(0, 1)
    rows = [label for label in Label if (sample.labels == label).any()]
    tall = (HEIGHT - BOTTOM - TOP) / max(len(rows), 1)
    parts, told = [], []
    for number, label in enumerate(rows):
        scores = sample.score[(sample.labels == label) & sample.judged]
        counts, _ = np.histogram(scores, _BINS, (0, 1))
        base = TOP + tall * (number + 1)
        room = tall - 22
        step = (WIDTH - LEFT - RIGHT) / _BINS
        heights = room * counts / max(counts.max(), 1)
        bars = [_bar(LEFT + step * at + 1, step - 2, base, height) for at, height in enumerate(heights) if height]
        parts.append(f'<g class="{TONES[label]}">{"".join(bars)}</g>')
        parts.append(f'<line class="grid" x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{base:.1f}" y2="{base:.1f}"/>')
        middle = f", median {np.median(scores):.2f}" if len(scores) else ""
        parts.append(put(LEFT + 2, base - room - 7, f"{label}: {len(scores)} judged{middle}", "start", "halo strong"))
        parts.append(put(LEFT - 7, base - room + 5, str(counts.max()), "end", "tick"))
        told.append(f"{label}: {len(scores)} judged{middle}")
    axis = [tick_x(x(tick), f"{tick:.1f}") for tick in _TENTHS]
    name = put((LEFT + WIDTH - RIGHT) / 2, HEIGHT - 14, "score", "middle", "axis")
    parts = [*parts, *axis, name, put(4, 14, "clips", "start", "axis"), *_limits(summary, x)]
    return svg("histograms", "Scores by label", f"{'; '.join(told)}.", parts)


def error_plot(summary: Summary) -> str:
    """False accept and false reject rates as the threshold rises."""
    sample = summary.sample
    x, y = across(0, 1), down(0, 1)
    thresholds = np.linspace(0, 1, 201)
    parts = [grid(_TENTHS, y), *_limits(summary, x)]
    lines = [("false rejects, genuine", "allow", "", sample.genuine, True)]
    dashes = {Label.FAKE: "long", Label.SHIFTED: "dots"}
    lines += [(f"false accepts, {label}", TONES[label], dashes[label], sample.labels == label, False) for label in dashes]
    legend = []
    for name, tone, dash, members, refused in lines:
        if not members.any():
            continue
        rates = [float((sample.accepted(float(at))[members] ^ refused).mean()) for at in thresholds]
        points = [(x(float(at)), y(rate)) for at, rate in zip(thresholds, rates, strict=True)]
        parts.append(f'<g class="{tone}"><polyline class="line {dash}" points="{joined(points)}"/></g>')
        legend.append((f'<g class="{tone}"><path class="line {dash}" d="M0 0h26"/></g>', name))
    parts += [*_share_axis(x, "threshold of the score"), put(4, 14, "rate", "start", "axis")]
    said = ", ".join(name for _, name in legend)
    return svg("errors", "Errors against the threshold", f"As the threshold rises: {said}.", parts) + _legend(legend)


def reliability_plot(summary: Summary) -> str:
    """Share of genuine clips against the mean score of each bin, classes balanced."""
    sample = summary.sample
    x, y = across(0, 1), down(0, 1)
    bars = reliability(sample.score[sample.judged], sample.genuine[sample.judged])
    found = [bar for bar in bars if bar]
    points = [(x(bar.score), y(bar.share)) for bar in found]
    parts = [
        grid(_TENTHS, y),
        *_share_axis(x, "mean score of the clips in a tenth"),
        put(4, 14, "share of genuine clips, classes balanced", "start", "axis"),
        f'<line class="dashed" x1="{x(0)}" y1="{y(0)}" x2="{x(1)}" y2="{y(1)}"/>',
        f'<polyline class="series" points="{joined(points)}"/>',
    ]
    for bar, (px, py) in zip(found, points, strict=True):
        parts.append(f'<circle class="dot" cx="{px:.1f}" cy="{py:.1f}" r="4"/>')
        above = bar.share > bar.score
        parts.append(put(px, py - 9 if above else py + 19, str(bar.clips), "middle", "halo"))
    told = "; ".join(f"mean score {bar.score:.2f}: {bar.share:.2f} genuine, {bar.clips} clips" for bar in found)
    return svg("reliability", "Is a score of 0.8 right in 8 of 10?", f"{told}.", parts)


def scatter(summary: Summary) -> str:
    """Distance and confidence of each clip, a shape for each label."""
    sample = summary.sample
    judged = [item for item in sample.measured if item.confidence is not None and item.min_dist is not None]
    places = np.flatnonzero(sample.judged)
    distances = np.array([item.min_dist for item in judged], float)
    confidences = np.array([item.confidence for item in judged], float)
    wide = ticks_around(float(distances.min()), float(distances.max()), 6)
    high = ticks_around(0.0, float(confidences.max()))
    x, y = across(wide[0], wide[-1]), down(high[0], high[-1])
    digits = 0 if wide[1] - wide[0] >= 1 else 1
    parts = [grid(high, y), *[tick_x(x(tick), f"{tick:.{digits}f}") for tick in wide]]
    parts.append(put((LEFT + WIDTH - RIGHT) / 2, HEIGHT - 14, "minimum distance", "middle", "axis"))
    parts.append(put(4, 14, "confidence", "start", "axis"))
    chosen = np.arange(len(judged))
    if len(judged) > _MOST_POINTS:
        chosen = np.sort(np.random.default_rng(summary.seed).choice(len(judged), _MOST_POINTS, replace=False))
    for label in Label:
        shapes = [
            _shape(label, x(float(distances[at])), y(float(confidences[at])))
            for at in chosen
            if sample.labels[places[at]] == label
        ]
        parts.append(f'<g class="{TONES[label]}">{"".join(shapes)}</g>')
    present = [label for label in Label if (sample.labels[places] == label).any()]
    legend = [(f'<g class="{TONES[label]}">{_shape(label, 13, 0)}</g>', str(label)) for label in present]
    said = "; ".join(
        f"{label}: median distance {np.median(distances[sample.labels[places] == label]):.2f}, "
        f"confidence {np.median(confidences[sample.labels[places] == label]):.2f}"
        for label in present
    )
    return svg("scatter", "Distance and confidence", f"{said}.", parts) + _legend(legend)


def _bar(left: float, wide: float, base: float, high: float) -> str:
    return f'<rect class="bar" x="{left:.1f}" width="{wide:.1f}" y="{base - high:.1f}" height="{high:.1f}"/>'


def _shape(label: Label, x: float, y: float) -> str:
    """A ring, a cross or a triangle."""
    if label is Label.GENUINE:
        return f'<circle class="mark" cx="{x:.1f}" cy="{y:.1f}" r="3.6"/>'
    if label is Label.FAKE:
        return f'<path class="mark" d="M{x - 3.4:.1f} {y - 3.4:.1f}l6.8 6.8m0-6.8l-6.8 6.8"/>'
    return f'<path class="mark" d="M{x:.1f} {y - 4.2:.1f}l4.2 7.4h-8.4z"/>'


def _legend(items: Sequence[tuple[str, str]]) -> str:
    """Under the plot: what the lines and shapes mean."""
    return (
        '<div class="small soft">'
        + " &emsp; ".join(
            f'<span class="keep"><svg class="plot key" viewBox="0 -7 27 14" aria-hidden="true">{drawn}</svg> {name}</span>'
            for drawn, name in items
        )
        + "</div>"
    )


def _share_axis(x: Scale, name: str) -> list[str]:
    return [
        *[tick_x(x(tick), f"{tick:.1f}") for tick in _TENTHS],
        put((LEFT + WIDTH - RIGHT) / 2, HEIGHT - 14, name, "middle", "axis"),
    ]


def _limits(summary: Summary, x: Scale) -> list[str]:
    """Upright lines at the thresholds, with their names on top."""
    limits = summary.sample.limits
    parts = []
    for name, at in (("NEXT", limits.next_threshold), ("ALLOW", limits.allow_threshold)):
        place = x(at)
        parts.append(f'<line class="limit dashed" x1="{place:.1f}" x2="{place:.1f}" y1="{TOP - 8}" y2="{HEIGHT - BOTTOM}"/>')
        to_left = name == "NEXT" and place > LEFT + 48
        nearest = min(place + 3, WIDTH - 48.0)
        parts.append(put(place - 3 if to_left else nearest, TOP - 12, name, "end" if to_left else "start", "halo"))
    return parts
