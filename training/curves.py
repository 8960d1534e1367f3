"""Curves of a run: `python -m training.curves training/mini.log.jsonl curves.svg` draws those of a finished one."""

import json
import sys
from collections import defaultdict
from pathlib import Path

FIGURES = {
    "offset_clip": "clip within one frame",
    "offset_1s": "1 s within one frame",
    "offset_window": "window within one frame",
    "auc": "own against other sound (AUC)",
}
"""Validation figures that are drawn, with their names in the legend."""

Points = list[tuple[int, float]]


def read_log(log: Path) -> tuple[Points, dict[str, dict[str, Points]]]:
    """Points of (step, value): of the loss, and for each source and figure of the validation."""
    rows = [json.loads(line) for line in log.read_text().splitlines()]
    loss = [(row["step"], row["loss"]) for row in rows if "loss" in row]
    sources: dict[str, dict[str, Points]] = defaultdict(lambda: defaultdict(list))
    for row in rows:
        for source, values in row.get("validation", {}).items():
            for figure in FIGURES:
                sources[source][figure].append((row["step"], values[figure]))
    return loss, sources


def write_curves(log: Path, target: Path) -> None:
    """Draw loss and validation figures of a run's log into a picture (SVG or PNG, by its name)."""
    from matplotlib.figure import Figure

    loss, sources = read_log(log)
    page = Figure(figsize=(5 * (1 + len(sources)), 3.6), layout="constrained")
    axes = page.subplots(1, 1 + len(sources), squeeze=False)[0]
    axes[0].plot(*zip(*loss, strict=True), color="tab:gray") if loss else None
    axes[0].set(title="Loss in training", xlabel="step")
    for axis, (source, figures) in zip(axes[1:], sources.items(), strict=True):
        for (figure, points), style in zip(figures.items(), ("o-", "s--", "^-.", "x:"), strict=True):
            axis.plot(*zip(*points, strict=True), style, label=FIGURES[figure], markersize=4)
        axis.set(title=f"Held-out people: {source}", xlabel="step", ylim=(0, 1.02))
        axis.grid(alpha=0.3)
    if sources:
        axes[-1].legend(fontsize="small", loc="lower right")
    page.savefig(target)


if __name__ == "__main__":
    write_curves(Path(sys.argv[1]), Path(sys.argv[2]))
