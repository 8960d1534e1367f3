"""How far the lips of a filmed person are open: measured from how the chin moves against the nose."""

import numpy as np

from lipgate.core.opencv import cv2
from training.attacks.footage import Footage
from training.attacks.jaw import axes

_SIDE = 128
_UNIT = 46.0
"""Pixels of the crop from the eyes to the mouth."""
_MIDDLE = np.array([_SIDE / 2, 0.55 * _SIDE])
"""Where the middle of the mouth is in the crop."""


def opening(footage: Footage) -> np.ndarray:
    """How far the mouth is open: float32 (frames,), 0 (as closed as it gets) to 1 (as open).

    It is relative to the clip: a person who hardly opens the mouth spans the same range.
    """
    crops = np.stack([_upright(frame, marks) for frame, marks in zip(footage.frames, _steady(footage.landmarks), strict=True)])
    reference = crops[int(_darkness(crops).argmin())]
    flow = cv2.DISOpticalFlow.create(cv2.DISOPTICAL_FLOW_PRESET_FAST)
    drops = []
    for crop in crops:
        down = flow.calc(reference, crop, None)[..., 1]
        drops.append(_mean(down, 0.12, 0.5, 0.28) - _mean(down, -0.5, -0.2, 0.2))
    drop = np.convolve(np.pad(drops, 1, mode="edge"), [0.25, 0.5, 0.25], mode="valid")
    low, high = np.percentile(drop, [8, 96])
    return np.clip((drop - low) / max(high - low, 1e-3), 0.0, 1.0).astype(np.float32)


def portrait_frame(footage: Footage, rng: np.random.Generator) -> int:
    """Number of a frame that makes a portrait: the mouth rather closed, the eyes open."""
    closed = np.argsort(opening(footage), kind="stable")[: max(1, len(footage) // 5)]
    eyes = [_eye_contrast(footage.frames[i], footage.landmarks[i]) for i in closed]
    return int(rng.choice(closed[np.argsort(eyes, kind="stable")[len(closed) // 2 :]]))


def _steady(landmarks: np.ndarray) -> np.ndarray:
    """Landmarks whose mouth does not follow the jaw: corners rise and fall with it, and the crop must not."""
    return np.stack([np.median(landmarks[max(0, i - 3) : i + 4], axis=0) for i in range(len(landmarks))])


def _upright(frame: np.ndarray, landmarks: np.ndarray) -> np.ndarray:
    """Grey crop with the eyes level: uint8 (128, 128), turned and scaled by eyes and nose alone."""
    at = axes(landmarks)
    down = at[:, 1]
    unit = np.linalg.norm(down)
    across = np.array([down[1], -down[0]])
    linear = np.column_stack([across, down]) / _UNIT
    matrix = np.column_stack([linear, at[:, 2] - linear @ _MIDDLE])
    part = cv2.warpAffine(
        frame, matrix, (_SIDE, _SIDE), flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP, borderMode=cv2.BORDER_REPLICATE
    )
    if unit > 2 * _UNIT:  # a large face is smoothed, against aliasing
        part = cv2.GaussianBlur(part, (0, 0), 0.6)
    return cv2.cvtColor(part, cv2.COLOR_BGR2GRAY)


def _mean(field: np.ndarray, top: float, bottom: float, half: float) -> float:
    """Mean of a part of the crop that is told in units from the middle of the mouth."""
    (x, y), unit = _MIDDLE, _UNIT
    return float(field[round(y + top * unit) : round(y + bottom * unit), round(x - half * unit) : round(x + half * unit)].mean())


def _darkness(crops: np.ndarray) -> np.ndarray:
    (x, y), unit = _MIDDLE, _UNIT
    mouth = crops[:, round(y - 0.15 * unit) : round(y + 0.3 * unit), round(x - 0.3 * unit) : round(x + 0.3 * unit)]
    return np.clip(90.0 - mouth.astype(np.float32), 0, None).mean(axis=(1, 2))


def _eye_contrast(frame: np.ndarray, landmarks: np.ndarray) -> float:
    """Deviation of the grey of both eyes: lids have less than what is behind them."""
    half = 0.16 * float(np.linalg.norm(axes(landmarks)[:, 1]))
    parts = []
    for x, y in landmarks[:2]:
        part = frame[max(0, int(y - half)) : int(y + half) + 1, max(0, int(x - 1.4 * half)) : int(x + 1.4 * half) + 1]
        parts.append(float(part.mean(axis=-1).std()) if part.size else 0.0)
    return sum(parts)
