"""Embeddings of prepared tracks."""

import numpy as np
import torch

from lipgate.core.nets.mini import CROP_SIDE, Mini
from lipgate.core.sync.logmel import logmel
from training.measure import Embedded
from training.track import Track


def embed(net: Mini, track: Track) -> Embedded:
    """Embeddings of a whole track as it was recorded."""
    border = (track.crops.shape[1] - CROP_SIDE) // 2
    return embed_arrays(net, track, track.crops[:, border:-border, border:-border], track.sound)


@torch.inference_mode()  # type: ignore[untyped-decorator]
def embed_arrays(net: Mini, track: Track, crops: np.ndarray, sound: np.ndarray) -> Embedded:
    """Embeddings of a track's crops, uint8 (n, 64, 64), and sound, (m,), after something was done to them."""
    net.eval()
    device = next(net.parameters()).device
    video = net.video(torch.from_numpy(crops[None].astype(np.float32)).to(device))[0].cpu().numpy()
    audio = net.audio(torch.from_numpy(logmel(sound))[None].to(device))[0].cpu().numpy()
    return Embedded(track.name, video, audio, track.lead)
