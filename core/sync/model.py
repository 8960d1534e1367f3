"""What a sync model must be able to do. Implementations: `mini`, `syncnet`."""

from collections.abc import Sequence
from typing import Protocol

import numpy as np

from lipgate.core.picture import Picture
from lipgate.core.sync.ear import Ear, OnStates, Samples


class SyncModel(Protocol):
    """Embeds mouth crops and sound into one space, where what belongs together lies close."""

    name: str

    video_context: int
    """Frames beyond its own five that an embedding of pictures may depend on, at each side. A long track is embedded in chunks
    that overlap by this much, so that the seams cannot be seen."""

    sound_context: int
    """Frames of sound before a window that may be needed to embed it; so much is kept for faces that are still to come."""

    chunk_frames: int
    """Frames that are embedded at a time; bounds the memory."""

    zero_padded: bool
    """True: embeddings of sound outside the track count as zero vectors (the reference). False: only pairs that exist count."""

    crops_mouths: bool
    """Whether `crop` gives what `lipgate.core.faces.mouth` cuts, 64 pixels wide: others may look at the same crops."""

    def crop(self, frames: Sequence[Picture], boxes: np.ndarray, landmarks: np.ndarray) -> np.ndarray:
        """Cut what the network sees out of full frames.

        Args:
            frames: n pictures.
            boxes: float32 (n, 4), smoothed left, top, right, bottom.
            landmarks: float32 (n, 5, 2), smoothed; order as in `lipgate.core.faces.detection`.

        Returns:
            uint8 (n, side, side) grey or (n, side, side, 3) BGR.
        """
        ...

    def embed_video(self, crops: np.ndarray) -> np.ndarray:
        """n crops (n >= 5) to float32 (n - 4, width): one embedding for each window of five frames."""
        ...

    def listen(self, sound: Samples, on_states: OnStates | None = None) -> Ear:
        """The sound of a clip as this model hears it.

        Args:
            sound: of the clip.
            on_states: told what the encoder heard, of models that have one.
        """
        ...
