"""The reference model: official SyncNet weights, fed exactly as joonson/syncnet_python feeds them."""

import math
from collections.abc import Sequence

import numpy as np

from lipgate.core.constants import COLUMNS_PER_FRAME, SAMPLES_PER_FRAME, WINDOW_COLUMNS, WINDOW_FRAMES
from lipgate.core.opencv import cv2
from lipgate.core.picture import Picture, bgr
from lipgate.core.runtime import Device, Network, open_network
from lipgate.core.sync.ear import DirectEar, OnStates, Samples
from lipgate.core.sync.mfcc import mfcc
from lipgate.core.weights.bundle import Bundle

SIDE = 224
"""Height and width of a crop, in pixels."""

CROP_SCALE = 0.40
"""Margin around the face: as a part of its size at the left and right, twice that below, none above."""

PADDING = 110
"""Grey of what lies outside the picture."""

_LIP_BATCH = 8
"""Lip windows at a time: about 25 MB of input."""

_AUDIO_BATCH = 64


class SyncNetModel:
    """Implements `lipgate.core.sync.model.SyncModel` with the networks of `lipgate.core.nets.syncnet`."""

    name = "syncnet"

    zero_padded = True
    crops_mouths = False

    video_context = 0
    sound_context = 1
    """The windows see only their own five frames, but the sound's pre-emphasis reaches one sample back and its last column
    240 samples on."""

    chunk_frames = 50

    def __init__(self, lip: Network, audio: Network) -> None:
        """Wrap the two branches, as `lipgate.core.nets.syncnet.SyncNet.lip` and `.audio`."""
        self._lip = lip
        self._audio = audio

    @classmethod
    def load(cls, bundle: Bundle, device: Device, threads: int = 0) -> "SyncNetModel":
        """Open the branches of installed weights.

        Raises:
            WeightsError: weights_missing, weights_mismatch.
        """
        return cls(open_network(bundle, "lip", device, threads), open_network(bundle, "audio", device, threads))

    def crop(self, frames: Sequence[Picture], boxes: np.ndarray, landmarks: np.ndarray) -> np.ndarray:  # noqa: ARG002
        """Cut faces out with the reference's margins (`crop_video` of run_pipeline.py).

        Args:
            frames: n pictures.
            boxes: float (n, 4), smoothed left, top, right, bottom.
            landmarks: not used.

        Returns:
            uint8 (n, 224, 224, 3), BGR.
        """
        return np.stack([_crop_face(bgr(frame), box) for frame, box in zip(frames, boxes, strict=True)])

    def embed_video(self, crops: np.ndarray) -> np.ndarray:
        """uint8 (n, 224, 224, 3) BGR, n >= 5, to float32 (n - 4, 1024)."""
        planes = crops.transpose(3, 0, 1, 2)
        windows = len(crops) - WINDOW_FRAMES + 1
        embeddings = []
        for start in range(0, windows, _LIP_BATCH):
            stop = min(start + _LIP_BATCH, windows)
            part = planes[:, start : stop + WINDOW_FRAMES - 1].astype(np.float32)
            batch = np.lib.stride_tricks.sliding_window_view(part, WINDOW_FRAMES, axis=1).transpose(1, 0, 4, 2, 3)
            embeddings.append(self._lip(frames=np.ascontiguousarray(batch))[0])
        return np.concatenate(embeddings)

    def listen(self, sound: Samples, on_states: OnStates | None = None) -> DirectEar:  # noqa: ARG002
        """See `SyncModel.listen`."""
        return DirectEar(sound, self.embed_audio, self.sound_context)

    def embed_audio(self, samples: np.ndarray) -> np.ndarray:
        """int16 (n * 640,), n >= 5, to float32 (n - 4, 1024).

        The last window's last column reaches past the end and sees silence there; the reference has no such window.
        """
        frames = len(samples) // SAMPLES_PER_FRAME
        columns = mfcc(samples, frames * COLUMNS_PER_FRAME).astype(np.float32)
        batch = np.lib.stride_tricks.sliding_window_view(columns, WINDOW_COLUMNS, axis=0)[::COLUMNS_PER_FRAME, None]
        parts = [batch[start : start + _AUDIO_BATCH] for start in range(0, len(batch), _AUDIO_BATCH)]
        return np.concatenate([self._audio(mfcc=np.ascontiguousarray(part))[0] for part in parts])


def _crop_face(frame: np.ndarray, box: np.ndarray) -> np.ndarray:
    """uint8 (224, 224, 3). The reference pads the whole picture first; its rounding depends on that padding and is kept."""
    left, top, right, bottom = (float(edge) for edge in box)
    half = max(right - left, bottom - top) / 2
    margin = int(half * (1 + 2 * CROP_SCALE))
    x = (left + right) / 2 + margin
    y = (top + bottom) / 2 + margin
    rows = math.trunc(y - half) - margin, math.trunc(y + half * (1 + 2 * CROP_SCALE)) - margin
    columns = math.trunc(x - half * (1 + CROP_SCALE)) - margin, math.trunc(x + half * (1 + CROP_SCALE)) - margin
    return cv2.resize(_cut(frame, rows, columns), (SIDE, SIDE))


def _cut(frame: np.ndarray, rows: tuple[int, int], columns: tuple[int, int]) -> np.ndarray:
    """A rectangle of a picture that may reach outside it; at least one pixel."""
    height, width = frame.shape[:2]
    (top, bottom), (left, right) = rows, columns
    canvas = np.full((max(1, bottom - top), max(1, right - left), 3), PADDING, np.uint8)
    inner_top, inner_bottom = max(top, 0), min(bottom, height)
    inner_left, inner_right = max(left, 0), min(right, width)
    if inner_top < inner_bottom and inner_left < inner_right:
        inside = frame[inner_top:inner_bottom, inner_left:inner_right]
        canvas[inner_top - top : inner_bottom - top, inner_left - left : inner_right - left] = inside
    return canvas
