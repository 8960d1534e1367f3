"""Embeddings of prepared tracks."""

import numpy as np
import torch

from lipgate.core.nets.mini import CROP_SIDE, Mini
from training.measure import Embedded
from training.track import Hearing, Track


def embed(net: Mini, track: Track, hearing: Hearing | None = None, crops: np.ndarray | None = None) -> Embedded:
    """Embeddings of a whole track: as it was recorded, or after something was done to it.

    Args:
        track: with at least one hearing.
        hearing: of the same speed and beginning as the recording; the first by default.
        crops: uint8 (n, 64, 64); the middle of the track's own by default.
    """
    border = (track.crops.shape[1] - CROP_SIDE) // 2
    pictures = track.crops[:, border:-border, border:-border] if crops is None else crops
    heard = (hearing or track.hearings[0]).states
    return Embedded(track.name, _video(net, pictures), _audio(net, heard), track.lead)


@torch.inference_mode()  # type: ignore[untyped-decorator]
def _video(net: Mini, crops: np.ndarray) -> np.ndarray:
    net.eval()
    device = next(net.parameters()).device
    return net.video(torch.from_numpy(crops[None].astype(np.float32)).to(device))[0].cpu().numpy()


@torch.inference_mode()  # type: ignore[untyped-decorator]
def _audio(net: Mini, states: np.ndarray) -> np.ndarray:
    net.eval()
    device = next(net.parameters()).device
    return net.audio(torch.from_numpy(states[None].astype(np.float32)).to(device))[0].cpu().numpy()
