"""Watches one face track for what no camera films: a mouth that was laid over it, paint that flickers around it."""

import math

from lipgate.core.faces.track import TrackPiece
from lipgate.core.presence.findings import Finding
from lipgate.core.presence.flicker import FlickerMeter
from lipgate.core.presence.seam import SeamMeter


class FaceMeter:
    """Fed with all pieces of one track, in order."""

    def __init__(self, most: int | None = None) -> None:
        """Args: most: pictures that are looked at for paint; None: all. Films are long, and nobody paints them."""
        self._seam = SeamMeter()
        self._flicker = FlickerMeter()
        self._left = math.inf if most is None else most

    def feed(self, piece: TrackPiece) -> None:
        """Look at the next piece."""
        if piece.images:
            self._seam.feed(piece)
            if self._left > 0:
                self._flicker.feed(piece)
                self._left -= len(piece.images)

    def findings(self, start: int, most_shaking: float) -> tuple[Finding, ...]:
        """What was noticed of the whole track.

        Args:
            start: its first frame.
            most_shaking: see `SeamMeter.findings`.
        """
        return (*self._seam.findings(start, most_shaking), *self._flicker.findings(start))
