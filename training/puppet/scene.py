"""Composes the picture: portraits in tiles, head motion, cuts."""

from collections.abc import Iterator

import cv2
import numpy as np

from training.puppet.face import FACE_CENTRE, PHOTO_SIZE, Head, photograph
from training.puppet.spec import Puppet, frame_times, mouths

_WALL = (46, 42, 40)
"""BGR colour around tiles."""

_SHOTS = [
    # mirrored, zoom, light (BGR gains)
    (False, 1.0, (1.0, 1.0, 1.0)),
    (True, 1.25, (0.62, 0.50, 0.42)),
    (False, 0.8, (0.75, 1.05, 1.15)),
]
"""How the shots between cuts differ; they take turns."""


def frames(spec: Puppet) -> Iterator[np.ndarray]:
    """Render the video, or the piece of it that is repeated.

    Yields:
        uint8 (height, width, 3), BGR, upright; a frame shows the mouth of the middle of its time.
    """
    edges = frame_times(spec)
    middles = (edges[:-1] + edges[1:]) / 2
    talk = mouths(spec, middles)
    shot_of = np.searchsorted(np.asarray(spec.cuts), edges[:-1] + 1e-6) if spec.cuts else np.zeros(len(middles), int)
    painters: dict[int, list[_Tile] | _Landscape] = {}
    for i, (t, shot) in enumerate(zip(middles, shot_of.tolist(), strict=True)):
        if shot not in painters:
            faceless = spec.no_face or shot in spec.faceless_shots
            painters[shot] = _Landscape(spec, shot) if faceless else [_Tile(spec, shot, k) for k in range(spec.faces)]
        painter = painters[shot]
        if isinstance(painter, _Landscape):
            yield painter.paint(t)
            continue
        frame = np.full((spec.size[1], spec.size[0], 3), _WALL, np.uint8)
        for tile, (opening, rounding) in zip(painter, talk, strict=True):
            tile.paint(frame, t, float(opening[i]), float(rounding[i]))
        yield frame


class _Sway:
    """Slow motion of a head held still: shift in x and y and roll, a sum of sines chosen by a seed."""

    def __init__(self, seed: tuple[int, ...]) -> None:
        rng = np.random.default_rng(seed)
        self._rate = rng.uniform([0.15, 0.5], [0.35, 0.9], (3, 2))
        self._phase = rng.uniform(0, 2 * np.pi, (3, 2))

    def at(self, t: float) -> np.ndarray:
        """x, y, roll at t seconds, each within -1 to 1: float64 (3,)."""
        return np.sin(2 * np.pi * self._rate * t + self._phase) @ np.array([0.7, 0.3])


def _light(gains: tuple[float, float, float]) -> np.ndarray | None:
    """A lookup table for cv2.LUT, uint8 (1, 256, 3); None where nothing changes."""
    if gains == (1.0, 1.0, 1.0):
        return None
    return np.clip(np.arange(256)[:, None] * np.array(gains), 0, 255).astype(np.uint8)[None]


class _Tile:
    """One portrait, cropped to its share of the frame."""

    def __init__(self, spec: Puppet, shot: int, face: int) -> None:
        mirrored, zoom, gains = _SHOTS[shot % len(_SHOTS)]
        if face % 2:
            mirrored, gains = not mirrored, (gains[0] * 0.85, gains[1] * 0.92, gains[2])
        self._head = Head(spec.face_px * zoom)
        self._sway = _Sway((spec.seed, shot, face))
        self._reach = 0.015 * spec.face_px * zoom
        self._mirror, self._table = mirrored, _light(gains)
        scale, margin = self._head.scale, 4 * self._reach + 2  # room for shift and roll
        cell, gap = spec.size[0] / spec.faces, 2 if spec.faces > 1 else 0
        covered = PHOTO_SIZE * scale - 2 * margin
        # Beside a mirrored neighbour the space shuttle would make two halves of something YuNet takes for a face.
        self._width = int(min(cell - 2 * gap, covered, 2.4 * spec.face_px * zoom if spec.faces > 1 else covered))
        self._height = int(min(spec.size[1] - 2 * gap, covered))
        self._left = int(cell * face + (cell - self._width) / 2)
        self._top = int((spec.size[1] - self._height) / 2)
        before = np.array([PHOTO_SIZE - FACE_CENTRE[0] if mirrored else FACE_CENTRE[0], FACE_CENTRE[1]]) * scale
        tile = np.array([self._width, self._height])
        low, high = tile + margin - (PHOTO_SIZE * scale - before), before - margin
        self._centre = np.clip(tile / 2, np.minimum(low, high), high)

    def paint(self, frame: np.ndarray, t: float, opening: float, rounding: float) -> None:
        """Draw the portrait at t seconds into the frame."""
        x, y, roll = self._sway.at(t)
        angle = np.deg2rad(0.6) * roll
        turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
        if self._mirror:
            turn = turn @ np.diag([-1.0, 1.0])
        to = self._centre + self._reach * np.array([x, y])
        matrix = np.column_stack([turn, to - turn @ (FACE_CENTRE * self._head.scale)])
        image = self._head.at(opening, rounding)
        tile = cv2.warpAffine(image, matrix, (self._width, self._height), flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REFLECT)
        if self._table is not None:
            tile = cv2.LUT(tile, self._table)
        frame[self._top : self._top + self._height, self._left : self._left + self._width] = tile


class _Landscape:
    """A picture without a face, seen by an unsteady hand."""

    def __init__(self, spec: Puppet, shot: int) -> None:
        image = photograph("coffee")
        self._size, self._sway, self._table = spec.size, _Sway((spec.seed, shot)), _light(_SHOTS[shot % len(_SHOTS)][2])
        scale = 1.06 * max(spec.size[0] / image.shape[1], spec.size[1] / image.shape[0])
        self._image = cv2.resize(image, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)

    def paint(self, t: float) -> np.ndarray:
        """The frame at t seconds."""
        room = np.array([self._image.shape[1] - self._size[0], self._image.shape[0] - self._size[1]]) / 2
        matrix = np.column_stack([np.eye(2), -room * (1.0 + 0.9 * self._sway.at(t)[:2])])
        out = cv2.warpAffine(self._image, matrix, self._size, flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REFLECT)
        return out if self._table is None else cv2.LUT(out, self._table)
