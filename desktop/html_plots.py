"""Plots as inline SVG. Colours come from the page's style sheet, so that they follow light and dark."""

import math
from collections.abc import Callable, Sequence

import numpy as np

from core.constants import MS_PER_FRAME, VIDEO_FPS, WINDOW_FRAMES
from core.sync.distances import SyncResult
from desktop.html_words import frames, milliseconds, number, text

_WIDTH, _HEIGHT = 480, 280
_LEFT, _RIGHT, _TOP, _BOTTOM = 52, 14, 30, 50
_MAX_POINTS = 400
"""Longer series are drawn as the mean of equal stretches."""

Scale = Callable[[float], float]


def curve(sync: SyncResult, key: str, title: str) -> str:
    """Mean distance at each shift, the minimum and the confidence marked.

    Args:
        sync: what was measured.
        key: makes ids unique on the page.
        title: of the plot, for those who cannot see it.
    """
    reach = len(sync.curve) // 2
    middle = float(np.median(sync.curve))
    low, high = float(sync.curve.min()), float(max(sync.curve.max(), sync.curve.min() + 0.1))
    ticks = _ticks(low - 0.06 * (high - low), high)
    x, y = _across(-reach, reach), _down(ticks[0], ticks[-1])
    points = [(x(reach - k), y(float(value))) for k, value in enumerate(sync.curve)]
    best_x, best_y, middle_y = x(sync.offset_frames), y(sync.min_dist), y(middle)
    step = _shift_step(reach)
    shifts = [n for n in range(-reach, reach + 1) if n % step == 0]
    marks = [_tick_x(x(n), number(n, 0, signed=True), number(n * MS_PER_FRAME, 0)) for n in shifts]
    to_left = best_x > _WIDTH * 0.6
    far = _LEFT + 4 if to_left else _WIDTH - _RIGHT
    beside, anchor = (best_x - 9, "end") if to_left else (best_x + 9, "start")
    parts = [
        _grid(ticks, y),
        *marks,
        _words(_LEFT, _HEIGHT - 4, "sound late", "start", "axis"),
        _words((_LEFT + _WIDTH - _RIGHT) / 2, _HEIGHT - 4, "shift: frames, ms", "middle", "axis"),
        _words(_WIDTH - _RIGHT, _HEIGHT - 4, "sound early", "end", "axis"),
        _words(4, 14, "mean distance", "start", "axis"),
        f'<line class="together" x1="{x(0):.1f}" x2="{x(0):.1f}" y1="{_TOP}" y2="{_HEIGHT - _BOTTOM}"/>',
        f'<line class="dashed" x1="{_LEFT}" x2="{_WIDTH - _RIGHT}" y1="{middle_y:.1f}" y2="{middle_y:.1f}"/>',
        f'<polyline class="series" points="{_joined(points)}"/>',
        *[f'<circle class="dot" cx="{px:.1f}" cy="{py:.1f}" r="2"/>' for px, py in points],
        f'<line class="gap" x1="{best_x:.1f}" x2="{best_x:.1f}" y1="{middle_y:.1f}" y2="{best_y:.1f}"/>',
        _words(far, middle_y - 5, "median", "start" if to_left else "end", "halo faint"),
        f'<circle class="best" cx="{best_x:.1f}" cy="{best_y:.1f}" r="5.5"/>',
        _words(beside, (middle_y + best_y) / 2 + 4, f"confidence {number(sync.confidence)}", anchor, "halo"),
        _words(beside, best_y + 5, f"{frames(sync.offset_frames)}, {number(sync.min_dist)}", anchor, "halo strong"),
    ]
    lag = milliseconds(sync.offset_frames)
    said = (
        f"Mean distance of lips and sound at shifts from {-reach} to {reach} frames. It is lowest, {sync.min_dist:.2f}, at "
        f"{sync.offset_frames} frames ({lag:.0f} ms). The median is {middle:.2f}, so the confidence is {sync.confidence:.2f}."
    )
    return _svg(key, title, said, parts)


