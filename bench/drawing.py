"""Paints on faces: a moustache, a mask, a hand in front of the mouth; and turns a picture as if the face in it were turned.

What is painted follows the landmarks of the face rigidly: a real mask moves a little with the jaw and a real moustache with the
lip, so these say how much is lost with what is hidden, not how a certain mask or moustache would do.
"""

import math
from collections.abc import Callable, Sequence
from itertools import pairwise

import numpy as np

from bench.subject import Subject
from lipgate.core.faces.mouth import UNITS
from lipgate.core.opencv import cv2

Painter = Callable[[np.ndarray, int], np.ndarray]
"""Takes a picture, uint8 (height, width, 3) BGR, and its number; gives the changed picture, which may be the same array."""

TURN_DEGREES = 30.0

SIDE = 800
"""Side in pixels of the square sheet that things are drawn on before they are laid on a picture."""

_DOT = 5.0
"""Pixels of the sheet for one unit of the face; the eyes are 24 units apart, the middle of the mouth is that of the sheet."""

Colour = tuple[float, float, float]


class Sheet:
    """A transparent sheet in the measure of a face, laid on pictures where the face is."""

    def __init__(self) -> None:
        self.colour = np.zeros((SIDE, SIDE, 3), np.float32)
        self.cover = np.zeros((SIDE, SIDE), np.float32)
        self._blurred: dict[float, tuple[np.ndarray, np.ndarray]] = {}

    def fill(self, outline: Sequence[tuple[float, float]], colour: Colour) -> None:
        """Paint the inside of a closed smooth line through points given in units of the face, y down."""
        points = _pixels(_rounded(outline))
        self._paint(points, 2, colour, lambda area, corner: cv2.fillPoly(area, [points - corner], 255, cv2.LINE_AA))

    def stroke(self, start: tuple[float, float], end: tuple[float, float], width: float, colour: Colour) -> None:
        """Paint a line with round ends; all in units of the face."""
        points, dots = _pixels(np.array([start, end])), max(1, round(width * _DOT))

        def draw(area: np.ndarray, corner: np.ndarray) -> None:
            first, last = (points - corner).tolist()
            cv2.line(area, first, last, 255, dots, cv2.LINE_AA)

        self._paint(points, dots + 2, colour, draw)

    def shade(self, light: np.ndarray) -> None:
        """Multiply the colours by `light`, float32 (SIDE, SIDE)."""
        self.colour *= light[..., None]

    def soften(self, units: float) -> None:
        """Blur the edge."""
        self.cover = cv2.GaussianBlur(self.cover, (0, 0), units * _DOT)

    def lay(self, picture: np.ndarray, landmarks: np.ndarray, shift: tuple[float, float] = (0.0, 0.0)) -> np.ndarray:
        """Paint it on a picture, in place.

        Args:
            picture: uint8 (height, width, 3) BGR.
            landmarks: float32 (5, 2) of the face.
            shift: units of the face by which it stands off its place.
        """
        matrix = _sheet_to_picture(landmarks, shift)
        corners = np.array([[0, 0, 1], [SIDE, 0, 1], [0, SIDE, 1], [SIDE, SIDE, 1]]) @ matrix.T
        limit = np.array([picture.shape[1], picture.shape[0]])
        left, top = np.clip(np.floor(corners.min(axis=0)), 0, limit).astype(int)
        right, bottom = np.clip(np.ceil(corners.max(axis=0)), 0, limit).astype(int)
        part = picture[top:bottom, left:right]
        if not part.size:
            return picture
        matrix[:, 2] -= [left, top]
        size = (right - left, bottom - top)
        cover, colour = self._for_scale(float(np.hypot(matrix[0, 0], matrix[1, 0])))
        kept = 1 - cv2.warpAffine(cover, matrix, size, flags=cv2.INTER_LINEAR)[..., None]
        part[:] = np.clip(part * kept + cv2.warpAffine(colour, matrix, size, flags=cv2.INTER_LINEAR), 0, 255).astype(np.uint8)
        return picture

    def _for_scale(self, scale: float) -> tuple[np.ndarray, np.ndarray]:
        """Cover and colour times cover, blurred to the measure of the face: warping alone would leave jagged edges."""
        spread = round(0.8 / max(scale, 1e-2)) / 2
        if spread not in self._blurred:
            both = self.cover, self.colour * self.cover[..., None]
            cover, colour = (cv2.GaussianBlur(one, (0, 0), spread) if spread else one for one in both)
            self._blurred = {spread: (cover, colour)}
        return self._blurred[spread]

    def _paint(self, points: np.ndarray, reach: int, colour: Colour, draw: Callable[[np.ndarray, np.ndarray], object]) -> None:
        """Let `draw` mark, in the part of the sheet around `points`, what is to be painted; it is told the part's corner."""
        low = np.clip(points.min(axis=0) - reach, 0, SIDE)
        high = np.clip(points.max(axis=0) + reach + 1, low, SIDE)
        area = np.zeros(high[::-1] - low[::-1], np.uint8)
        draw(area, low)
        weight = area.astype(np.float32) / 255
        part = slice(low[1], high[1]), slice(low[0], high[0])
        self.colour[part] += weight[..., None] * (np.array(colour, np.float32) - self.colour[part])
        self.cover[part] = np.maximum(self.cover[part], weight)


