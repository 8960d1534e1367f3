"""The steps of joonson/syncnet_python in its order and at its sizes, with this project's copies of both networks.

Their weights are random, which takes the same time as good ones do. A detector with random weights sees no face, so the faces are
told from outside and stand still for the whole clip; the network looks at every picture all the same. What is between the
networks is done as there: an AVI and a folder of JPEGs, scenes on the AVI, crops through a second AVI and JPEGs, windows in
batches of 20, three-dimensional convolutions.
"""

import subprocess
import tempfile
import time
import wave
from pathlib import Path
from typing import Any

import numpy as np
import torch
from scenedetect import ContentDetector, detect
from torch import Tensor, nn

from lipgate.core.constants import (
    AUDIO_RATE,
    COLUMNS_PER_FRAME,
    SAMPLES_PER_FRAME,
    VIDEO_FPS,
    VSHIFT,
    WINDOW_COLUMNS,
    WINDOW_FRAMES,
)
from lipgate.core.faces.s3fd import S3fd
from lipgate.core.media.ffmpeg import program
from lipgate.core.nets.s3fd import S3FD
from lipgate.core.nets.syncnet import SyncNet
from lipgate.core.opencv import cv2
from lipgate.core.runtime import TorchNetwork
from lipgate.core.stopwatch import Stopwatch
from lipgate.core.sync.mfcc import mfcc
from lipgate.core.sync.syncnet import CROP_SCALE, PADDING, SIDE

BATCH = 20
"""Windows at a time (`--batch_size`)."""

DETECTOR_SCALE = 0.25
"""`--facedet_scale`."""

_NO_FACE = 10.0
"""Added to what speaks against a face, so that a random network does not see thousands."""

_AVI = ["-c:v", "mpeg4", "-q:v", "2"]


def run(request: dict[str, Any]) -> dict[str, Any]:
    """Go through a clip several times. Args and result: see `bench.speed.worker`."""
    began = time.perf_counter()
    torch.manual_seed(0)
    nets = Reference(request["device"])
    load_s = time.perf_counter() - began
    seconds, stages = [], []
    for _ in range(request["rounds"]):
        watch = Stopwatch()
        began = time.perf_counter()
        with tempfile.TemporaryDirectory() as folder:
            nets.go(Path(request["clip"]), np.array(request["boxes"], float).reshape(-1, 4), Path(folder), watch)
        seconds.append(time.perf_counter() - began)
        stages.append(watch.milliseconds)
    return {"load_s": load_s, "seconds": seconds, "stages_ms": stages, "tracks": len(request["boxes"])}


