"""Looks whether a mouth can be seen: a track whose mouth is behind a mask or a hand cannot be judged."""

import numpy as np

from lipgate.core.faces.track import TrackPiece
from lipgate.core.runtime import Network

STRIDE = 5
"""Every so many frames one is looked at."""

HIDDEN_PROBABILITY = 0.6
"""More than a half: to send a person back who could be judged costs more than a look that tells nothing."""


class VisibilityMeter:
    """Watches one face track and counts the looks at which its mouth was hidden."""

    def __init__(self, network: Network) -> None:
        """Args: network: the branch `covered` of `lipgate.core.nets.visibility`."""
        self._network = network
        self._looks = 0
        self._hidden = 0

    def feed(self, piece: TrackPiece, mouths: np.ndarray) -> None:
        """Look at the next piece of the track.

        Args:
            piece: says where it begins, and where the face was seen.
            mouths: its crops as `lipgate.core.faces.mouth` cuts them, uint8 (n, 64, 64).
        """
        # Counted from the beginning of the video, so that the pieces need not be of any length.
        looked = range(-piece.start % STRIDE, len(mouths), STRIDE)
        picked = [row for row in looked if piece.seen is None or piece.seen[row]]
        if not picked:
            return
        [covered] = self._network(crops=mouths[picked].astype(np.float32))
        self._looks += len(covered)
        self._hidden += int((covered > HIDDEN_PROBABILITY).sum())

    @property
    def hidden_share(self) -> float:
        """Share of the looks at which the mouth was hidden, 0 to 1; 0 before the first look."""
        return self._hidden / self._looks if self._looks else 0.0
