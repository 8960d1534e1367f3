"""What `tests.core.faces.covered` paints onto faces. All shapes are in the units of `lipgate.core.faces.mouth.UNITS`."""

import cv2
import numpy as np

_CLOTHS = [(214, 186, 142), (238, 238, 236), (38, 36, 35), (190, 170, 235), (96, 120, 60), (60, 60, 160), (120, 116, 112)]
"""BGR: surgical blue, white, black, pink, green, red, grey."""

_HAIRS = [(22, 26, 34), (50, 72, 104), (190, 194, 198)]
"""BGR: dark, brown, grey."""


class Painter:
    """Something that is painted onto every picture."""

    def __init__(self, rng: np.random.Generator) -> None:
        self.rng = rng
        self.size = rng.uniform(0.92, 1.12)

    def paint(self, picture: np.ndarray, matrix: np.ndarray, t: float) -> None:
        raise NotImplementedError

    def at(self, matrix: np.ndarray, points: np.ndarray | list) -> np.ndarray:
        """Units to pixels, in the sixteenths that OpenCV draws with."""
        return np.round((np.asarray(points, float) @ matrix[:, :2].T + matrix[:, 2]) * 16).astype(np.int32)

    def unit(self, matrix: np.ndarray) -> float:
        """Pixels of one unit."""
        return float(np.sqrt(abs(np.linalg.det(matrix[:, :2]))))

    def area(self, picture: np.ndarray, outline: np.ndarray) -> np.ndarray:
        """Soft alpha of an outline, float32 (height, width, 1)."""
        alpha = np.zeros(picture.shape[:2], np.uint8)
        cv2.fillPoly(alpha, [outline], 255, cv2.LINE_AA, 4)
        return cv2.GaussianBlur(alpha, (3, 3), 0)[..., None].astype(np.float32) / 255


def _smooth(outline: list[tuple[float, float]]) -> np.ndarray:
    points = np.array(outline, float)
    for _ in range(3):
        after = np.roll(points, -1, axis=0)
        points = np.stack([0.75 * points + 0.25 * after, 0.25 * points + 0.75 * after], 1).reshape(-1, 2)
    return points


