"""Looks at single pictures of the live preview: is there one face, large enough, in the middle, in good light?"""

import numpy as np

from lipgate.core.faces.detection import Detection
from lipgate.core.faces.yunet import Yunet
from lipgate.core.opencv import cv2
from lipgate.core.weights.store import find
from lipgate.handlers.domain.errors import RefusedError

MAX_BYTES = 200_000
MAX_SIDE = 640

# The bounds below leave alone most of 172 faces, one picture each, from recordings of people who talk to a camera:
# 90 % of them measured 0.23 to 0.64 in width, 0.01 to 0.23 off the middle, 55 to 144 in brightness.

TOO_FAR, TOO_CLOSE = 0.14, 0.72
"""Width of the face as a share of the picture's shorter side."""

OFF_CENTRE = 0.25
"""Distance of the face's middle from that of the picture, as a share of its width or height."""

TOO_DARK, TOO_BRIGHT = 45.0, 200.0
"""Mean brightness of the face, 0 to 255."""

BACKLIT = 90.0
"""How much brighter the rest of the picture may be than a face that is itself not bright."""

DIM = 100.0

SECOND_FACE = 0.5
"""A second face counts from so much of the first one's width."""

_START_OF_FRAME = {*range(0xC0, 0xD0)} - {0xC4, 0xC8, 0xCC}
"""JPEG markers whose segment tells the size of the picture."""


class PreviewEye:
    """Finds faces in pictures. Several threads may share one."""

    def __init__(self) -> None:
        """Load the embedded detector.

        Raises:
            WeightsError: it is not there, or not what it should be.
        """
        self._detector = Yunet(find("yunet").read_branch("faces"))

    def look(self, jpeg: bytes) -> dict:
        """Hints and the place of the face.

        Args:
            jpeg: a picture of at most `MAX_SIDE` pixels a side.

        Returns:
            `hints`: what to mend, most important first; `face`: left, top, width and height as shares of the picture, or None.

        Raises:
            RefusedError: bad_picture.
        """
        picture = _decoded(jpeg)
        faces = sorted(self._detector.detect(picture), key=_width, reverse=True)
        if not faces:
            return {"hints": ["no_face"], "face": None}
        left, top, right, bottom = _shares(faces[0], picture)
        place = {"left": left, "top": top, "width": right - left, "height": bottom - top}
        return {
            "hints": [*_framing(faces, picture), *_light(faces[0], picture)],
            "face": {name: round(value, 4) for name, value in place.items()},
        }


def _framing(faces: list[Detection], picture: np.ndarray) -> list[str]:
    height, width = picture.shape[:2]
    left, top, right, bottom = _shares(faces[0], picture)
    size = _width(faces[0]) / min(width, height)
    away = max(abs((left + right) / 2 - 0.5), abs((top + bottom) / 2 - 0.5))
    causes = [
        ("two_faces", len(faces) > 1 and _width(faces[1]) >= SECOND_FACE * _width(faces[0])),
        ("too_far", size < TOO_FAR),
        ("too_close", size > TOO_CLOSE),
        ("off_centre", away > OFF_CENTRE),
    ]
    return [name for name, applies in causes if applies]


def _light(face: Detection, picture: np.ndarray) -> list[str]:
    grey = cv2.cvtColor(picture, cv2.COLOR_BGR2GRAY)
    height, width = grey.shape
    left, top, right, bottom = np.clip(face.box.astype(int), 0, [width, height, width, height])
    inside = grey[top:bottom, left:right]
    if not inside.size:
        return []
    bright = float(inside.mean())
    area = grey.size - inside.size
    around = (float(grey.sum()) - float(inside.sum())) / area if area else bright
    if bright < DIM and around - bright > BACKLIT:
        return ["backlit"]
    return ["too_dark"] if bright < TOO_DARK else ["too_bright"] if bright > TOO_BRIGHT else []


def _shares(face: Detection, picture: np.ndarray) -> list[float]:
    height, width = picture.shape[:2]
    return [float(value) for value in face.box / [width, height, width, height]]


def _width(face: Detection) -> float:
    return float(face.box[2] - face.box[0])


def _decoded(jpeg: bytes) -> np.ndarray:
    """A picture, uint8 (height, width, 3), BGR. Its size is known before it is decoded: few bytes can stand for gigabytes."""
    size = _size(jpeg)
    if size is None or not (0 < size[0] <= MAX_SIDE and 0 < size[1] <= MAX_SIDE):
        raise RefusedError("bad_picture", f"A preview must be a JPEG of at most {MAX_SIDE} pixels a side.")
    picture = cv2.imdecode(np.frombuffer(jpeg, np.uint8), cv2.IMREAD_COLOR)
    if picture is None or picture.shape[:2] != size:
        raise RefusedError("bad_picture", "The preview cannot be read.")
    return picture


def _size(jpeg: bytes) -> tuple[int, int] | None:
    """Height and width that the header of a JPEG tells; None where it is none."""
    if jpeg[:2] != b"\xff\xd8":
        return None
    at = 2
    while at + 9 <= len(jpeg) and jpeg[at] == 0xFF:
        kind, length = jpeg[at + 1], int.from_bytes(jpeg[at + 2 : at + 4], "big")
        if kind in _START_OF_FRAME:
            return int.from_bytes(jpeg[at + 5 : at + 7], "big"), int.from_bytes(jpeg[at + 7 : at + 9], "big")
        at += 2 + length
    return None
