"""`mini`, the embedded sync model: grey mouth crops and log-mel features."""

import numpy as np

from lipgate.core.faces import mouth
from lipgate.core.runtime import Device, Network, open_network
from lipgate.core.sync.logmel import LEVEL_COLUMNS, logmel
from lipgate.core.weights.bundle import Bundle

SIDE = 64
"""Height and width of a crop, in pixels."""

_TEMPORAL_FRAMES = 5
"""Windows at each side that the networks' convolutions over time see."""

_LEVEL_FRAMES = -(-LEVEL_COLUMNS // 4)


class MiniModel:
    """Implements `lipgate.core.sync.model.SyncModel` with the networks of `lipgate.core.nets.mini`."""

    name = "mini"
    zero_padded = False
    video_context = _TEMPORAL_FRAMES
    audio_context = _LEVEL_FRAMES + _TEMPORAL_FRAMES + 2
    chunk_frames = 250

    def __init__(self, video: Network, audio: Network) -> None:
        """Wrap the two branches of `lipgate.core.nets.mini.Mini`."""
        self._video = video
        self._audio = audio

    @classmethod
    def load(cls, bundle: Bundle, device: Device, threads: int = 0) -> "MiniModel":
        """Open the embedded weights.

        Raises:
            WeightsError: weights_missing, weights_mismatch.
        """
        return cls(open_network(bundle, "video", device, threads), open_network(bundle, "audio", device, threads))

    def crop(self, frames: list[np.ndarray], boxes: np.ndarray, landmarks: np.ndarray) -> np.ndarray:  # noqa: ARG002
        """See `SyncModel.crop`. Returns uint8 (n, 64, 64), grey; the boxes are not used."""
        return mouth.cut(frames, landmarks, SIDE)

    def embed_video(self, crops: np.ndarray) -> np.ndarray:
        """uint8 (n, 64, 64), n >= 5, to float32 (n - 4, 128)."""
        return self._video(crops=crops[None].astype(np.float32))[0][0]

    def embed_audio(self, samples: np.ndarray) -> np.ndarray:
        """int16 (n * 640,), n >= 5, to float32 (n - 4, 128)."""
        return self._audio(features=logmel(samples)[None])[0][0]