class _Mask(Painter):
    """A surgical or cloth mask from the nose to below the chin."""

    drop = 0.0

    def __init__(self, rng: np.random.Generator) -> None:
        super().__init__(rng)
        self.colour = np.array(_CLOTHS[rng.integers(len(_CLOTHS))], np.float32)
        top, self.look = rng.uniform(-31, -20), int(rng.integers(4))
        self.outline = _smooth([
            (-36, top + 8), (-12, top + 1), (0, top - 1), (12, top + 1), (36, top + 8),
            (34, 8), (17, 28), (0, 32), (-17, 28), (-34, 8),
        ]) * self.size  # fmt: skip
        self.pattern = self._pattern()

    def _pattern(self) -> np.ndarray:
        """The cloth, float32 (160, 160, 3): half a unit for each pixel."""
        y, x = np.mgrid[0:160, 0:160].astype(np.float32)
        cloth = np.broadcast_to(self.colour, (160, 160, 3)).copy()
        other = np.array(_CLOTHS[self.rng.integers(len(_CLOTHS))], np.float32)
        if self.look == 1:
            cloth[(x // 9 + y // 9) % 2 == 0] = other
        elif self.look == 2:
            cloth[np.sin(x / 3) + np.sin(y / 3) > 1.1] = other
        else:
            for pleat in (66, 80, 94) if self.look == 0 else ():
                cloth *= (1 - 0.25 * np.exp(-(((y - pleat) / 1.8) ** 2)))[..., None]
        folds = cv2.resize(self.rng.normal(0, 0.05, (6, 7)).astype(np.float32), (160, 160), interpolation=cv2.INTER_CUBIC)
        light = 1.05 - 0.3 * ((x - 80) / 80) ** 2 - 0.1 * (y - 80) / 80 + folds
        return np.clip(cloth * light[..., None] + self.rng.normal(0, 3, cloth.shape), 0, 255).astype(np.float32)

    def paint(self, picture: np.ndarray, matrix: np.ndarray, t: float) -> None:
        matrix = matrix.copy()
        matrix[:, 2] += matrix[:, 1] * self.drop
        to_cloth = np.array([[0.5, 0, -40], [0, 0.5, -40]])
        cloth_to_picture = matrix @ np.vstack([to_cloth, [0, 0, 1]])
        size = picture.shape[1], picture.shape[0]
        cloth = cv2.warpAffine(self.pattern, cloth_to_picture, size, borderMode=cv2.BORDER_REPLICATE)
        for side in (-1, 1):
            for start, stop in (((34, -10), (46, -24)), ((32, 10), (46, -16))):
                ends = self.at(matrix, [(side * start[0], start[1]), (side * stop[0], stop[1])])
                colour = tuple(float(value) for value in self.colour * 0.9)
                cv2.line(picture, ends[0], ends[1], colour, max(1, round(self.unit(matrix))), cv2.LINE_AA, 4)
        alpha = self.area(picture, self.at(matrix, self.outline))
        picture[:] = (picture * (1 - alpha) + cloth * alpha).astype(np.uint8)


class _ChinMask(_Mask):
    """A mask pulled down below the lips."""

    drop = 44.0

    def __init__(self, rng: np.random.Generator) -> None:
        super().__init__(rng)
        self.outline = self.outline * np.array([0.8, 0.75])


class _Scarf(_Mask):
    """A scarf up to the nose."""

    def __init__(self, rng: np.random.Generator) -> None:
        super().__init__(rng)
        wave = rng.uniform(-3, 3, 7)
        edge = [(x, -18 + rise + abs(x) * 0.08) for x, rise in zip(np.linspace(-42, 42, 7), wave, strict=True)]
        self.outline = np.array([*edge, (44.0, 40.0), (30.0, 70.0), (-30.0, 70.0), (-44.0, 40.0)])


class _Hand(Painter):
    """Four fingers and the back of a hand, in the colour of the cheeks; `away(t)` says how far it is from the mouth."""

    def __init__(self, rng: np.random.Generator) -> None:
        super().__init__(rng)
        self.angle = float(rng.choice([-1, 1]) * rng.uniform(0.1, 1.2) + rng.choice([0, np.pi]))
        self.tone = rng.uniform(0.85, 1.15)
        self.width = rng.uniform(9.5, 12) * self.size
        self.stagger = rng.uniform(0, 5, 4)
        self.thumb = rng.random() < 0.5
        self.skin: np.ndarray | None = None

    def away(self, t: float) -> float:
        """Share of the way out of the picture, 0 in front of the mouth."""
        return 0.02 * float(np.sin(5 * t))

    def paint(self, picture: np.ndarray, matrix: np.ndarray, t: float) -> None:
        if self.skin is None:
            cheeks = self.at(matrix, [(-17, -12), (17, -12)]) // 16
            height, width = picture.shape[:2]
            patches = [picture[np.clip(y, 0, height - 1), np.clip(x, 0, width - 1)] for x, y in cheeks]
            self.skin = np.clip(np.mean(patches, axis=0) * self.tone + 8, 25, 250)
        pointing = np.array([np.cos(self.angle), -abs(np.sin(self.angle))])
        beside = np.array([-pointing[1], pointing[0]])
        start = pointing * (19 - 75 * self.away(t)) + [1.5 * np.sin(2 * t), 1.5 * np.cos(3 * t)]
        palm = start - pointing * 47
        layer, alpha = picture.astype(np.float32), np.zeros(picture.shape[:2], np.uint8)
        wrist = palm - pointing * 60
        for shade, share in ((0.72, 1.0), (0.86, 0.88), (0.94, 0.72)):
            self._stroke(layer, alpha, matrix, (wrist, palm), self.width * 3.2 * share, shade)
            self._stroke(layer, alpha, matrix, (palm - beside * 11, palm + beside * 11), self.width * 2.6 * share, shade)
        places = (-1.5, -0.5, 0.5, 1.5)
        for place, back in zip(places, self.stagger, strict=True):
            end = start + beside * place * self.width * 0.93 - pointing * back
            root = palm + beside * place * self.width * 0.85
            for shade, share in ((0.55, 1.0), (0.78, 0.86), (0.95, 0.6), (1.02, 0.3)):
                self._stroke(layer, alpha, matrix, (root, end), self.width * share, shade)
            nail = self.at(matrix, [end + pointing * 1.5])[0]
            pale = tuple(np.clip(self.skin * 1.1 + 10, 0, 255).tolist())
            cv2.circle(layer, nail, round(self.width * 0.22 * self.unit(matrix) * 16), pale, -1, cv2.LINE_AA, 4)
        if self.thumb:
            for shade, share in ((0.55, 1.0), (0.85, 0.8), (1.0, 0.45)):
                self._stroke(layer, alpha, matrix, (palm + beside * 18, palm + beside * 26 + pointing * 28), 11 * share, shade)
        soft = cv2.GaussianBlur(alpha, (3, 3), 0)[..., None].astype(np.float32) / 255
        layer = cv2.GaussianBlur(layer, (0, 0), max(0.4, 0.45 * self.unit(matrix)))
        picture[:] = np.clip(picture * (1 - soft) + layer * soft, 0, 255).astype(np.uint8)

    def _stroke(self, layer, alpha, matrix, ends, width: float, shade: float) -> None:
        thickness = max(1, round(width * self.unit(matrix)))
        start, stop = self.at(matrix, ends)
        assert self.skin is not None
        cv2.line(layer, start, stop, tuple((self.skin * shade).tolist()), thickness, cv2.LINE_AA, 4)
        cv2.line(alpha, start, stop, 255, thickness, cv2.LINE_AA, 4)


class _ComingHand(_Hand):
    """A hand before the mouth for four fifths of the time, that goes and comes again."""

    def away(self, t: float) -> float:
        return float(np.clip(6 * np.sin(np.pi * (t % 2.5) / 0.5), 0, 1)) if t % 2.5 < 0.5 else 0.0


class _PassingHand(_Hand):
    """A hand that is before the mouth for a fifth of the time."""

    def away(self, t: float) -> float:
        return float(np.clip(6 * np.sin(np.pi * (t % 2.5) / 2.0), 0, 1)) if t % 2.5 < 2.0 else 0.0


class _Phone(Painter):
    """A phone or a sheet held before the mouth."""

    def __init__(self, rng: np.random.Generator) -> None:
        super().__init__(rng)
        self.tilt, self.middle = rng.normal(0, 0.2), rng.uniform([-6, -4], [6, 12])
        self.half = rng.uniform([22, 22], [32, 40])
        self.colour = tuple(float(value) for value in np.array(_CLOTHS[rng.integers(len(_CLOTHS))]) * 0.9)
        self.paper = rng.random() < 0.5

    def paint(self, picture: np.ndarray, matrix: np.ndarray, t: float) -> None:
        turn = np.array([[np.cos(self.tilt), -np.sin(self.tilt)], [np.sin(self.tilt), np.cos(self.tilt)]])

        def at(points: list) -> np.ndarray:
            return self.at(matrix, (np.array(points) * self.half) @ turn.T + self.middle + [np.sin(3 * t), np.cos(2 * t)])

        cv2.fillPoly(picture, [at([(-1, -1), (1, -1), (1, 1), (-1, 1)])], self.colour, cv2.LINE_AA, 4)
        thin = max(1, round(1.2 * self.unit(matrix)))
        if self.paper:
            for row in np.linspace(-0.8, 0.8, 8):
                cv2.line(picture, *at([(-0.8, row), (0.2 + 0.6 * abs(np.sin(row * 9)), row)]), (90, 90, 90), thin, cv2.LINE_AA, 4)
        else:
            edge = at([(-0.95, -0.96), (0.95, -0.96), (0.95, 0.96), (-0.95, 0.96)])
            cv2.polylines(picture, [edge], True, (150, 150, 150), thin, cv2.LINE_AA, 4)
            cv2.circle(picture, at([(-0.6, -0.75)])[0], round(3 * self.unit(matrix) * 16), (15, 15, 15), -1, cv2.LINE_AA, 4)


class _Moustache(Painter):
    """Strands between nose and upper lip."""

    def __init__(self, rng: np.random.Generator) -> None:
        super().__init__(rng)
        colour = np.array(_HAIRS[rng.integers(len(_HAIRS))], float)
        roots = self.roots()
        lean = np.column_stack([roots[:, 0] * 0.16 + rng.normal(0, 0.6, len(roots)), rng.uniform(1.5, 3.5, len(roots))])
        self.strands = np.stack([roots, roots + lean], axis=1)
        self.colours = np.clip(colour * rng.uniform(0.7, 1.3, (len(roots), 1)), 0, 255)

    def roots(self) -> np.ndarray:
        """Where strands begin, (n, 2)."""
        x = self.rng.uniform(-13, 13, 420) * self.size
        return np.column_stack([x, self.rng.uniform(-9.5, -6.0, 420) + 0.022 * x**2])

    def paint(self, picture: np.ndarray, matrix: np.ndarray, t: float) -> None:
        thin = max(1, round(0.5 * self.unit(matrix)))
        painted = picture.copy()
        for strand, colour in zip(self.strands, self.colours, strict=True):
            start, stop = self.at(matrix, strand)
            cv2.line(painted, start, stop, tuple(colour.tolist()), thin, cv2.LINE_AA, 4)
        cv2.addWeighted(painted, 0.85, picture, 0.15, 0, dst=picture)


class _Beard(_Moustache):
    """A full beard around lips that are free."""

    def roots(self) -> np.ndarray:
        points = self.rng.uniform([-32, -14], [32, 27], (4200, 2))
        on_jaw = (points[:, 0] / 33) ** 2 + ((points[:, 1] + 14) / 41) ** 2 < 1
        cheek = (np.abs(points[:, 0]) < 20) & (points[:, 1] < -9)
        lips = (points[:, 0] / 13.5) ** 2 + ((points[:, 1] - 1.5) / 8) ** 2 < 1
        return points[on_jaw & ~cheek & ~lips]


class _Microphone(Painter):
    """A hand-held microphone below the lips."""

    def paint(self, picture: np.ndarray, matrix: np.ndarray, t: float) -> None:
        head = np.array([4 * np.sin(t), 22.0 + np.cos(2 * t)])
        unit = self.unit(matrix)
        start, stop = self.at(matrix, [head, head + np.array([8, 70])])
        cv2.line(picture, start, stop, (30, 28, 26), max(1, round(9 * unit)), cv2.LINE_AA, 4)
        for radius, grey in ((10, 50), (8, 85), (4, 125)):
            cv2.circle(picture, start, round(radius * unit * 16), (grey, grey, grey), -1, cv2.LINE_AA, 4)


PAINTERS: dict[str, type[Painter]] = {
    "mask": _Mask, "scarf": _Scarf, "hand": _Hand, "coming hand": _ComingHand, "phone": _Phone,
    "moustache": _Moustache, "beard": _Beard, "microphone": _Microphone, "mask below": _ChinMask, "passing hand": _PassingHand,
}  # fmt: skip
HIDING = ("mask", "scarf", "hand", "coming hand", "phone")
HARMLESS = ("moustache", "beard", "microphone", "mask below", "passing hand")
