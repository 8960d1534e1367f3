"""A picture on its way through the stages: planes as decoders have them, colours only where and as large as somebody needs them.

Nearly every file holds brightness at full size and colour at a quarter of it (YUV 4:2:0). Half as many bytes come through
ffmpeg's pipe so, nobody converts a whole picture to look at a face in it, and brightness, which most stages look at, is there.
Whoever has a picture in BGR hands that on: all functions here take both.
"""

from dataclasses import dataclass
from functools import cache, cached_property
from typing import TypeAlias

import numpy as np

from lipgate.core.opencv import cv2

LUMA = {
    "smpte170m": (0.299, 0.114),
    "bt470bg": (0.299, 0.114),
    "bt709": (0.2126, 0.0722),
    "fcc": (0.30, 0.11),
    "smpte240m": (0.212, 0.087),
    "bt2020nc": (0.2627, 0.0593),
    "bt2020c": (0.2627, 0.0593),
}
"""Shares of red and of blue in the brightness (ITU-T H.273, table 4), by ffmpeg's name of the matrix."""

USUAL = "smpte170m"
"""The matrix of a file that names none: what ffmpeg takes, and what a file without a word is most likely made with (BT.601)."""

BLACK, WHITE, MIDDLE, COLOURFUL = 16, 235, 128, 224
"""Brightness of black and of white, and middle and range of the colours: the narrow range, to which decoding brings all files."""

_GREY = np.array([0.114, 0.587, 0.299])
"""Shares of blue, green and red in grey, as OpenCV has them."""


@dataclass(frozen=True)
class Planes:
    """A picture in YUV 4:2:0 of narrow range."""

    data: np.ndarray
    """uint8 (3/2 height width,): brightness, then blue and red difference; these have half the rows and half the columns."""
    height: int
    width: int
    """Both are even."""
    matrix: str = USUAL
    """One of `LUMA`."""

    @property
    def shape(self) -> tuple[int, int, int]:
        """As that of the same picture in BGR."""
        return self.height, self.width, 3

    @cached_property
    def luma(self) -> np.ndarray:
        """uint8 (height, width), 16 black to 235 white; a view."""
        return self.data[: self.height * self.width].reshape(self.height, self.width)

    @cached_property
    def chroma(self) -> tuple[np.ndarray, np.ndarray]:
        """Blue and red difference, uint8 (height / 2, width / 2); views."""
        blue, red = self.data[self.height * self.width :].reshape(2, self.height // 2, self.width // 2)
        return blue, red


Picture: TypeAlias = np.ndarray | Planes
"""uint8 (height, width, 3) BGR, or the same as planes. Both have `shape`."""


def bgr(picture: Picture) -> np.ndarray:
    """All of a picture, uint8 (height, width, 3) BGR; not to be written to."""
    if isinstance(picture, np.ndarray):
        return picture
    return _part(picture, slice(0, picture.height), slice(0, picture.width), _to_bgr(picture.matrix))


def grey(picture: Picture, rows: slice, columns: slice) -> np.ndarray:
    """A part of a picture in grey, uint8 (rows, columns), as OpenCV makes it of BGR: what networks were trained on.

    Args:
        picture: any.
        rows, columns: with begin and end inside the picture, at least one pixel.
    """
    if isinstance(picture, np.ndarray):
        return cv2.cvtColor(picture[rows, columns], cv2.COLOR_BGR2GRAY)
    weights = _to_grey(picture.matrix)
    if LUMA[picture.matrix] == LUMA[USUAL]:  # the brightness itself
        return cv2.transform(picture.luma[rows, columns], weights[:, ::3])
    return _part(picture, rows, columns, weights)


def shrink(picture: Picture, side: int) -> np.ndarray:
    """Scale a picture down to a longer side of `side` pixels, uint8 (height, width, 3) BGR; smaller ones keep their size."""
    height, width = picture.shape[:2]
    scale = side / max(height, width)
    if scale >= 1:
        return bgr(picture)
    size = max(1, round(width * scale)), max(1, round(height * scale))
    if isinstance(picture, np.ndarray):
        return _scaled(picture, size)
    planes = [_scaled(plane, size) for plane in (picture.luma, *picture.chroma)]
    return cv2.transform(cv2.merge(planes), _to_bgr(picture.matrix))


def _scaled(plane: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    """Bring a plane, or several in one array, to a width and height."""
    height, width = plane.shape[:2]
    wide, high = size
    # Halves are means of four pixels, which OpenCV makes many times as fast as means over any other area.
    while width >= 2 * wide and height >= 2 * high and not (width | height) % 2:
        width, height = width // 2, height // 2
        plane = cv2.resize(plane, (width, height), interpolation=cv2.INTER_AREA)
    if (width, height) == size:
        return plane
    # Less than a half is left to go, where four neighbours leave no pixel out; more only of a side that cannot be halved.
    blend = cv2.INTER_LINEAR if width < 2 * wide and height < 2 * high else cv2.INTER_AREA
    return cv2.resize(plane, (wide, high), interpolation=blend)


def _part(picture: Planes, rows: slice, columns: slice, weights: np.ndarray) -> np.ndarray:
    """A part of a picture as `weights` mix it; each pixel has the colour of the four that it is one of."""
    luma = picture.luma[rows, columns]
    halves = slice(rows.start // 2, -(-rows.stop // 2)), slice(columns.start // 2, -(-columns.stop // 2))
    odd = slice(rows.start % 2, rows.start % 2 + len(luma)), slice(columns.start % 2, columns.start % 2 + len(luma[0]))
    parts = [plane[halves] for plane in picture.chroma]
    size = 2 * parts[0].shape[1], 2 * parts[0].shape[0]
    blue, red = (cv2.resize(part, size, interpolation=cv2.INTER_NEAREST)[odd] for part in parts)
    return cv2.transform(cv2.merge([luma, blue, red]), weights)


@cache
def _to_bgr(matrix: str) -> np.ndarray:
    """float32 (3, 4): blue, green and red, 0 to 255, of brightness, blue and red difference, and one."""
    red, blue = LUMA[matrix]
    green = 1 - red - blue
    shares = np.array(
        [
            [1, 2 * (1 - blue), 0],
            [1, -2 * blue * (1 - blue) / green, -2 * red * (1 - red) / green],
            [1, 0, 2 * (1 - red)],
        ]
    )
    shares *= np.array([255 / (WHITE - BLACK), 255 / COLOURFUL, 255 / COLOURFUL])
    return np.column_stack([shares, -shares @ [BLACK, MIDDLE, MIDDLE]]).astype(np.float32)


@cache
def _to_grey(matrix: str) -> np.ndarray:
    """float32 (1, 4), as `_to_bgr`."""
    return (_GREY @ _to_bgr(matrix).astype(np.float64))[None].astype(np.float32)
