"""Sees paint on a face that is drawn anew in every picture.

Whoever has the sync network can ask its gradient what it wants to see, and lay that on a mouth: a few grey levels that nobody
misses in one picture. They are other ones in the next, and skin is not: what a picture has that neither the one before nor the
one after it has, and no motion explains, is the grain of the camera and the traces of the codec. Those lie on all of the
picture alike, and paint lies around the mouth.
"""

import numpy as np

from lipgate.core.constants import VIDEO_FPS
from lipgate.core.faces.mouth import View, cut_view
from lipgate.core.faces.track import TrackPiece
from lipgate.core.opencv import cv2
from lipgate.core.presence.findings import Code, Finding
from lipgate.core.presence.motion import follow, within
from lipgate.core.sync.growing import Growing

VIEW = View(width=96, height=72, pixels_per_unit=1.5, mouth_x=48.0, mouth_y=44.5)
"""What the sync network sees, and around it what it does not see."""

FEWEST = 40
"""Pairs of pictures that are needed to tell."""

LIMIT = 1.0
"""Flicker of the cheeks, relative to that of what lies around, from which on it is told. Of 322 filmed tracks the highest has
0.54, of 289 generated ones 0.76 (training/EXPERIMENTS.md)."""

_CHEEKS = ((-1.7, 15.7, -20.0, -12.0), (-1.7, 15.7, 12.0, 20.0))
"""Left and right of mouth and chin: top, bottom, left and right in units. Lips that speak are not looked at."""

_AROUND = ((-28.3, -21.7, -16.0, 16.0), (-1.7, 15.7, -30.7, -24.0), (-1.7, 15.7, 24.0, 30.7))
"""Below the eyes, and beside the face."""

_USUAL = 0.5
"""Grey levels that may flicker anywhere without being told."""


class FlickerMeter:
    """Watches one face track."""

    def __init__(self) -> None:
        self._last = np.empty((0, VIEW.height, VIEW.width), np.float32)
        self._rests: list[np.ndarray] | None = None
        self._pairs = Growing(len(_CHEEKS) + len(_AROUND))

    def feed(self, piece: TrackPiece) -> None:
        """Look at the next piece of the track, with its pictures."""
        self.look(cut_view(piece.images, piece.landmarks, VIEW))

    def look(self, crops: np.ndarray) -> None:
        """Look at the next crops, at least one, uint8 (n, 72, 96) grey as `VIEW` says."""
        soft = [cv2.GaussianBlur(crop, (0, 0), 1.2) for crop in crops.astype(np.float32)]
        pictures = np.concatenate([self._last, np.stack(soft)])
        self._last = pictures[-2:]
        if len(pictures) < 3:
            return
        rests = [_rest(within(pictures, place, VIEW)) for place in (*_CHEEKS, *_AROUND)]
        if self._rests:
            rests = [np.concatenate(pair) for pair in zip(self._rests, rests, strict=True)]
        self._rests = [rest[-1:] for rest in rests]
        self._pairs.add(np.stack([(rest[1:] * rest[:-1]).mean(axis=1) for rest in rests], axis=1))

    @property
    def levels(self) -> tuple[float, float] | None:
        """Grey levels drawn anew in every picture, on the stiller cheek and around the face; None after too few pictures."""
        if len(self._pairs) < FEWEST:
            return None
        # Of values that are new in each picture, the rests of neighbours have minus their variance in common; of what moves, or
        # comes and goes slowly, they have nothing or more than that.
        found = np.sqrt(np.maximum(0.0, -np.median(self._pairs.array, axis=0)))
        return float(found[: len(_CHEEKS)].min()), float(np.median(found[len(_CHEEKS) :]))

    def findings(self, start: int) -> tuple[Finding, ...]:
        """What was noticed of the whole track.

        Args:
            start: its first frame.
        """
        if self.levels is None:
            return ()
        cheek, around = self.levels
        flicker = cheek / (around + _USUAL)
        if flicker <= LIMIT:
            return ()
        words = f"Beside the mouth {cheek:.1f} grey levels are drawn anew in every picture, around the face {around:.1f}."
        stop = start + len(self._pairs) + 3
        return (Finding(Code.FLICKERS, start / VIDEO_FPS, stop / VIDEO_FPS, flicker, LIMIT, True, words),)


def _rest(pictures: np.ndarray) -> np.ndarray:
    """What a place has in a picture and not in its neighbours, and no motion explains: (n, ...) -> float32 (n - 2, pixels)."""
    middle = pictures[1:-1]
    return follow(middle, middle - (pictures[:-2] + pictures[2:]) / 2)[1]