class Reference:
    """Both networks, and the way of a clip through them."""

    def __init__(self, device: str) -> None:
        """Args: device: cpu or cuda."""
        self._device = device
        heads = S3FD().eval().to(device)
        for head in heads.conf:
            assert isinstance(head, nn.Conv2d)  # noqa: S101
            assert head.bias is not None  # noqa: S101
            head.bias.data[:-1] += _NO_FACE
        self._detector = S3fd(TorchNetwork(heads.forward, device), DETECTOR_SCALE)
        self._net = SyncNet().eval().to(device)

    def go(self, clip: Path, boxes: np.ndarray, folder: Path, watch: Stopwatch) -> list[Tensor]:
        """Take a clip through all steps.

        Args:
            clip: a local file with picture and sound.
            boxes: float (faces, 4), left, top, right, bottom in pixels.
            folder: an empty one.
            watch: told the time of each step.

        Returns:
            For each face its distances, float32 (windows, 31).
        """
        avi, sound, pictures = folder / "video.avi", folder / "audio.wav", folder / "frames"
        with watch.stage("decode"):
            _ffmpeg("-i", clip, *_AVI, "-r", str(VIDEO_FPS), avi)
            files = _jpegs(avi, pictures, "-q:v", "2")
            _ffmpeg("-i", avi if clip.suffix == ".avi" else clip, "-vn", "-ac", "1", "-ar", str(AUDIO_RATE), sound)
        with watch.stage("faces"):
            for file in files:
                self._detector.detect(_read(file))
        with watch.stage("scenes"):
            detect(str(avi), ContentDetector())
        found = []
        for number, box in enumerate(boxes):
            own = folder / f"{number:05d}"
            own.mkdir()
            with watch.stage("crops"):
                cropped = _crop(files, box, sound, own)
            with watch.stage("sync"):
                found.append(self._evaluate(cropped, own))
        return found

    def _evaluate(self, cropped: Path, folder: Path) -> Tensor:
        files, sound = _jpegs(cropped, folder / "crops"), folder / "evaluated.wav"
        _ffmpeg("-i", cropped, "-vn", "-ac", "1", "-ar", str(AUDIO_RATE), "-af", "aresample=async=1", sound)
        stacked = np.stack([_read(file) for file in files], axis=3)[None].transpose(0, 3, 4, 1, 2)
        planes = torch.from_numpy(stacked.astype(float)).float()
        with wave.open(str(sound)) as heard:
            samples = np.frombuffer(heard.readframes(heard.getnframes()), "<i2")
        columns = torch.from_numpy(mfcc(samples).T[None, None].astype(np.float32))
        windows = min(len(files), len(samples) // SAMPLES_PER_FRAME) - WINDOW_FRAMES
        lips, sounds = [], []
        with torch.inference_mode():
            for start in range(0, windows, BATCH):
                batch = range(start, min(windows, start + BATCH))
                seen = torch.cat([planes[:, :, at : at + WINDOW_FRAMES] for at in batch]).to(self._device)
                lips.append(self._net.netfclip(self._net.netcnnlip(seen).flatten(1)).cpu())
                edges = [at * COLUMNS_PER_FRAME for at in batch]
                told = torch.cat([columns[..., edge : edge + WINDOW_COLUMNS] for edge in edges]).to(self._device)
                sounds.append(self._net.audio(told).cpu())
            return _distances(torch.cat(lips), torch.cat(sounds))


def _distances(lips: Tensor, sounds: Tensor) -> Tensor:
    padded = nn.functional.pad(sounds, (0, 0, VSHIFT, VSHIFT))
    width = 2 * VSHIFT + 1
    rows = [nn.functional.pairwise_distance(lips[[at]].repeat(width, 1), padded[at : at + width]) for at in range(len(lips))]
    return torch.stack(rows)


def _crop(files: list[Path], box: np.ndarray, sound: Path, folder: Path) -> Path:
    """Cut a face out of every picture into a video with sound (`crop_video`)."""
    silent, piece, whole = folder / "silent.avi", folder / "piece.wav", folder / "whole.avi"
    writer = cv2.VideoWriter(str(silent), cv2.VideoWriter.fourcc(*"XVID"), VIDEO_FPS, (SIDE, SIDE))
    half = max(box[3] - box[1], box[2] - box[0]) / 2
    margin = int(half * (1 + 2 * CROP_SCALE))
    x, y = (box[0] + box[2]) / 2 + margin, (box[1] + box[3]) / 2 + margin
    rows = slice(int(y - half), int(y + half * (1 + 2 * CROP_SCALE)))
    columns = slice(int(x - half * (1 + CROP_SCALE)), int(x + half * (1 + CROP_SCALE)))
    for file in files:
        picture = _read(file)
        padded = np.pad(picture, ((margin, margin), (margin, margin), (0, 0)), "constant", constant_values=PADDING)
        writer.write(cv2.resize(padded[rows, columns], (SIDE, SIDE)))
    writer.release()
    _ffmpeg("-i", sound, "-t", f"{len(files) / VIDEO_FPS:.3f}", piece)
    _ffmpeg("-i", silent, "-i", piece, "-c:v", "copy", "-c:a", "copy", whole)
    return whole


def _jpegs(video: Path, folder: Path, *quality: str) -> list[Path]:
    folder.mkdir()
    _ffmpeg("-i", video, *quality, "-threads", "1", "-f", "image2", folder / "%06d.jpg")
    return sorted(folder.glob("*.jpg"))


def _read(file: Path) -> np.ndarray:
    picture = cv2.imread(str(file))
    assert picture is not None  # noqa: S101
    return picture


def _ffmpeg(*arguments: str | Path) -> None:
    subprocess.run([program(), "-v", "error", "-nostdin", "-y", *map(str, arguments)], check=True, capture_output=True)
