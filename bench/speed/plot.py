"""Cost over length. Both axes are logarithmic, so that a tenth of a second and ten minutes can be read from one picture."""

from importlib.util import find_spec
from pathlib import Path

from bench.speed.results import Results

_MARKS = "osD^vPX"
"""Contenders differ in shape, too, never in colour alone."""


def can_draw() -> bool:
    """Whether matplotlib is there; the extra `training` brings it."""
    return find_spec("matplotlib") is not None


def draw(results: Results, target: Path) -> bool:
    """Draw what was measured and the straight lines through it.

    Args:
        results: of a run.
        target: picture; its suffix chooses the kind (.png, .svg).

    Returns:
        False where nothing was measured at two lengths, and nothing was written.
    """
    lengths = {case.name: case.seconds for case in results.cases if case.by_length}
    points: dict[str, list[tuple[float, float]]] = {}
    for item in results.measurements:
        if item.case in lengths and item.seconds is not None:
            points.setdefault(item.contender, []).append((lengths[item.case], item.seconds))
    points = {name: sorted(found) for name, found in points.items() if len(found) > 1}
    if not points:
        return False
    from matplotlib.figure import Figure

    page = Figure(figsize=(8, 5), layout="constrained")
    axis = page.subplots()
    fitted = {item.contender: item for item in results.lines()}
    for number, (name, found) in enumerate(points.items()):
        mark = _MARKS[number % len(_MARKS)]
        (drawn,) = axis.plot(*zip(*found, strict=True), mark, label=name)
        line = fitted.get(name)
        costs = [cost if line is None else line.fixed_s + line.per_video_second_s * length for length, cost in found]
        axis.plot([length for length, _ in found], costs, color=drawn.get_color(), linewidth=1)
    ends = [min(length for length in lengths.values()), max(length for length in lengths.values())]
    axis.plot(ends, ends, color="tab:gray", linestyle=":", label="real time")
    axis.set(xscale="log", yscale="log", xlabel="length of the video, s", ylabel="time it takes, s", title="Cost over length")
    axis.grid(visible=True, which="both", alpha=0.2)
    axis.legend(fontsize="small")
    page.savefig(target)
    return True
