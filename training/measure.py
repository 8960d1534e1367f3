"""How well embeddings find the offset: the figures that training watches and `evaluate` reports."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from lipgate.core.constants import VSHIFT
from lipgate.core.evaluation.figures import auc
from lipgate.core.sync.distances import SyncResult, pair_distances, search

SECOND = 21
"""Windows of five frames in a second."""

STRANGERS = 3
"""Sounds of others that a clip is tried with."""


@dataclass(frozen=True)
class Embedded:
    """Embeddings of one track."""

    name: str
    video: np.ndarray
    """float32 (n, width)."""
    audio: np.ndarray
    """float32 (m, width)."""
    lead: int
    """Rows of `audio` before the one that belongs to `video[0]`."""


COLLECTIONS = ("heads", "real")
"""Folders that hold sources and not the people of one."""


def source_of(name: str) -> str:
    """Where a clip comes from: its first folder (in a collection its first two) or, without one, what stands before `__`."""
    folders = name.split("/")[:-1]
    if not folders:
        return name.split("__", maxsplit=1)[0]
    return "/".join(folders[:2]) if folders[0] in COLLECTIONS else folders[0]


def offset(item: Embedded, start: int = 0, stop: int | None = None) -> int | None:
    """Measured offset of a stretch of a track; None where it cannot be told."""
    part = item.video[start:stop]
    result = search(pair_distances(part, item.audio, item.lead + start))
    return None if result is None else result.offset_frames


def exact_offset(item: Embedded) -> float | None:
    """Offset of a whole track to a fraction of a frame."""
    result = search(pair_distances(item.video, item.audio, item.lead))
    return None if result is None else result.offset


@dataclass(frozen=True)
class ClipFigures:
    """What was found on one clip."""

    name: str
    offset: int | None
    """Of the whole clip, in frames."""
    seconds: list[bool]
    """For each second: whether its offset is within one frame of the clip's."""
    windows: list[bool]
    """The same for single windows of five frames."""
    own: SyncResult | None
    """With its own sound."""
    foreign: list[SyncResult]
    """With the sound of other clips of the same source."""


def clip_figures(items: Sequence[Embedded], seed: int = 0) -> list[ClipFigures]:
    """Measure the clips of one source.

    A clip's own offset is the measured one where that is small (many recordings have one of their own), else zero.
    """
    rng = np.random.default_rng(seed)
    found = []
    for item in items:
        whole = offset(item)
        base = whole if whole is not None and abs(whole) <= 3 else 0
        parts = [offset(item, start, start + SECOND) for start in range(0, len(item.video) - SECOND, SECOND)]
        distances = pair_distances(item.video, item.audio, item.lead)
        full = distances[~np.isnan(distances).any(axis=1)]
        others = [other for _ in range(STRANGERS) if (other := items[int(rng.integers(len(items)))]).name != item.name]
        foreign = [search(pair_distances(item.video, other.audio, other.lead)) for other in others]
        found.append(
            ClipFigures(
                item.name,
                whole,
                [abs(part - base) <= 1 for part in parts if part is not None],
                (np.abs(VSHIFT - full.argmin(axis=1) - base) <= 1).tolist(),
                search(distances),
                [result for result in foreign if result is not None],
            )
        )
    return found


def figures(items: Sequence[Embedded], seed: int = 0) -> dict[str, float]:
    """Shares of right offsets over whole clips (within one frame of zero), 1 s and single windows; AUC of own sound.

    `auc` is that of the confidence, `auc_distance` that of min_dist.
    """
    clips = clip_figures(items, seed)
    own = [clip.own for clip in clips if clip.own is not None]
    foreign = [result for clip in clips for result in clip.foreign]
    offsets = [clip.offset for clip in clips if clip.offset is not None]
    return {
        "clips": len(items),
        "offset_clip": float(np.mean([clip.offset is not None and abs(clip.offset) <= 1 for clip in clips])),
        "offset_1s": _mean([hit for clip in clips for hit in clip.seconds]),
        "offset_window": _mean([hit for clip in clips for hit in clip.windows]),
        "auc": _auc([result.confidence for result in own], [result.confidence for result in foreign]),
        "auc_distance": _auc([-result.min_dist for result in own], [-result.min_dist for result in foreign]),
        "median_offset": float(np.median(offsets)) if offsets else float("nan"),
        "confidence": float(np.median([result.confidence for result in own])) if own else float("nan"),
        "confidence_foreign": float(np.median([result.confidence for result in foreign])) if foreign else float("nan"),
    }


def _mean(hits: list[bool]) -> float:
    return float(np.mean(hits)) if hits else float("nan")


def _auc(own: list[float], foreign: list[float]) -> float:
    return auc(own, foreign) if own and foreign else float("nan")
