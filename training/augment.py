"""What may happen to a recording on its way to us, done to the training data."""

import cv2
import numpy as np

from lipgate.core.constants import AUDIO_RATE
from lipgate.core.nets.mini import CROP_SIDE

Rng = np.random.Generator


def _chance(rng: Rng, probability: float) -> bool:
    return bool(rng.random() < probability)


def mouths(crops: np.ndarray, rng: Rng, *, strong: bool) -> np.ndarray:
    """Distort a run of mouth crops the same way, as another head, camera or codec would.

    Args:
        crops: uint8 (n, 96, 96).
        strong: all of it; else only another head and light.

    Returns:
        uint8 (n, 64, 64).
    """
    if not strong:
        return _light(_geometry(crops, rng), rng)
    crops = _geometry(_frame_rate(crops, rng), rng)
    if _chance(rng, 0.5):
        crops = _bend(crops, rng)
    if _chance(rng, 0.3):
        crops = _texture(crops, rng)
    crops = _light(crops, rng)
    if _chance(rng, 0.35):
        crops = _soften(crops, rng.uniform(0.3, 0.9))
    if _chance(rng, 0.3):
        crops = _compress(crops, int(rng.integers(8, 60)))
    if _chance(rng, 0.2):
        crops = _cover(crops, rng)
    if _chance(rng, 0.5):
        noise = rng.standard_normal(crops.shape, dtype=np.float32) * np.float32(rng.uniform(1, 10))
        crops = np.clip(crops + noise, 0, 255).astype(np.uint8)
    return crops


def _frame_rate(crops: np.ndarray, rng: Rng) -> np.ndarray:
    """Cameras below 25 fps: some pictures are the one before."""
    if not _chance(rng, 0.2):
        return crops
    rate = rng.choice([12.5, 15, 20, 24])
    at = np.arange(len(crops)) * rate / 25 + rng.random()
    return crops[np.clip(np.round((np.floor(at) - at[0] % 1) * 25 / rate).astype(int), 0, len(crops) - 1)]


def _geometry(crops: np.ndarray, rng: Rng) -> np.ndarray:
    """Another head, another pose: one projection for the run, with a trembling hand on the camera."""
    count = len(crops)
    angles = np.deg2rad(rng.normal(0, 7) + np.cumsum(rng.normal(0, 0.3, count)))
    scale = np.exp(rng.normal(0, 0.12)) * np.array([_turned(rng), np.exp(rng.normal(0, 0.07))])
    mirror = -1 if _chance(rng, 0.5) else 1
    lens = np.eye(3)
    lens[:2, :2] = np.array([[1, rng.normal(0, 0.08)], [0, 1]]) @ np.diag(scale * [mirror, 1])
    lens[2, :2] = rng.normal(0, 0.0025, 2)
    shift = np.clip(rng.normal(0, 2.5, 2), -7, 7)
    shifts = shift + rng.normal(0, rng.uniform(0, 0.7), (count, 2)) + np.cumsum(rng.normal(0, 0.1, (count, 2)), axis=0)
    to_middle, from_middle = np.eye(3), np.eye(3)
    to_middle[:2, 2] = -CROP_SIDE / 2
    from_middle[:2, 2] = crops.shape[1] / 2
    out = np.empty((count, CROP_SIDE, CROP_SIDE), np.uint8)
    flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    for target, crop, angle, move in zip(out, crops, angles, shifts, strict=True):
        turn = np.array([[np.cos(angle), -np.sin(angle), move[0]], [np.sin(angle), np.cos(angle), move[1]], [0, 0, 1]])
        warp = from_middle @ turn @ lens @ to_middle
        target[:] = cv2.warpPerspective(crop, warp, (CROP_SIDE, CROP_SIDE), flags=flags, borderMode=cv2.BORDER_REPLICATE)
    return out


def _turned(rng: Rng) -> float:
    """Stretch that undoes the width of a face: a head turned away shows a narrower mouth."""
    return float(np.exp(abs(rng.normal(0, 0.2)))) if _chance(rng, 0.4) else float(np.exp(rng.normal(0, 0.07)))


def _bend(crops: np.ndarray, rng: Rng) -> np.ndarray:
    """Another mouth: the same smooth displacement in all pictures, of a few pixels."""
    coarse = rng.normal(0, rng.uniform(0.5, 2.0), (2, 5, 5)).astype(np.float32)
    x, y = (cv2.resize(field, (CROP_SIDE, CROP_SIDE), interpolation=cv2.INTER_CUBIC) for field in coarse)
    at = np.arange(CROP_SIDE, dtype=np.float32)
    x, y = x + at, y + at[:, None]
    return np.stack([cv2.remap(crop, x, y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE) for crop in crops])


