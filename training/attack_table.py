"""The model card's tables of attacks and genuine clips, from what `lipgate evaluate --json` wrote.

    python -m training.attack_table evaluation.json

Species come from the manifest's column of that name, sources of genuine clips from its column `group`.
"""

import argparse
import json
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from training.attacks.species import species

_POINTS = ("0.01", "0.05", "0.1")


def attack_tables(document: dict[str, Any]) -> str:
    """Markdown: what was tested, APCER by species with the worst first, BPCER by source, what is not claimed.

    Args:
        document: of `lipgate evaluate --json`.

    Raises:
        KeyError: it is none, or one without a header.
    """
    parts = [_header(document["header"]), _attacks(document["attacks"])]
    if document["bona_fide"]:
        parts.append(_genuine(document["bona_fide"], document["comparisons"].get("group")))
    return "\n\n".join([*parts, document["claim"]]) + "\n"


def _header(header: dict[str, Any]) -> str:
    model, thresholds = header["model"], header["thresholds"]
    return (
        f"Version {header['version']}, `{model['name']}` {model['version']} (`{model['sha256'][:12]}`), ALLOW from a score of "
        f"{thresholds['allow']:.4g}, NEXT from {thresholds['next']:.4g}, profile {header['profile']}, {header['date'][:10]}. An "
        "attack is accepted where it is ALLOWed; a genuine clip that is not counts as refused."
    )


def _attacks(attacks: dict[str, Any]) -> str:
    # Where more genuine clips are refused than that for other reasons than their score, no threshold has such a rate.
    points = [point for point in _POINTS if any(one["apcer_at_bpcer"][point] for one in attacks["species"])]
    rows = [
        [
            _described(one["species"]),
            _training(one["species"]),
            f"{one['apcer']['trials']} / {one['apcer']['persons']}",
            _rate(one["apcer"]),
            _rate(one["apnrr"], interval=False),
            *(_rate(one["apcer_at_bpcer"][point], interval=False) for point in points),
        ]
        for one in attacks["species"]
    ]
    heads = ["attack", "training", "attacks / persons", "APCER (95 %)", "APNRR"]
    return _table([*heads, *(f"at BPCER {100 * float(point):g} %" for point in points)], rows)


def _genuine(bona_fide: dict[str, Any], sources: dict[str, Any] | None) -> str:
    found = [("all", bona_fide)]
    found += [(row["value"] or "others", row) for row in (sources["rows"] if sources else []) if row["bpcer"]]
    rows = [
        [name, f"{one['bpcer']['trials']} / {one['bpcer']['persons']}", _rate(one["bpcer"]), _rate(one["bpnrr"], interval=False)]
        for name, one in found
    ]
    return _table(["genuine clips", "clips / persons", "BPCER (95 %)", "BPNRR"], rows)


def _described(name: str) -> str:
    return f"`{name}`: {species[name].words}" if name in species else f"`{name}`"


def _training(name: str) -> str:
    """What is not among the factory's species cannot have been trained on."""
    return "trained" if name in species and species[name].trained else "held out"


def _rate(rate: dict[str, Any] | None, *, interval: bool = True) -> str:
    """In per cent; where nothing was hit, what it is at most by the rule of three."""
    if rate is None:
        return "-"
    said = f"{100 * rate['value']:.1f} %"
    if not interval:
        return said
    if rate["at_most"] is not None:
        return f"0 of {rate['trials']} (at most {100 * rate['at_most']:.1f} %)"
    return said if rate["low"] is None else f"{said} ({100 * rate['low']:.1f}-{100 * rate['high']:.1f})"


def _table(heads: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    return "\n".join(_lines(heads, rows))


def _lines(heads: Sequence[str], rows: Sequence[Sequence[str]]) -> Iterator[str]:
    yield f"| {' | '.join(heads)} |"
    yield f"|{'---|' * len(heads)}"
    for row in rows:
        # A bar would end the cell: names are those of a manifest.
        yield f"| {' | '.join(cell.replace('|', '/') for cell in row)} |"


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description="Print the model card's tables from a file of `lipgate evaluate --json`.")
    parser.add_argument("evaluation", type=Path, metavar="EVALUATION.json")
    path = parser.parse_args().evaluation
    sys.stdout.write(attack_tables(json.loads(path.read_text(encoding="utf-8"))))


if __name__ == "__main__":
    main()
