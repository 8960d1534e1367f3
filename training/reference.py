"""What the official SyncNet measured on clips that we have too: where zero lies, and the scale its users know."""

import csv
import json
import math
from pathlib import Path

import numpy as np

from lipgate.core.sync.distances import pair_distances, search
from training.measure import Embedded

MAX_OFFSET = 3.0
"""Natural offsets of recordings are smaller than this, in frames; what is measured beyond is a failed measurement."""


def read_reference(table: Path) -> dict[str, float]:
    """File name to known offset in frames, of clips with one track. CSV columns: file, offsets_per_track."""
    with table.open(newline="") as file:
        rows = [(row["file"], json.loads(row["offsets_per_track"])) for row in csv.DictReader(file)]
    return {name: float(offsets[0]) for name, offsets in rows if len(offsets) == 1 and abs(offsets[0]) < MAX_OFFSET}


def read_distances(table: Path) -> dict[str, tuple[float, float]]:
    """File name to confidence and min_dist, from a CSV with columns file, confidence, min_dist."""
    with table.open(newline="") as file:
        return {row["file"]: (float(row["confidence"]), float(row["min_dist"])) for row in csv.DictReader(file)}


def reference_length(items: list[Embedded], known: dict[str, tuple[float, float]]) -> float:
    """Length of the embeddings that brings distances and confidences nearest to those SyncNet measured on the same clips.

    One factor scales both; it is the geometric mean of what each alone would ask for.

    Args:
        items: tracks embedded with length 1.
        known: what the official SyncNet measured on some of these clips.
    """
    pairs = []
    for item in items:
        result = search(pair_distances(item.video, item.audio, item.lead))
        name = Path(item.name).name
        if result and name in known:
            pairs.append((known[name][0], result.confidence, known[name][1], result.min_dist))
    if not pairs:
        return 1.0
    their_confidence, our_confidence, their_distance, our_distance = np.median(np.array(pairs), axis=0)
    return math.sqrt(their_confidence / our_confidence * their_distance / our_distance)


def compare(items: list[Embedded], known: dict[str, tuple[float, float]]) -> dict[str, float]:
    """Medians of both networks on the clips that both measured, and the rank correlation of their confidences (Spearman)."""
    pairs = []
    for item in items:
        result = search(pair_distances(item.video, item.audio, item.lead))
        name = Path(item.name).name
        if result and name in known:
            pairs.append((result.confidence, result.min_dist, *known[name]))
    ours, our_distance, theirs, their_distance = np.array(pairs).reshape(-1, 4).T
    return {
        "clips": len(pairs),
        "confidence": float(np.median(ours)),
        "syncnet_confidence": float(np.median(theirs)),
        "min_dist": float(np.median(our_distance)),
        "syncnet_min_dist": float(np.median(their_distance)),
        "rank_correlation": float(np.corrcoef(_ranks(ours), _ranks(theirs))[0, 1]),
    }


def _ranks(values: np.ndarray) -> np.ndarray:
    return values.argsort().argsort()
