"""The embedded model: crops that sit still, one network in two runtimes. What it hears: tests/core/sync/test_hearing.py."""

import cv2
import numpy as np
import pytest

from lipgate.core.constants import SAMPLES_PER_FRAME, STATE_WIDTH
from lipgate.core.faces import mouth
from lipgate.core.faces.mouth import SIDE
from lipgate.core.runtime import open_network, open_torch
from lipgate.core.sync.mini import MiniModel
from lipgate.core.weights.store import find
from tests.core.gpu import TORCH_DEVICES
from training.puppet import recording


@pytest.fixture(scope="module")
def speech() -> np.ndarray:
    return recording()[: 16_000 * 8]


@pytest.fixture(scope="module")
def mini() -> MiniModel:
    return MiniModel.load(find("mini"), find("whisper"), "cpu")


@pytest.mark.parametrize("device", TORCH_DEVICES)
@pytest.mark.parametrize("branch", ["video", "audio"])
def test_both_runtimes_compute_the_same(branch: str, device: str) -> None:
    bundle = find("mini")
    rng = np.random.default_rng(5)
    inputs = {
        "video": {"crops": rng.integers(0, 256, (1, 40, SIDE, SIDE)).astype(np.float32)},
        "audio": {"states": rng.standard_normal((1, 80, STATE_WIDTH), dtype=np.float32)},
    }[branch]
    onnx = open_network(bundle, branch, "cpu")(**inputs)[0]
    torch = open_torch(bundle, branch, device)(**inputs)[0]
    assert onnx.shape == (1, 36, 128)
    np.testing.assert_allclose(onnx, torch, rtol=1e-4, atol=1e-4 * np.abs(torch).max())


class Spoken:
    """A sound that is all there."""

    def __init__(self, samples: np.ndarray) -> None:
        self.samples = samples

    def window(self, start: int, stop: int) -> np.ndarray:
        return self.samples[start * SAMPLES_PER_FRAME : stop * SAMPLES_PER_FRAME]

    def reach(self, stop: int) -> int:
        return stop


def test_embeddings_of_both_branches_have_one_length(mini: MiniModel, speech: np.ndarray) -> None:
    rng = np.random.default_rng(0)
    video = mini.embed_video(rng.integers(0, 256, (12, SIDE, SIDE), np.uint8))
    lengths = np.linalg.norm(np.concatenate([video, mini.listen(Spoken(speech)).embed(0, 100)]), axis=1)
    np.testing.assert_allclose(lengths, lengths[0], rtol=1e-3)


@pytest.mark.parametrize(("scale", "angle"), [(1.0, 0), (3.0, 20), (8.0, -30), (0.7, 90)])
def test_crops_are_upright_and_of_one_size(scale: float, angle: float) -> None:
    frame = np.full((720, 1280, 3), 40, np.uint8)
    turn = cv2.getRotationMatrix2D((0, 0), angle, scale)[:, :2]
    points = (mouth.UNITS @ turn.T + [640, 360]).astype(np.float32)
    corner = points[3]
    cv2.circle(frame, (round(corner[0]), round(corner[1])), max(2, round(2 * scale)), (255, 255, 255), -1)
    crop = mouth.cut([frame], points[None], SIDE)[0]
    y, x = np.argwhere(crop > 120).mean(axis=0)
    expected = mouth.UNITS[3] * mouth.PIXELS_PER_UNIT + [SIDE / 2, SIDE / 2 - mouth.MOUTH_ABOVE_MIDDLE]
    assert (x, y) == pytest.approx(tuple(expected), abs=1.2)


def test_a_mouth_at_the_edge_of_the_picture_still_gives_a_crop() -> None:
    frame = np.full((100, 100, 3), 90, np.uint8)
    outside = mouth.UNITS + np.array([300, -200], np.float32)
    assert (mouth.cut([frame], outside[None], SIDE) == 90).all()