def moustache(subject: Subject) -> Painter:
    """A full dark moustache from the nose down over the upper lip."""
    sheet, rng = Sheet(), np.random.default_rng(7)
    for side in (-1, 1):
        body = [(0, -10.5), (5, -11), (10, -7), (14, 0), (12.5, 1), (8, -2), (3, -2.2), (0, -2.8)]
        sheet.fill([(side * x, y) for x, y in body], (30, 38, 48))
    for _ in range(500):
        side, along = rng.choice([-1, 1]), rng.uniform(0, 1)
        root = (side * along * 11, -10 + 3.5 * along**2 + rng.uniform(0, 4))
        tip = (root[0] + side * rng.uniform(1, 4), root[1] + rng.uniform(2, 5) * (0.6 + along))
        tone = rng.uniform(0.5, 1.8)
        sheet.stroke(root, tip, 0.25, (26 * tone, 34 * tone, 44 * tone))
    sheet.soften(0.25)
    return _worn(subject, sheet)


def mask(subject: Subject) -> Painter:
    """A light blue surgical mask over nose, mouth and chin, with pleats and loops."""
    sheet = Sheet()
    for side in (-1, 1):
        sheet.stroke((side * 23, -18), (side * 34, -26), 0.8, (235, 235, 235))
        sheet.stroke((side * 22, 9), (side * 34, -10), 0.8, (235, 235, 235))
    outline = [(0, -27), (10, -25), (25, -21), (28, -4), (24, 12), (12, 23), (0, 25.5)]
    sheet.fill(outline + [(-x, y) for x, y in outline[-2:0:-1]], (214, 190, 150))
    for y in (-13, -3, 7):
        pleat = [(-24.0, y + 1.0), (0.0, y + 4.0), (24.0, y + 1.0)]
        for first, last in pairwise(pleat):
            sheet.stroke(first, last, 0.5, (176, 150, 112))
            sheet.stroke((first[0], first[1] + 0.8), (last[0], last[1] + 0.8), 0.4, (232, 212, 180))
    x = (np.arange(SIDE, dtype=np.float32) - SIDE / 2) / _DOT
    sheet.shade(np.repeat((1.05 - 0.45 * (np.abs(x) / 24) ** 2).clip(0.5, 1.1)[None], SIDE, axis=0))
    sheet.soften(0.2)
    return _worn(subject, sheet)


def hand(subject: Subject) -> Painter:
    """The speaker's own hand, held before the mouth with the fingers together and never quite still."""
    sheets: list[Sheet] = []

    def paint(picture: np.ndarray, index: int) -> np.ndarray:
        points = subject.landmarks.get(index)
        if points is None:
            return picture
        if not sheets:
            sheets.append(_hand_sheet(_skin(picture, points)))
        sway = (1.2 * math.sin(index / 9), 0.9 * math.sin(index / 14 + 1))
        return sheets[0].lay(picture, points, sway)

    return paint


def turned(subject: Subject) -> Painter:
    """The whole picture seen as a flat photograph that is turned by `TURN_DEGREES` about the vertical line through the face.

    A simulation, and a kind one: it narrows the mouth and makes its far half smaller, but a flat photograph shows no profile.
    Nothing of the far cheek gets hidden by the nose, and no lip stands out.
    """
    matrix = turn(subject.box, subject.clip.decoded_size)
    size = subject.clip.decoded_size
    return lambda picture, _: cv2.warpPerspective(picture, matrix, size, flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)


