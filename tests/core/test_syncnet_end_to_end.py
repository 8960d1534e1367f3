"""The official model through the whole pipeline equals the reference's own steps on the crops that the pipeline kept."""

import json
import subprocess
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch

from lipgate.core.media import ffmpeg
from lipgate.core.models import Models
from lipgate.core.nets.syncnet import SyncNet
from lipgate.core.pipeline import Options, score
from lipgate.core.settings import settings
from lipgate.core.sync.mfcc import mfcc
from lipgate.core.weights.install import import_file
from tests.core.golden_weights import golden_state

VSHIFT = 15


def decoded(path: Path, *output: str) -> bytes:
    command = [ffmpeg.program(), "-v", "error", "-i", str(path), *output, "-"]
    return subprocess.run(command, check=True, capture_output=True).stdout


def reference_distances(net: SyncNet, crops: np.ndarray, samples: np.ndarray) -> np.ndarray:
    """SyncNetInstance.evaluate, written out: windows of both streams, zero-padded search, pairwise_distance."""
    columns = mfcc(samples).astype(np.float32).T
    windows = min(len(crops), len(samples) // 640) - 5
    planes = torch.from_numpy(crops.transpose(3, 0, 1, 2).astype(np.float32))
    with torch.inference_mode():
        lips = torch.cat([net.lip(planes[None, :, i : i + 5]) for i in range(windows)])
        sounds = torch.cat([net.audio(torch.from_numpy(columns[None, None, :, 4 * i : 4 * i + 20])) for i in range(windows)])
        padded = torch.nn.functional.pad(sounds, (0, 0, VSHIFT, VSHIFT))
        rows = [torch.nn.functional.pairwise_distance(lips[[i]], padded[i : i + 2 * VSHIFT + 1]) for i in range(windows)]
    return torch.stack(rows).numpy()


def test_scores_equal_the_reference_on_the_same_crops(
    puppet: Callable[..., Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LIPGATE_WEIGHTS_DIR", str(tmp_path / "weights"))
    monkeypatch.setenv("LIPGATE_ALLOW_UNVERIFIED_WEIGHTS", "1")
    settings.cache_clear()
    try:
        state = {name: torch.from_numpy(value) for name, value in golden_state("syncnet").items()}
        torch.save(state, tmp_path / "syncnet_v2.model")
        import_file(tmp_path / "syncnet_v2.model", "syncnet")
        report = score(puppet(seconds=8.0), Models.load("syncnet"), Options(artifacts=tmp_path / "kept")).to_dict()
    finally:
        settings.cache_clear()

    avi = tmp_path / "kept" / "00000.avi"
    crops = np.frombuffer(decoded(avi, "-f", "rawvideo", "-pix_fmt", "bgr24"), np.uint8).reshape(-1, 224, 224, 3)
    samples = np.frombuffer(decoded(avi, "-f", "s16le"), "<i2")
    net = SyncNet()
    net.load_state_dict(state)
    expected = reference_distances(net.eval(), crops, samples)

    found = np.load(tmp_path / "kept" / "00000_distances.npy")
    np.testing.assert_allclose(found, expected, rtol=1e-4)
    curve = expected.astype(np.float64).mean(axis=0)
    assert report["verified"] is False
    assert report["offset_frames"] == VSHIFT - int(curve.argmin())
    assert report["min_dist"] == pytest.approx(curve.min(), rel=1e-4)
    assert report["confidence"] == pytest.approx(np.median(curve) - curve.min(), rel=1e-3, abs=1e-4)
    assert json.loads(json.dumps(report))["model"]["name"] == "syncnet"
