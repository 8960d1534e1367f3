"""Draws masks, hands, scarves, phones and microphones over mouths, and beards and things beside the mouth that hide nothing.

Whether a mouth is hidden is not decided by what was drawn but measured: by the share of it that was painted over. So the same
things stand on both sides, and what the network must look at is the mouth.
"""

from collections.abc import Callable

import cv2
import numpy as np

from training.cover_shapes import MOUTH, Layer, Rng, below, blend, box, cloth, ellipse, finger, hair, mesh, polygon, smooth_noise
from training.prepare import CANVAS

HIDDEN_SHARE = 0.95
SEEN_SHARE = 0.6
"""A mouth is hidden from the first share of it on, and seen up to the second: half a mouth still tells when it opens. What lies
between belongs to neither."""

_MOUTH_AREA = ellipse(MOUTH + np.array([0, 2]), (15, 9))


def draw(crop: np.ndarray, rng: Rng, *, hide: bool) -> np.ndarray:
    """Paint over a face.

    Args:
        crop: uint8 (96, 96), a mouth that can be seen.
        hide: whether the mouth is to be hidden.

    Returns:
        uint8 (96, 96).
    """
    picture = crop.astype(np.float32)
    if rng.random() < (0.25 if hide else 0.3):
        picture = _hairy(picture, rng)
    if not hide and rng.random() < 0.5:
        return np.clip(picture, 0, 255).astype(np.uint8)
    thing = _THINGS[int(rng.choice(len(_THINGS), p=_SHARES))]
    while True:
        painted, alpha = _painted(picture, thing(crop, rng, hide), rng)
        share = float((alpha * _MOUTH_AREA).sum() / _MOUTH_AREA.sum())
        if share >= HIDDEN_SHARE if hide else share <= SEEN_SHARE:
            return painted


def _painted(picture: np.ndarray, layers: list[Layer], rng: Rng) -> tuple[np.ndarray, np.ndarray]:
    """The picture behind the layers, and their common alpha; with a shadow, and as sharp as the camera makes it."""
    whole = np.zeros_like(picture)
    for layer in layers:
        whole = np.maximum(whole, layer.alpha)
    if rng.random() < 0.6:
        shadow = cv2.GaussianBlur(whole, (0, 0), rng.uniform(1, 4))
        shadow = np.roll(shadow, rng.integers(-2, 3, 2), (0, 1))
        picture = picture * (1 - shadow * np.float32(rng.uniform(0.05, 0.5)))
    blur = rng.uniform(0, 1.2)
    for layer in layers:
        picture = blend(picture, _softened(layer, blur) if blur > 0.3 else layer)
    return np.clip(picture, 0, 255).astype(np.uint8), whole


def _softened(layer: Layer, blur: float) -> Layer:
    return Layer(cv2.GaussianBlur(layer.grey, (0, 0), blur), cv2.GaussianBlur(layer.alpha, (0, 0), blur))


def _mask(crop: np.ndarray, rng: Rng, hide: bool) -> list[Layer]:
    """A face mask: surgical with pleats, folded with a ridge, or of cloth; or worn below the mouth."""
    middle = MOUTH[0] + rng.normal(0, 3)
    top, bottom = (rng.uniform(-20, 27), rng.uniform(68, 115)) if hide else (rng.uniform(56, 72), rng.uniform(80, 110))
    width, side = rng.uniform(30, 64, 2), top + rng.uniform(-4, 16)
    foot = rng.uniform(0.55, 0.95)
    left, right = middle - width[0], middle + width[1]
    low = side + (bottom - side) * rng.uniform(0.5, 0.8)
    flat = rng.uniform(0.1, 0.5)
    outline = [[left, side], [middle - flat * width[0], top], [middle + flat * width[1], top], [right, side]]
    outline += [[middle + foot * width[1], low], [middle + 0.4 * width[1], bottom]]
    outline += [[middle - 0.4 * width[0], bottom], [middle - foot * width[0], low]]
    alpha = polygon(np.array(outline, np.float32))
    tone = rng.choice([rng.uniform(5, 50), rng.uniform(120, 190), rng.uniform(190, 245), _skin(crop, rng)])
    grey = cloth(rng, float(tone))
    y, x = np.mgrid[0:CANVAS, 0:CANVAS].astype(np.float32)
    make = rng.integers(4)
    if make == 0:
        bow = ((x - middle) / 40) ** 2 * rng.uniform(-6, 3)
        for pleat in np.linspace(top, bottom, int(rng.integers(4, 7)))[1:-1]:
            grey *= 1 - np.float32(rng.uniform(0.08, 0.35)) * np.exp(-(((y - pleat - bow) / rng.uniform(0.7, 1.8)) ** 2))
    elif make == 1:
        grey *= np.where(x < middle + rng.normal(0, 4) + (y - 45) * rng.normal(0, 0.1), 1.0, np.float32(rng.uniform(0.6, 0.95)))
    elif make == 2 and rng.random() < 0.5:
        valve = ellipse(np.array([middle + rng.choice([-14, 14]), 50 + rng.normal(0, 4)]), (7, 6))
        grey = grey * (1 - valve) + (255 - grey) * 0.8 * valve
    inner = cv2.erode(alpha, np.ones((3, 3), np.uint8), iterations=int(rng.integers(1, 3)))
    grey *= 1 - np.float32(rng.uniform(0, 0.3)) * (alpha - inner)
    straps = np.zeros((CANVAS, CANVAS), np.uint8)
    for end, out in ((left, -30), (right, 30)):
        for height, rise in ((side + 4, -25), (low, -10)):
            start, stop = (round(end * 0.95 + middle * 0.05), round(height)), (round(end + out), round(height + rise))
            cv2.line(straps, start, stop, 255, 1, cv2.LINE_AA)
    strap = Layer(np.full_like(grey, min(tone * 1.05, 250)), straps.astype(np.float32) / 255 * np.float32(rng.random() < 0.6))
    return [strap, Layer(np.clip(grey, 0, 255), alpha)]


