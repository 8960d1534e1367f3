"""Natural offsets of recordings: what a network would otherwise take for zero."""

import csv
import json
from pathlib import Path

import numpy as np

from core.nets.mini import Mini
from training.embedding import embed
from training.measure import exact_offset
from training.track import Track

MAX_OFFSET = 3.0
"""Natural offsets of recordings are smaller than this, in frames; what is measured beyond is a failed measurement."""


def realign(net: Mini, training: list[Track], held_out: list[Track], reference: dict[str, float]) -> float:
    """Set each training recording's natural offset: the known one where `reference` has it, else what the network measures.

    A recording chain may delay its sound, and a network trained on it takes that delay for zero. The median difference to the
    known offsets of clips that it has not been trained on is this error; it is taken off what the network measures.

    Returns:
        The error in frames.
    """
    errors = [
        found - known
        for track in held_out
        if (known := reference.get(Path(track.name).name)) is not None
        and (found := exact_offset(embed(net, track))) is not None
        and abs(found - known) < MAX_OFFSET
    ]
    error = float(np.median(errors)) if errors else 0.0
    for track in training:
        known = reference.get(Path(track.name).name)
        found = exact_offset(embed(net, track)) if known is None else None
        measured = found - error if found is not None and abs(found - error) < MAX_OFFSET else 0.0
        track.offset = measured if known is None else known
    return error


def read_reference(table: Path) -> dict[str, float]:
    """File name to known offset in frames, of clips with one track. CSV columns: file, offsets_per_track."""
    with table.open(newline="") as file:
        rows = [(row["file"], json.loads(row["offsets_per_track"])) for row in csv.DictReader(file)]
    return {name: float(offsets[0]) for name, offsets in rows if len(offsets) == 1 and abs(offsets[0]) < MAX_OFFSET}