def framewise(sync: SyncResult, start: int, half: float, key: str, title: str) -> str:
    """Confidence as the track runs.

    Args:
        sync: what was measured.
        start: first frame of the track.
        half: confidence that gives a score of one half.
        key: makes ids unique on the page.
        title: of the plot, for those who cannot see it.
    """
    values = sync.framewise_confidence
    times, means, lows, highs = _thinned(values, (start + WINDOW_FRAMES / 2) / VIDEO_FPS)
    ticks = _ticks(min(0.0, float(values.min())), max(2 * half, float(values.max())))
    seconds = _ticks(times[0], max(times[-1], times[0] + 0.2), 6)
    seconds = [tick for tick in seconds if times[0] - 1e-6 <= tick <= times[-1] + 1e-6]
    x, y = _across(times[0], max(times[-1], times[0] + 0.04)), _down(ticks[0], ticks[-1])
    line = [(x(time), y(value)) for time, value in zip(times, means, strict=True)]
    area = [(line[0][0], y(0.0)), *line, (line[-1][0], y(0.0))]
    places = [x(time) for time in times]
    band = [*zip(places, map(y, highs), strict=True), *reversed(list(zip(places, map(y, lows), strict=True)))]
    digits = 0 if len(seconds) < 2 or seconds[1] - seconds[0] >= 1 else 1
    parts = [
        _grid(ticks, y),
        *[_tick_x(x(tick), _clock(tick, digits)) for tick in seconds],
        _words((_LEFT + _WIDTH - _RIGHT) / 2, _HEIGHT - 4, "time in the video, s", "middle", "axis"),
        _words(4, 14, "confidence", "start", "axis"),
        f'<polygon class="area" points="{_joined(area)}"/>',
        f'<polygon class="band" points="{_joined(band)}"/>' if len(values) > _MAX_POINTS else "",
        f'<line class="dashed" x1="{_LEFT}" x2="{_WIDTH - _RIGHT}" y1="{y(half):.1f}" y2="{y(half):.1f}"/>',
        f'<polyline class="series" points="{_joined(line)}"/>',
        _words(_WIDTH - _RIGHT, y(half) - 5, "score 0.5", "end", "halo"),
    ]
    above = float((values > half).mean())
    said = (
        f"Confidence over {times[-1] - times[0]:.1f} s: from {values.min():.2f} to {values.max():.2f}, mean {values.mean():.2f}; "
        f"{above:.0%} of the time above {half:.2f}, where the score would be 0.5."
    )
    return _svg(key, title, said, parts)


def _thinned(values: np.ndarray, begins: float) -> tuple[list[float], list[float], list[float], list[float]]:
    """Times in seconds, means, least and greatest values of at most `_MAX_POINTS` stretches."""
    stretches = np.array_split(values, min(len(values), _MAX_POINTS))
    ends = np.cumsum([len(stretch) for stretch in stretches])
    times = [begins + (end - (len(stretch) + 1) / 2) / VIDEO_FPS for end, stretch in zip(ends, stretches, strict=True)]
    return (
        [float(time) for time in times],
        [float(stretch.mean()) for stretch in stretches],
        [float(stretch.min()) for stretch in stretches],
        [float(stretch.max()) for stretch in stretches],
    )


def _ticks(low: float, high: float, count: int = 5) -> list[float]:
    """Round numbers that enclose low .. high."""
    rough = max(high - low, 1e-3) / count
    power = 10.0 ** math.floor(math.log10(rough))
    step = next(power * factor for factor in (1, 2, 5, 10) if power * factor >= rough * 0.999)
    first, last = math.floor(low / step + 1e-9), math.ceil(high / step - 1e-9)
    return [round(n * step, 6) for n in range(first, max(last, first + 1) + 1)]


def _shift_step(reach: int) -> int:
    return next((step for step in (1, 2, 5, 10, 25) if reach / step <= 4), 50)


def _clock(seconds: float, digits: int) -> str:
    return f"{int(seconds) // 60}:{int(seconds) % 60:02d}" if seconds >= 100 else number(seconds, digits)


def _across(low: float, high: float) -> Scale:
    return lambda value: _LEFT + (value - low) / (high - low) * (_WIDTH - _LEFT - _RIGHT)


def _down(low: float, high: float) -> Scale:
    return lambda value: _HEIGHT - _BOTTOM - (value - low) / (high - low) * (_HEIGHT - _TOP - _BOTTOM)


def _grid(ticks: Sequence[float], y: Scale) -> str:
    digits = max(0, -math.floor(math.log10(ticks[1] - ticks[0]) + 1e-9))
    lines = [f'<line class="grid" x1="{_LEFT}" x2="{_WIDTH - _RIGHT}" y1="{y(tick):.1f}" y2="{y(tick):.1f}"/>' for tick in ticks]
    return "".join([*lines, *[_words(_LEFT - 7, y(tick) + 4, number(tick, digits), "end", "tick") for tick in ticks]])


def _tick_x(x: float, *lines: str) -> str:
    base = _HEIGHT - _BOTTOM
    stroke = f'<line class="grid" x1="{x:.1f}" x2="{x:.1f}" y1="{base}" y2="{base + 4}"/>'
    return stroke + "".join(
        _words(x, base + 16 + 13 * i, line, "middle", "tick" if i == 0 else "tick faint") for i, line in enumerate(lines)
    )


def _words(x: float, y: float, said: str, anchor: str, style: str) -> str:
    return f'<text class="{style}" x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}">{text(said)}</text>'


def _joined(points: Sequence[tuple[float, float]]) -> str:
    return " ".join(f"{x:.1f},{y:.1f}" for x, y in points)


def _svg(key: str, title: str, said: str, parts: Sequence[str]) -> str:
    return (
        f'<svg class="plot" role="img" viewBox="0 0 {_WIDTH} {_HEIGHT}" aria-labelledby="{key}-t {key}-d">'
        f'<title id="{key}-t">{text(title)}</title><desc id="{key}-d">{text(said)}</desc>{"".join(parts)}</svg>'
    )