def _scarf(_crop: np.ndarray, rng: Rng, hide: bool) -> list[Layer]:
    """A scarf, a collar, a blanket: cloth from an edge downwards."""
    at = np.arange(CANVAS, dtype=np.float32)
    start = rng.uniform(-5, 30) if hide else rng.uniform(58, 90)
    edge = start + rng.normal(0, 0.12) * (at - 48) + rng.uniform(-8, 8) * ((at - 48) / 48) ** 2
    edge += smooth_noise(rng, int(rng.integers(3, 9)))[48] * rng.uniform(0, 3)
    grey = cloth(rng, float(rng.uniform(10, 240)))
    folds = smooth_noise(rng, int(rng.integers(3, 6)), int(rng.integers(5, 14)))
    grey *= 1 + np.float32(rng.uniform(0, 0.25)) * folds
    return [Layer(np.clip(grey, 0, 255), below(edge.astype(np.float32)))]


def _hand(crop: np.ndarray, rng: Rng, hide: bool) -> list[Layer]:
    """Fingers side by side and the back or the palm of the hand, in the tone of the face or nearly."""
    tone, width = _skin(crop, rng), rng.uniform(8, 14)
    angle = rng.uniform(0, 2 * np.pi)
    pointing, beside = np.array([np.cos(angle), np.sin(angle)]), np.array([-np.sin(angle), np.cos(angle)])
    count = int(rng.integers(2, 6)) if hide else int(rng.integers(1, 6))
    middle = MOUTH + rng.normal(0, 5 if hide else 25, 2)
    # The tips may lie short of the mouth or beyond: then the palm is before it.
    tip = middle + pointing * rng.uniform(12, 50)
    length = rng.uniform(28, 50)
    palm = tip - pointing * (length + 12)
    back = tone * (1 + smooth_noise(rng, 3) * 0.05) * np.float32(rng.uniform(0.8, 1.05))
    layers = []
    if rng.random() < 0.85:
        layers.append(Layer(back.astype(np.float32), ellipse(palm, (26, width * 2.3), angle).astype(np.float32)))
    spread, order = rng.normal(0, 0.06), rng.permutation(count)
    for number in order:
        place = number - (count - 1) / 2
        end = tip + beside * place * width * rng.uniform(0.82, 0.98) - pointing * (place**2 * 2 + rng.uniform(0, 5))
        shade = tone * rng.uniform(0.9, 1.05)
        layers.append(finger(rng, end, angle + place * spread, length=length, width=width, tone=shade))
    return layers


def _fist(crop: np.ndarray, rng: Rng, hide: bool) -> list[Layer]:
    """A fist or a palm: one large smooth piece of skin, with short fingers on it."""
    tone, angle = _skin(crop, rng), rng.uniform(0, 2 * np.pi)
    middle = MOUTH + rng.normal(0, 5 if hide else 25, 2)
    skin = tone * (1 + smooth_noise(rng, 4) * np.float32(rng.uniform(0.02, 0.12)))
    layers = [
        Layer(skin.astype(np.float32), ellipse(middle, (rng.uniform(20, 34), rng.uniform(18, 28)), angle).astype(np.float32))
    ]
    pointing, beside = np.array([np.cos(angle), np.sin(angle)]), np.array([-np.sin(angle), np.cos(angle)])
    for place in np.linspace(-1.5, 1.5, 4) if rng.random() < 0.7 else []:
        end = middle + beside * place * 10 + pointing * rng.uniform(8, 14)
        layers.append(finger(rng, end, angle, length=22, width=11, tone=tone * rng.uniform(0.85, 1.05)))
    return layers


