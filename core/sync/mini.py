"""`mini`, the embedded sync model: grey mouth crops, and sound as Whisper's encoder hears it."""

from collections.abc import Sequence

import numpy as np

from lipgate.core.faces import mouth
from lipgate.core.picture import Picture
from lipgate.core.runtime import Device, Network, open_meanwhile, open_network
from lipgate.core.sync.ear import GridEar, OnStates, Samples
from lipgate.core.sync.whisper import CORE_FRAMES, MARGIN_FRAMES
from lipgate.core.weights.bundle import Bundle


class MiniModel:
    """Implements `lipgate.core.sync.model.SyncModel` with the networks of `lipgate.core.nets.mini`."""

    name = "mini"
    zero_padded = False
    crops_mouths = True
    video_context = 5
    """Windows at each side that the convolutions over time see: the sum of `lipgate.core.nets.mini.DILATIONS`."""
    sound_context = CORE_FRAMES + MARGIN_FRAMES
    chunk_frames = 250

    def __init__(self, video: Network, audio: Network, encoder: Network) -> None:
        """Wrap the two branches of `lipgate.core.nets.mini.Mini` and the encoder whose states the second takes."""
        self._video = video
        self._audio = audio
        self._encoder = encoder

    @classmethod
    def load(cls, bundle: Bundle, encoder: Bundle, device: Device, threads: int = 0) -> "MiniModel":
        """Open the embedded weights.

        Args:
            bundle: of `mini`.
            encoder: of `whisper`.
            device: where the branches run. The encoder exists as ONNX only and runs on the CPU.
            threads: CPU threads; 0 means one per core.

        Raises:
            WeightsError: weights_missing, weights_mismatch.
        """
        states = open_meanwhile(encoder, "states", threads)
        video, audio = (open_network(bundle, branch, device, threads) for branch in ("video", "audio"))
        return cls(video, audio, states)

    def crop(self, frames: Sequence[Picture], boxes: np.ndarray, landmarks: np.ndarray) -> np.ndarray:  # noqa: ARG002
        """See `SyncModel.crop`. Returns uint8 (n, 64, 64), grey; the boxes are not used."""
        return mouth.cut(frames, landmarks, mouth.SIDE)

    def embed_video(self, crops: np.ndarray) -> np.ndarray:
        """uint8 (n, 64, 64), n >= 5, to float32 (n - 4, 128)."""
        return self._video(crops=crops[None].astype(np.float32))[0][0]

    def listen(self, sound: Samples, on_states: OnStates | None = None) -> GridEar:
        """See `SyncModel.listen`."""
        return GridEar(sound, self._encoder, self._audio, on_states)
