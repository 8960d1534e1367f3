"""The sync network in an attacker's hands: it is shipped, so whoever forges a video may ask it what fits."""

from functools import cache

import numpy as np

from lipgate.core.constants import SAMPLES_PER_FRAME
from lipgate.core.models import Models
from lipgate.core.sync.model import SyncModel
from training.attacks.footage import Footage


def seen(clip: Footage) -> np.ndarray:
    """Embeddings of a clip's mouths, float32 (windows, width), unit vectors."""
    return embedded(_network().crop(list(clip.frames), clip.boxes, clip.landmarks))


def embedded(crops: np.ndarray) -> np.ndarray:
    """Embeddings of mouths, uint8 (n, 64, 64): float32 (windows, width), unit vectors."""
    return _unit(_network().embed_video(crops))


def heard(sound: np.ndarray) -> np.ndarray:
    """Embeddings of a sound, int16 (n,): float32 (windows, width), unit vectors."""
    frames = len(sound) // SAMPLES_PER_FRAME
    return _unit(_network().listen(_Pool(sound)).embed(0, frames))


def apart(one: np.ndarray, other: np.ndarray) -> np.ndarray:
    """Distances of unit vectors, (n, width) and (m, width): float (n, m), 0 to 2."""
    return np.sqrt(np.maximum(2.0 - 2.0 * one @ other.T, 0.0))


class _Pool:
    """A sound that is all there, as `core.sync.ear.Samples`."""

    def __init__(self, samples: np.ndarray) -> None:
        self._samples = samples

    def window(self, start: int, stop: int) -> np.ndarray:
        """The samples of some frames."""
        return self._samples[start * SAMPLES_PER_FRAME : stop * SAMPLES_PER_FRAME]

    def reach(self, stop: int) -> int:
        """`stop`, or where the sound ends."""
        return min(stop, len(self._samples) // SAMPLES_PER_FRAME)


def _unit(vectors: np.ndarray) -> np.ndarray:
    return vectors / np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-9)


@cache
def _network() -> SyncModel:
    return Models.load(device="cpu").sync