def _plate(_crop: np.ndarray, rng: Rng, hide: bool) -> list[Layer]:
    """A phone, a sheet of paper, a book, a cup, a caption: straight edges, often with something on it."""
    middle = MOUTH + rng.normal(0, 8 if hide else 28, 2)
    size = (rng.uniform(30, 70), rng.uniform(22, 100))
    angle = rng.normal(0, 0.25) if rng.random() < 0.8 else rng.uniform(0, np.pi)
    tone = float(rng.choice([rng.uniform(0, 50), rng.uniform(50, 200), rng.uniform(200, 255)]))
    alpha = box(middle, size, angle, rng.uniform(0.5, 8)).astype(np.float32)
    grey = tone * (1 + smooth_noise(rng, 2) * np.float32(rng.uniform(0, 0.2)))
    if rng.random() < 0.4:
        rim = alpha - cv2.erode(alpha, np.ones((3, 3), np.uint8))
        grey = grey * (1 - rim) + rng.uniform(0, 255) * rim
    kind = rng.integers(4)
    if kind == 0:
        for lens in range(int(rng.integers(1, 4))):
            spot = ellipse(middle + np.array([rng.uniform(-12, 12), -14 + 9 * lens]), (3.5, 3.5))
            grey = grey * (1 - spot) + rng.uniform(0, 90) * spot
    elif kind == 1:
        rows = rng.uniform(3.5, 7)
        y, x = np.mgrid[0:CANVAS, 0:CANVAS].astype(np.float32)
        words = (np.sin((y - np.tan(angle) * -x) * 2 * np.pi / rows) > 0.3) & (smooth_noise(rng, 32, 14) > -0.5)
        grey = np.where(words, 255 - tone, grey)
    elif kind == 2:
        grey = cloth(rng, tone)
    return [Layer(np.clip(grey, 0, 255).astype(np.float32), alpha)]


def _microphone(_crop: np.ndarray, rng: Rng, hide: bool) -> list[Layer]:
    """A microphone: in front of the lips only where it is large and near."""
    radius = rng.uniform(18, 28) if hide else rng.uniform(8, 26)
    side, apart = rng.uniform(-0.3, np.pi + 0.3), radius + rng.uniform(-8, 14)
    middle = MOUTH + (rng.normal(0, 3, 2) if hide else apart * np.array([np.cos(side), np.sin(side)]))
    tone, angle = rng.uniform(15, 170), rng.normal(-np.pi / 2, 0.6)
    stick = finger(rng, middle, angle, length=90, width=radius * rng.uniform(0.5, 1.0), tone=rng.uniform(10, 90))
    return [stick, mesh(rng, middle, radius, tone)]


_THINGS: list[Callable[[np.ndarray, Rng, bool], list[Layer]]] = [_mask, _scarf, _hand, _fist, _plate, _microphone]
_SHARES = [0.33, 0.1, 0.27, 0.07, 0.11, 0.12]
"""How often each is drawn."""


def _hairy(picture: np.ndarray, rng: Rng) -> np.ndarray:
    """A moustache, a beard, or both."""
    tone = float(rng.choice([rng.uniform(5, 60), rng.uniform(60, 130), rng.uniform(150, 220)]))
    alpha = np.zeros((CANVAS, CANVAS), np.float32)
    if (both := rng.random()) < 0.7:
        width, top, lip = rng.uniform(8, 22), rng.uniform(-20, -12), rng.uniform(-7, 0)
        droop = rng.uniform(-6, 16)
        outline = [[-width * 0.4, top], [width * 0.4, top], [width, lip - 3 + droop], [width * 0.8, lip + droop]]
        outline += [[0, lip], [-width * 0.8, lip + droop], [-width, lip - 3 + droop]]
        alpha = polygon(MOUTH + np.array(outline, np.float32))
    if both > 0.45:
        cheek, width, chin = rng.uniform(-28, 14), rng.uniform(12, 40), rng.uniform(26, 46)
        outline = [[-width, cheek], [-width * 0.8, chin * 0.6], [-width * 0.4, chin], [width * 0.4, chin]]
        outline += [[width * 0.8, chin * 0.6], [width, cheek], [width * 0.6, max(cheek, -8)], [-width * 0.6, max(cheek, -8)]]
        free = ellipse(MOUTH + np.array([0, rng.uniform(0, 3)]), (rng.uniform(13, 20), rng.uniform(6, 11)))
        alpha = np.maximum(alpha, polygon(MOUTH + np.array(outline, np.float32)) * (1 - free))
    alpha = cv2.GaussianBlur(alpha, (0, 0), rng.uniform(0.6, 2.5)) * np.float32(rng.uniform(0.5, 1))
    alpha = np.clip(alpha * (1 + smooth_noise(rng, 48) * np.float32(rng.uniform(0, 0.4))), 0, 1)
    return blend(picture, Layer(np.clip(hair(rng, tone), 0, 255), alpha))


def _skin(crop: np.ndarray, rng: Rng) -> float:
    """A tone near that of the cheeks beside the mouth."""
    cheeks = np.concatenate([crop[30:50, 20:30].ravel(), crop[30:50, 66:76].ravel()])
    return float(np.clip(np.median(cheeks) * rng.uniform(0.75, 1.45), 12, 250))
