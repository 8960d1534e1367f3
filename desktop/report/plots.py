"""Plots as inline SVG. Colours come from the page's style sheet, so that they follow light and dark."""

import numpy as np

from lipgate.core.constants import MS_PER_FRAME, VIDEO_FPS, WINDOW_FRAMES
from lipgate.core.sync.distances import SyncResult
from lipgate.desktop.report.svg import (
    BOTTOM,
    HEIGHT,
    LEFT,
    RIGHT,
    TOP,
    WIDTH,
    across,
    down,
    grid,
    joined,
    svg,
    tick_x,
    ticks_around,
    words,
)
from lipgate.desktop.report.words import frames, milliseconds, number

_MAX_POINTS = 400
"""Longer series are drawn as the mean of equal stretches."""


def curve(sync: SyncResult, key: str, title: str) -> str:
    """Mean distance at each shift, the minimum and the confidence marked.

    Args:
        sync: what was measured.
        key: makes ids unique on the page.
        title: of the plot, for those who cannot see it.
    """
    reach = len(sync.curve) // 2
    middle = sync.min_dist + sync.confidence  # of the calibration's shifts, whatever range was searched
    low = float(min(sync.curve.min(), middle))
    high = float(max(sync.curve.max(), middle, low + 0.1))
    ticks = ticks_around(low - 0.06 * (high - low), high)
    x, y = across(-reach, reach), down(ticks[0], ticks[-1])
    points = [(x(reach - k), y(float(value))) for k, value in enumerate(sync.curve)]
    best_x, best_y, middle_y = x(sync.offset_frames), y(sync.min_dist), y(middle)
    step = _shift_step(reach)
    shifts = [n for n in range(-reach, reach + 1) if n % step == 0]
    marks = [tick_x(x(n), number(n, 0, signed=True), number(n * MS_PER_FRAME, 0)) for n in shifts]
    to_left = best_x > WIDTH * 0.6
    far = LEFT + 4 if to_left else WIDTH - RIGHT
    beside, anchor = (best_x - 9, "end") if to_left else (best_x + 9, "start")
    parts = [
        grid(ticks, y),
        *marks,
        words(LEFT, HEIGHT - 4, "sound late", "start", "axis"),
        words((LEFT + WIDTH - RIGHT) / 2, HEIGHT - 4, "shift: frames, ms", "middle", "axis"),
        words(WIDTH - RIGHT, HEIGHT - 4, "sound early", "end", "axis"),
        words(4, 14, "mean distance", "start", "axis"),
        f'<line class="together" x1="{x(0):.1f}" x2="{x(0):.1f}" y1="{TOP}" y2="{HEIGHT - BOTTOM}"/>',
        f'<line class="dashed" x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{middle_y:.1f}" y2="{middle_y:.1f}"/>',
        f'<polyline class="series" points="{joined(points)}"/>',
        *[f'<circle class="dot" cx="{px:.1f}" cy="{py:.1f}" r="2"/>' for px, py in points],
        f'<line class="gap" x1="{best_x:.1f}" x2="{best_x:.1f}" y1="{middle_y:.1f}" y2="{best_y:.1f}"/>',
        words(far, middle_y - 5, "median", "start" if to_left else "end", "halo faint"),
        f'<circle class="best" cx="{best_x:.1f}" cy="{best_y:.1f}" r="5.5"/>',
        words(beside, (middle_y + best_y) / 2 + 4, f"confidence {number(sync.confidence)}", anchor, "halo"),
        words(beside, best_y + 5, f"{frames(sync.offset_frames)}, {number(sync.min_dist)}", anchor, "halo strong"),
    ]
    lag = milliseconds(sync.offset_frames)
    said = (
        f"Mean distance of lips and sound at shifts from {-reach} to {reach} frames. It is lowest, {sync.min_dist:.2f}, at "
        f"{sync.offset_frames} frames ({lag:.0f} ms). The median is {middle:.2f}, so the confidence is {sync.confidence:.2f}."
    )
    return svg(key, title, said, parts)


def framewise(sync: SyncResult, start: int, half: float | None, key: str, title: str) -> str:
    """Confidence as the track runs.

    Args:
        sync: what was measured.
        start: first frame of the track.
        half: confidence that gives a score of one half, where there is one for all tracks.
        key: makes ids unique on the page.
        title: of the plot, for those who cannot see it.
    """
    values = sync.framewise_confidence
    times, means, lows, highs = _thinned(values, (start + WINDOW_FRAMES / 2) / VIDEO_FPS)
    ticks = ticks_around(min(0.0, float(values.min())), max(2 * (half or 0.0), float(values.max())))
    seconds = ticks_around(times[0], max(times[-1], times[0] + 0.2), 6)
    seconds = [tick for tick in seconds if times[0] - 1e-6 <= tick <= times[-1] + 1e-6]
    x, y = across(times[0], max(times[-1], times[0] + 0.04)), down(ticks[0], ticks[-1])
    line = [(x(time), y(value)) for time, value in zip(times, means, strict=True)]
    area = [(line[0][0], y(0.0)), *line, (line[-1][0], y(0.0))]
    places = [x(time) for time in times]
    band = [*zip(places, map(y, highs), strict=True), *reversed(list(zip(places, map(y, lows), strict=True)))]
    digits = 0 if len(seconds) < 2 or seconds[1] - seconds[0] >= 1 else 1
    parts = [
        grid(ticks, y),
        *[tick_x(x(tick), _clock(tick, digits)) for tick in seconds],
        words((LEFT + WIDTH - RIGHT) / 2, HEIGHT - 4, "time in the video, s", "middle", "axis"),
        words(4, 14, "confidence", "start", "axis"),
        f'<polygon class="area" points="{joined(area)}"/>',
        f'<polygon class="band" points="{joined(band)}"/>' if len(values) > _MAX_POINTS else "",
        f'<polyline class="series" points="{joined(line)}"/>',
    ]
    said = (
        f"Confidence over {times[-1] - times[0]:.1f} s: from {values.min():.2f} to {values.max():.2f}, mean {values.mean():.2f}."
    )
    if half is not None:
        parts += [
            f'<line class="dashed" x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{y(half):.1f}" y2="{y(half):.1f}"/>',
            words(WIDTH - RIGHT, y(half) - 5, "score 0.5", "end", "halo"),
        ]
        said += f" {(values > half).mean():.0%} of the time above {half:.2f}, where the score would be 0.5."
    return svg(key, title, said, parts)


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


def _shift_step(reach: int) -> int:
    return next((step for step in (1, 2, 5, 10, 25) if reach / step <= 4), 50)


def _clock(seconds: float, digits: int) -> str:
    return f"{int(seconds) // 60}:{int(seconds) % 60:02d}" if seconds >= 100 else number(seconds, digits)