def _texture(crops: np.ndarray, rng: Rng) -> np.ndarray:
    """Another skin and lens: one random filter over all pictures, which keeps shapes and changes their texture."""
    side = int(rng.choice([3, 5]))
    kernel = rng.normal(0, 0.6 / side, (side, side)).astype(np.float32)
    kernel[side // 2, side // 2] += rng.uniform(0.5, 1.5)
    kernel *= np.sign(kernel.sum())  # light stays light
    tall = crops.reshape(-1, CROP_SIDE)
    filtered = cv2.filter2D(tall, cv2.CV_32F, kernel)
    share = np.float32(rng.uniform(0.3, 1.0))
    filtered = (filtered - filtered.mean()) * np.float32(tall.std() / (filtered.std() + 1)) + tall.mean()
    mixed = share * filtered + (1 - share) * tall
    return np.clip(mixed, 0, 255).astype(np.uint8).reshape(crops.shape)


def _light(crops: np.ndarray, rng: Rng) -> np.ndarray:
    gamma = np.exp(rng.normal(0, 0.25))
    contrast, brightness = rng.uniform(0.6, 1.4), rng.uniform(-40, 40)
    table = (np.linspace(0, 1, 256) ** gamma * 255 - 128) * contrast + 128 + brightness
    out = cv2.LUT(crops.reshape(-1, CROP_SIDE), np.clip(table, 0, 255).astype(np.uint8)).reshape(crops.shape)
    if _chance(rng, 0.3):  # light from one side
        ramp = np.linspace(-1, 1, CROP_SIDE, dtype=np.float32) * np.float32(rng.uniform(-0.5, 0.5)) + 1
        out = np.clip(out * (ramp[None, None, :] if _chance(rng, 0.7) else ramp[None, :, None]), 0, 255).astype(np.uint8)
    return out


def _soften(crops: np.ndarray, scale: float) -> np.ndarray:
    """A smaller face, or one out of focus."""
    side = max(12, round(CROP_SIDE * scale))
    small = [cv2.resize(crop, (side, side), interpolation=cv2.INTER_AREA) for crop in crops]
    return np.stack([cv2.resize(crop, (CROP_SIDE, CROP_SIDE), interpolation=cv2.INTER_LINEAR) for crop in small])


def _compress(crops: np.ndarray, quality: int) -> np.ndarray:
    out = np.empty_like(crops)
    for target, crop in zip(out, crops, strict=True):
        target[:] = cv2.imdecode(cv2.imencode(".jpg", crop, [cv2.IMWRITE_JPEG_QUALITY, quality])[1], cv2.IMREAD_GRAYSCALE)
    return out


def _cover(crops: np.ndarray, rng: Rng) -> np.ndarray:
    """A microphone, a beard's edge, a caption: a patch that stays."""
    out = crops.copy()
    width, height = rng.integers(6, 26, 2)
    x, y = rng.integers(0, CROP_SIDE - width), rng.integers(0, CROP_SIDE - height)
    out[:, y : y + height, x : x + width] = rng.integers(0, 256)
    return out


def sound(samples: np.ndarray, others: list[np.ndarray], rng: Rng, *, strong: bool) -> np.ndarray:
    """Another room, microphone, line or crowd. Keeps every sound where it is in time.

    Args:
        samples: float32 (n,), full scale 32768.
        others: voices to babble with, each float32 (n,).
        strong: all of it; else only another gain.

    Returns:
        float32 (n,).
    """
    if not strong:
        return (samples * 10 ** (rng.uniform(-10, 0) / 20)).astype(np.float32)
    if _chance(rng, 0.3):
        samples = _reverberate(samples, rng)
    level = np.sqrt(np.mean(samples**2)) + 1e-3
    if _chance(rng, 0.4):
        noise = _coloured_noise(len(samples), rng.uniform(0, 1.2), rng)
        samples = samples + noise * level * 10 ** (-rng.uniform(3, 30) / 20)
    if others and _chance(rng, 0.25):
        babble = np.sum(others, axis=0)
        samples = samples + babble / (np.sqrt(np.mean(babble**2)) + 1e-3) * level * 10 ** (-rng.uniform(5, 25) / 20)
    if _chance(rng, 0.4):
        samples = _equalise(samples, rng)
    samples = samples * 10 ** (rng.uniform(-20, 10) / 20)
    return np.clip(samples, -32768, 32767).astype(np.float32)


def _fft_size(count: int) -> int:
    """A size that transforms quickly."""
    return 1 << (count - 1).bit_length()


def _coloured_noise(count: int, slope: float, rng: Rng) -> np.ndarray:
    spectrum = np.fft.rfft(rng.standard_normal(_fft_size(count), dtype=np.float32))
    spectrum /= np.maximum(np.arange(len(spectrum), dtype=np.float32), 20) ** np.float32(slope)
    noise = np.fft.irfft(spectrum)[:count]
    return noise / (noise.std() + 1e-9)


def _reverberate(samples: np.ndarray, rng: Rng) -> np.ndarray:
    length = int(AUDIO_RATE * rng.uniform(0.05, 0.5))
    tail = rng.standard_normal(length) * 10 ** (-3 * np.arange(length) / length) * np.sqrt(3 / length)
    tail *= rng.uniform(0.1, 0.8)
    tail[0] = 1
    size = _fft_size(len(samples) + length)
    return np.fft.irfft(np.fft.rfft(samples, size) * np.fft.rfft(tail, size), size)[: len(samples)]


def _equalise(samples: np.ndarray, rng: Rng) -> np.ndarray:
    """A tilt and a band: small speakers, telephones, muffled rooms."""
    size = _fft_size(len(samples))
    spectrum = np.fft.rfft(samples, size)
    hertz = np.fft.rfftfreq(size, 1 / AUDIO_RATE)
    gain = (np.maximum(hertz, 50) / 1000) ** rng.uniform(-0.5, 0.5)
    if _chance(rng, 0.4):
        gain = gain * (hertz > rng.uniform(50, 400)) * (hertz < rng.uniform(3000, 7800))
    return np.fft.irfft(spectrum * gain, size)[: len(samples)]


def states(heard: np.ndarray, rng: Rng, *, strong: bool) -> np.ndarray:
    """Change what the encoder heard, float32 (n, 768): numbers and moments that are missing, a little noise on all."""
    if not strong:
        return heard
    kept = rng.random(heard.shape[1]) > rng.uniform(0, 0.2)
    heard = heard * np.asarray(kept, np.float32)
    if _chance(rng, 0.5):
        heard = heard + rng.standard_normal(heard.shape, dtype=np.float32) * np.float32(rng.uniform(0, 0.15))
    for _ in range(rng.integers(0, 3)):
        first = rng.integers(0, len(heard))
        heard[first : first + rng.integers(1, 9)] = 0
    return heard