def turn(box: np.ndarray, size: tuple[int, int], degrees: float = TURN_DEGREES) -> np.ndarray:
    """Homography of a picture whose plane turns about the vertical line through the middle of a face.

    Args:
        box: left, top, right, bottom of the face in pixels.
        size: width and height of the picture.
        degrees: of the turn.

    Returns:
        float64 (3, 3). The middle of the face stays where it is. The camera stands four faces away, or farther where a wide
        picture would otherwise turn into it.
    """
    middle = np.array([[1, 0, (box[0] + box[2]) / 2], [0, 1, (box[1] + box[3]) / 2], [0, 0, 1.0]])
    distance = max(4.0 * (box[2] - box[0]), float(size[0]))
    angle = math.radians(degrees)
    plane = np.array([[math.cos(angle), 0, 0], [0, 1, 0], [math.sin(angle) / distance, 0, 1.0]])
    return middle @ plane @ np.linalg.inv(middle)


def _worn(subject: Subject, sheet: Sheet) -> Painter:
    def paint(picture: np.ndarray, index: int) -> np.ndarray:
        points = subject.landmarks.get(index)
        return picture if points is None else sheet.lay(picture, points)

    return paint


def _hand_sheet(skin: np.ndarray) -> Sheet:
    def tone(light: float) -> Colour:
        blue, green, red = (float(value) * light for value in skin)
        return blue, green, red

    sheet = Sheet()
    sheet.fill([(8, 18), (26, 12), (40, 36), (78, 84), (56, 88), (22, 42)], tone(0.86))
    fingers = [((14, -5), (-17, -11), 7.6), ((16, 2), (-20, -3.5), 7.8), ((17, 9), (-17, 4.5), 7.4), ((18, 16), (-10, 12), 6.6)]
    for knuckle, tip, width in fingers:
        sheet.stroke(knuckle, tip, width + 0.7, tone(0.5))
        sheet.stroke(knuckle, tip, width - 0.5, tone(0.9))
        sheet.stroke((knuckle[0], knuckle[1] - width / 6), (tip[0] + 1, tip[1] - width / 6), width / 2.5, tone(1.0))
        sheet.fill(
            [(tip[0] - 2.6, tip[1] - 1.7), (tip[0] + 1, tip[1] - 1.6), (tip[0] + 1, tip[1] + 1.4), (tip[0] - 2.6, tip[1] + 1.5)],
            tone(1.1),
        )
    sheet.fill([(10, -9), (22, -9), (32, 2), (34, 24), (22, 30), (11, 21)], tone(0.9))
    sheet.stroke((25, -4), (16, -20), 7.5, tone(0.5))
    sheet.stroke((25, -4), (16, -20), 6.6, tone(0.92))
    sheet.colour = cv2.GaussianBlur(sheet.colour, (0, 0), 0.5 * _DOT)
    sheet.soften(0.3)
    return sheet


def _skin(picture: np.ndarray, landmarks: np.ndarray) -> np.ndarray:
    """Colour of the cheeks, float64 (3,) BGR."""
    cheeks = (landmarks[:2] + landmarks[3:5]) / 2
    reach = max(1, round(float(np.linalg.norm(landmarks[1] - landmarks[0])) / 8))
    patches = []
    for x, y in np.round(cheeks).astype(int):
        patch = picture[max(0, y - reach) : y + reach + 1, max(0, x - reach) : x + reach + 1]
        patches.append(patch.reshape(-1, 3))
    found = np.concatenate(patches)
    return np.median(found, axis=0) if len(found) else np.array([120.0, 150.0, 190.0])


def _sheet_to_picture(landmarks: np.ndarray, shift: tuple[float, float]) -> np.ndarray:
    """Similarity from the sheet to a picture, float64 (2, 3): least squares over the five landmarks."""
    model = UNITS[:, 0].astype(np.float64) + 1j * UNITS[:, 1]
    points = landmarks[:, 0].astype(np.float64) + 1j * landmarks[:, 1]
    centred = model - model.mean()
    turn_scale = (centred.conj() * (points - points.mean())).sum() / (np.abs(centred) ** 2).sum()
    origin = points.mean() - turn_scale * (model.mean() - complex(*shift))
    factor = turn_scale / _DOT
    start = origin - factor * complex(SIDE / 2, SIDE / 2)
    return np.array([[factor.real, -factor.imag, start.real], [factor.imag, factor.real, start.imag]])


def _rounded(outline: Sequence[tuple[float, float]]) -> np.ndarray:
    """Corners cut twice (Chaikin), which leaves a smooth line."""
    points = np.array(outline, np.float64)
    for _ in range(3):
        after = np.roll(points, -1, axis=0)
        points = np.stack([0.75 * points + 0.25 * after, 0.25 * points + 0.75 * after], axis=1).reshape(-1, 2)
    return points


def _pixels(points: np.ndarray) -> np.ndarray:
    return np.round(points * _DOT + SIDE / 2).astype(np.int32)
