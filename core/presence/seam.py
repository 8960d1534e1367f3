"""Feels whether a mouth sits in its face, or was laid over it.

Whoever lays the mouth of another picture over a face puts it there anew in every picture, by landmarks that tremble by a part of
a pixel. The skin below the nose then shakes against the nose, and in a filmed face it does so hardly more than the nose does
against the cheeks, whatever the camera, the codec and the landmarks do to all of them.
"""

import numpy as np

from lipgate.core.constants import VIDEO_FPS
from lipgate.core.faces.mouth import View, cut_view
from lipgate.core.faces.track import TrackPiece
from lipgate.core.opencv import cv2
from lipgate.core.presence.findings import Code, Finding
from lipgate.core.presence.motion import follow, within
from lipgate.core.sync.growing import Growing

VIEW = View(width=128, height=48, pixels_per_unit=3.0, mouth_x=64.0, mouth_y=57.0)
"""From the nose to the upper lip, twice as fine as the crops of the networks: trembling is a matter of parts of a pixel."""

FEWEST = 40
"""Pairs of pictures that are needed to tell."""

_LIP, _NOSE = (-10.5, -4.5, -10.0, 10.0), (-19.0, -13.5, -9.0, 9.0)
_CHEEKS = ((-19.0, -13.0, -21.0, -11.0), (-19.0, -13.0, 11.0, 21.0))
"""Skin above the upper lip, the nose above the usual border of a laid-over mouth, and the cheeks beside it: top, bottom, left and
right around the middle of the mouth, in the units of `lipgate.core.faces.mouth.UNITS`."""

_USUAL = 0.3
"""Pixels by which all places of a filmed face may be seen to shake without being told, added to what nose and cheeks do."""

_KEPT = 0.7
"""Share of the pictures that count, those that shake least: a turn of the head, a cut that was missed are no trembling."""


class SeamMeter:
    """Watches one face track."""

    def __init__(self) -> None:
        self._last: np.ndarray | None = None
        self._moves = Growing(4)

    def feed(self, piece: TrackPiece) -> None:
        """Look at the next piece of the track, with its pictures."""
        self.look(cut_view(piece.images, piece.landmarks, VIEW))

    def look(self, crops: np.ndarray) -> None:
        """Look at the next crops, at least one, uint8 (n, 48, 128) grey as `VIEW` says."""
        soft = np.stack([cv2.GaussianBlur(crop, (0, 0), 1.0) for crop in crops.astype(np.float32)])
        if self._last is not None:
            soft = np.concatenate([self._last[None], soft])
        self._last = soft[-1]
        if len(soft) < 2:
            return
        lip, nose, left, right = (_moves(soft, place) for place in (_LIP, _NOSE, *_CHEEKS))
        self._moves.add(np.concatenate([lip - nose, nose - (left + right) / 2], axis=1))

    @property
    def shaking(self) -> float | None:
        """How much the lip shakes against the nose, against what nose and cheeks do; None after too few pictures."""
        moves = self._moves.array
        if len(moves) < FEWEST:
            return None
        lip, nose = _shaking(moves[:, :2]), _shaking(moves[:, 2:])
        return lip / (nose + _USUAL)

    def findings(self, start: int, most: float) -> tuple[Finding, ...]:
        """What was noticed of the whole track.

        Args:
            start: its first frame.
            most: shaking that is still usual. Of 317 tracks of filmed people the highest has 0.89; how many drawn faces and
                attacks lie above: training/EXPERIMENTS.md.
        """
        shaking = self.shaking
        if shaking is None or shaking <= most:
            return ()
        words = f"The mouth shakes {shaking:.1f} times as much against the nose as nose and cheeks do."
        stop = start + len(self._moves) + 1
        return (Finding(Code.MOUTH_SHAKES, start / VIDEO_FPS, stop / VIDEO_FPS, shaking, most, True, words),)


def _moves(pictures: np.ndarray, place: tuple[float, float, float, float]) -> np.ndarray:
    """By how much a place moves from each picture to the next, in pixels.

    Args:
        pictures: float32 (n, 48, 128).
        place: top, bottom, left and right in units.

    Returns:
        float32 (n - 1, 2).
    """
    part = within(pictures, place, VIEW)
    before, after = part[:-1], part[1:]
    return follow((before + after) / 2, after - before)[0]


def _shaking(moves: np.ndarray) -> float:
    """Root mean square of the changes of a motion, float32 (n, 2), in pixels."""
    squares = np.sort(np.square(np.diff(moves, axis=0)).sum(axis=1))
    return float(np.sqrt(squares[: int(_KEPT * len(squares))].mean()))
