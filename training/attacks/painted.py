"""Grey levels laid on a mouth that the sync network's own gradient found: what whoever has its weights can do in an afternoon.

Szegedy et al. 2014 (the attack), Athalye et al. 2018 (drawn anew at each step, so that it survives coding and cropping).
"""

from collections.abc import Iterator

import numpy as np
import torch
from safetensors.torch import load
from torch.nn import functional

from lipgate.core.faces import mouth
from lipgate.core.nets.spec import spec_of
from lipgate.core.opencv import cv2
from lipgate.core.weights.store import find
from training.attacks import network
from training.attacks.footage import Footage
from training.attacks.forgery import Forgery, Material

LEVELS = 12.0
"""By how many grey levels a pixel is changed at most."""

_STEPS = 30
_RATE = 4.0
_COARSE = mouth.SIDE // 2
"""Side of what is drawn: finer than this an encoder takes away."""

_SHAKEN, _NOISE = 2, 3.0
"""Pixels and grey levels by which the crop of the one who is deceived may differ."""

_APART = (-15, -11, -8, -6, 6, 8, 11, 15)
"""Shifts in frames at which the sound must not fit."""


_PACES = (1, 4)
"""Pictures from which to which paint is drawn anew; in between it goes over smoothly, so as not to flicker."""


def painted_lips(material: Material) -> Forgery:
    """A filmed face that hears foreign speech: its mouth is changed by so little that few will see it, until the sound fits."""
    clip = material.clip
    voice = material.voice(len(clip.sound))
    pace = int(material.rng.choice(_PACES))
    crops = mouth.cut(list(clip.frames), clip.landmarks, mouth.SIDE)
    paint = _paint(crops, network.heard(voice), pace, material.rng)
    style = f"{np.abs(paint).mean():.1f} grey levels on the mean, drawn every {pace} pictures"
    return Forgery(_painted(clip, paint), voice, style)


def _paint(crops: np.ndarray, heard: np.ndarray, pace: int, rng: np.random.Generator) -> np.ndarray:
    """What to add to crops, uint8 (n, 64, 64), so that they fit embeddings of a sound, (n - 4, width): float32 (n, 64, 64)."""
    net = spec_of("mini").build()
    net.load_state_dict(load(find("mini").read_source()))
    net.eval().requires_grad_(False)
    seen, sound = torch.from_numpy(crops.astype(np.float32))[None], torch.from_numpy(heard.astype(np.float32))
    drawn = torch.zeros(1, _COARSE * _COARSE, -(-len(crops) // pace), requires_grad=True)
    optimizer = torch.optim.Adam([drawn], lr=_RATE)
    for _ in range(_STEPS):
        shift = rng.integers(-_SHAKEN, _SHAKEN + 1, 2).tolist()
        noise = torch.from_numpy(rng.normal(0, _NOISE, crops.shape).astype(np.float32))
        changed = torch.roll((seen + _fine(drawn, len(crops))).clamp(0, 255), shift, (2, 3)) + noise
        alike = functional.normalize(net.video(changed)[0], dim=-1) @ sound.T
        elsewhere = torch.stack([alike.diagonal(by).mean() for by in _APART if abs(by) < len(alike)])
        loss = 0.3 * elsewhere.mean() - alike.diagonal().mean()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    return _fine(drawn, len(crops))[0].detach().numpy()


def _fine(drawn: torch.Tensor, count: int) -> torch.Tensor:
    """Paint as drawn now and then, (1, pixels, m), on every one of so many pictures: (1, count, 64, 64)."""
    limited = LEVELS * torch.tanh(drawn / LEVELS)
    if limited.shape[-1] < count:
        limited = functional.interpolate(limited, size=count, mode="linear", align_corners=True)
    pictures = limited.transpose(1, 2).unflatten(-1, (_COARSE, _COARSE))
    return functional.interpolate(pictures, size=(mouth.SIDE, mouth.SIDE), mode="bilinear", align_corners=False)


def _painted(clip: Footage, paint: np.ndarray) -> Iterator[np.ndarray]:
    for frame, levels, matrix in zip(clip.frames, paint, mouth.to_crop(clip.landmarks), strict=True):
        laid = cv2.warpAffine(levels, matrix, frame.shape[1::-1], flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP)
        yield np.clip(frame + laid[..., None] + 0.5, 0, 255).astype(np.uint8)
