"""Pieces of plots as inline SVG: axes, words, lines. All plots have one size and one frame."""

import math
from collections.abc import Callable, Sequence

from lipgate.desktop.report.words import number, text

WIDTH, HEIGHT = 480, 280
LEFT, RIGHT, TOP, BOTTOM = 52, 14, 30, 50
"""Margins of the frame, in the units of the picture."""

Scale = Callable[[float], float]
"""From a value to a place in the picture."""


def ticks_around(low: float, high: float, count: int = 5) -> list[float]:
    """Round numbers that enclose low .. high."""
    rough = max(high - low, 1e-3) / count
    power = 10.0 ** math.floor(math.log10(rough))
    step = next(power * factor for factor in (1, 2, 5, 10) if power * factor >= rough * 0.999)
    first, last = math.floor(low / step + 1e-9), math.ceil(high / step - 1e-9)
    return [round(n * step, 6) for n in range(first, max(last, first + 1) + 1)]


def across(low: float, high: float) -> Scale:
    """low .. high from left to right."""
    return lambda value: LEFT + (value - low) / (high - low) * (WIDTH - LEFT - RIGHT)


def down(low: float, high: float) -> Scale:
    """low .. high from the bottom up."""
    return lambda value: HEIGHT - BOTTOM - (value - low) / (high - low) * (HEIGHT - TOP - BOTTOM)


def grid(ticks: Sequence[float], y: Scale) -> str:
    """Horizontal lines with their numbers at the left."""
    digits = max(0, -math.floor(math.log10(ticks[1] - ticks[0]) + 1e-9))
    lines = [f'<line class="grid" x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{y(tick):.1f}" y2="{y(tick):.1f}"/>' for tick in ticks]
    return "".join([*lines, *[words(LEFT - 7, y(tick) + 4, number(tick, digits), "end", "tick") for tick in ticks]])


def tick_x(x: float, *lines: str) -> str:
    """A mark on the horizontal axis, with lines of words under it."""
    base = HEIGHT - BOTTOM
    stroke = f'<line class="grid" x1="{x:.1f}" x2="{x:.1f}" y1="{base}" y2="{base + 4}"/>'
    return stroke + "".join(
        words(x, base + 16 + 13 * i, line, "middle", "tick" if i == 0 else "tick faint") for i, line in enumerate(lines)
    )


def words(x: float, y: float, said: str, anchor: str, style: str) -> str:
    """Words; `anchor` is start, middle or end."""
    return f'<text class="{style}" x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}">{text(said)}</text>'


def joined(points: Sequence[tuple[float, float]]) -> str:
    """Points as a polyline or polygon takes them."""
    return " ".join(f"{x:.1f},{y:.1f}" for x, y in points)


def svg(key: str, title: str, said: str, parts: Sequence[str]) -> str:
    """The whole picture.

    Args:
        key: makes ids unique on the page.
        title: of the plot, for those who cannot see it.
        said: what it shows, for the same.
        parts: what is drawn, later ones on top.
    """
    return (
        f'<svg class="plot" role="img" viewBox="0 0 {WIDTH} {HEIGHT}" aria-labelledby="{key}-t {key}-d">'
        f'<title id="{key}-t">{text(title)}</title><desc id="{key}-d">{text(said)}</desc>{"".join(parts)}</svg>'
    )
