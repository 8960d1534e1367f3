"""How well embeddings find the offset: the figures that training watches and `evaluate` reports."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from core.constants import VSHIFT
from core.sync.distances import pair_distances, search
from desktop.evaluation.figures import auc


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


def source_of(name: str) -> str:
    """Where a clip comes from: its first folder or, without one, what stands before `__` in its name."""
    return name.split("/", maxsplit=1)[0] if "/" in name else name.split("__", maxsplit=1)[0]


def offset(item: Embedded, start: int = 0, stop: int | None = None) -> int | None:
    """Measured offset of a stretch of a track; None where it cannot be told."""
    part = item.video[start:stop]
    result = search(pair_distances(part, item.audio, item.lead + start))
    return None if result is None else result.offset_frames


def exact_offset(item: Embedded) -> float | None:
    """Offset of a whole track to a fraction of a frame: the vertex of the parabola through the least distance."""
    result = search(pair_distances(item.video, item.audio, item.lead))
    if result is None:
        return None
    best = VSHIFT - result.offset_frames
    if not 0 < best < 2 * VSHIFT:
        return float(result.offset_frames)
    before, least, after = result.curve[best - 1 : best + 2]
    return float(result.offset_frames - 0.5 * (before - after) / (before - 2 * least + after))


def confidence(video: Embedded, sound: Embedded) -> float | None:
    """Confidence of one track's picture with the sound of another."""
    result = search(pair_distances(video.video, sound.audio, sound.lead))
    return None if result is None else result.confidence


def figures(items: Sequence[Embedded], seed: int = 0) -> dict[str, float]:
    """Shares of right offsets (within one frame of the clip's own) over whole clips, 1 s and single windows; AUC of own sound.

    The clip's own offset is the measured one where that is small (many recordings have one of their own).
    """
    rng = np.random.default_rng(seed)
    own = [offset(item) for item in items]
    whole = [found is not None and abs(found) <= 1 for found in own]
    seconds, windows = [], []
    for item, found in zip(items, own, strict=True):
        base = found if found is not None and abs(found) <= 3 else 0
        for start in range(0, len(item.video) - 21, 21):
            part = offset(item, start, start + 21)
            if part is not None:
                seconds.append(abs(part - base) <= 1)
        distances = pair_distances(item.video, item.audio, item.lead)
        full = distances[~np.isnan(distances).any(axis=1)]
        windows.extend(np.abs(VSHIFT - full.argmin(axis=1) - base) <= 1)
    pairs = [(item, items[int(rng.integers(len(items)))]) for item in items for _ in range(3)]
    genuine = [value for item in items if (value := confidence(item, item)) is not None]
    foreign = [value for one, other in pairs if one is not other and (value := confidence(one, other)) is not None]
    return {
        "clips": len(items),
        "offset_clip": float(np.mean(whole)),
        "offset_1s": float(np.mean(seconds)) if seconds else float("nan"),
        "offset_window": float(np.mean(windows)) if windows else float("nan"),
        "auc": auc(genuine, foreign) if genuine and foreign else float("nan"),
        "median_offset": float(np.median([found for found in own if found is not None])),
        "confidence": float(np.median(genuine)),
        "confidence_foreign": float(np.median(foreign)) if foreign else float("nan"),
    }
