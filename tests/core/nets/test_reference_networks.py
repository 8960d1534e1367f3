"""SyncNet and S3FD give the reference's numbers, through PyTorch and through ONNX.

The weights are drawn by the rule in golden/README.md, saved as the official files are, and imported as an operator would.
"""

import subprocess
import sys

import cv2
import numpy as np
import pytest
import torch

from lipgate.core.constants import SAMPLES_PER_FRAME
from lipgate.core.faces.s3fd import S3fd, decode, prepare
from lipgate.core.nets.spec import spec_of
from lipgate.core.runtime import OnnxNetwork, open_network, open_torch
from lipgate.core.settings import settings
from lipgate.core.sync.distances import fill_with_zero_vectors, pair_distances, search
from lipgate.core.sync.syncnet import SyncNetModel
from lipgate.core.weights.install import import_file
from lipgate.core.weights.store import Bundle, find
from tests.core.golden_weights import golden, golden_state
from tests.core.gpu import TORCH_DEVICES


@pytest.fixture(scope="module")
def bundles(tmp_path_factory) -> dict[str, Bundle]:
    folder = tmp_path_factory.mktemp("weights")
    with pytest.MonkeyPatch.context() as patch:
        for name in ("MODEL_PATH", "DETECTOR_PATH", "LIPGATE_MODEL_PATH", "LIPGATE_DETECTOR_PATH"):
            patch.delenv(name, raising=False)
        patch.setenv("LIPGATE_WEIGHTS_DIR", str(folder))
        patch.setenv("LIPGATE_ALLOW_UNVERIFIED_WEIGHTS", "1")
        settings.cache_clear()
        for name in ("syncnet", "s3fd"):
            original = folder / f"{name}.pth"
            torch.save({key: torch.from_numpy(value) for key, value in golden_state(name).items()}, original)
            import_file(original, name)
        found = {name: find(name) for name in ("syncnet", "s3fd")}
    settings.cache_clear()
    return found


@pytest.fixture(scope="module", params=["onnx", *TORCH_DEVICES])
def open_branch(request, bundles):
    if request.param == "onnx":
        return lambda name, branch: open_network(bundles[name], branch, "cpu", 2)
    return lambda name, branch: open_torch(bundles[name], branch, request.param)


@pytest.fixture(scope="module")
def frames() -> tuple[np.ndarray, np.ndarray]:
    """60 noise crops and 240 columns of noise, as golden/README.md says."""
    generator = np.random.Generator(np.random.PCG64(7))
    pictures = generator.integers(0, 256, (60, 224, 224, 3), dtype=np.uint8)
    return pictures, generator.standard_normal((13, 240)).astype(np.float32) * 10


@pytest.fixture(scope="module")
def picture() -> np.ndarray:
    """The S3FD picture, BGR."""
    return np.random.Generator(np.random.PCG64(11)).integers(0, 256, (96, 128, 3), dtype=np.uint8)[:, :, ::-1].copy()


@pytest.mark.parametrize("name", ["syncnet", "s3fd"])
def test_state_dict_is_that_of_the_official_file(name):
    state = spec_of(name).build().state_dict()
    assert {key: list(value.shape) for key, value in state.items()} == golden(name)["state_dict"]
    assert list(state) == list(golden(name)["state_dict"])


def test_syncnet_gives_the_reference_distances(open_branch, frames):
    expected = golden("syncnet")
    pictures, mfcc = frames
    model = SyncNetModel(open_branch("syncnet", "lip"), open_branch("syncnet", "audio"))
    video = model.embed_video(pictures)[:55]
    windows = np.stack([mfcc[None, :, 4 * index : 4 * index + 20] for index in range(55)])
    audio = open_branch("syncnet", "audio")(mfcc=windows)[0]
    np.testing.assert_allclose(video[0, :8], expected["lip0"], rtol=1e-4, atol=2e-5)
    np.testing.assert_allclose(audio[0, :8], expected["aud0"], rtol=1e-4, atol=2e-5)
    result = search(fill_with_zero_vectors(pair_distances(video, audio, lead=0), video))
    np.testing.assert_allclose(result.curve, expected["mean_dists"], rtol=1e-4)
    assert result.offset_frames == expected["offset"]
    assert result.min_dist == pytest.approx(expected["min_dist"], rel=1e-4)
    assert result.confidence == pytest.approx(expected["confidence"], rel=1e-4)


def test_syncnet_embeds_every_window_once_whatever_the_chunk(bundles, frames):
    model = SyncNetModel.load(bundles["syncnet"], "cpu", 2)
    pictures = frames[0][:14]
    sound = np.random.Generator(np.random.PCG64(3)).normal(0, 3000, 14 * SAMPLES_PER_FRAME).astype(np.int16)
    video, audio = model.embed_video(pictures), model.embed_audio(sound)
    assert video.shape == audio.shape == (10, 1024)
    np.testing.assert_allclose(model.embed_video(pictures[3:12]), video[3:8], rtol=1e-4, atol=1e-4)
    context = model.sound_context
    part = model.embed_audio(sound[(3 - context) * SAMPLES_PER_FRAME : (12 + context) * SAMPLES_PER_FRAME])
    np.testing.assert_allclose(part[context:-context], audio[3:8], rtol=1e-4, atol=1e-4)


def _reference_crop(frame: np.ndarray, box: tuple[float, ...]) -> np.ndarray:
    """What run_pipeline.py describes: pad everywhere by the margin, then slice."""
    left, top, right, bottom = box
    half = max(right - left, bottom - top) / 2
    margin = int(half * 1.8)
    padded = cv2.copyMakeBorder(frame, margin, margin, margin, margin, cv2.BORDER_CONSTANT, value=(110, 110, 110))
    x, y = (left + right) / 2 + margin, (top + bottom) / 2 + margin
    face = padded[int(y - half) : int(y + half * 1.8), int(x - half * 1.4) : int(x + half * 1.4)]
    return cv2.resize(face, (224, 224))


@pytest.mark.parametrize(
    "box",
    [
        (100.0, 60.0, 180.0, 150.0),
        (100.3, 60.7, 181.9, 150.2),
        (-20.5, -31.25, 60.75, 70.5),
        (260.4, 170.9, 330.1, 250.6),
        (-40.0, -40.0, 400.0, 300.0),
        (150.2, 100.1, 154.9, 105.3),
    ],
)
def test_syncnet_crops_as_the_reference(box):
    frame = np.random.Generator(np.random.PCG64(5)).integers(0, 256, (240, 320, 3), dtype=np.uint8)
    crops = SyncNetModel(None, None).crop([frame], np.array([box]), np.zeros((1, 5, 2)))
    np.testing.assert_array_equal(crops[0], _reference_crop(frame, box))


@pytest.mark.parametrize("box", [(-500, -500, -400, -400), (900, 20, 950, 70), (5, 5, 5, 5)])
def test_syncnet_crop_survives_boxes_outside_the_picture(box):
    frame = np.zeros((240, 320, 3), np.uint8)
    crops = SyncNetModel(None, None).crop([frame], np.array([box], np.float32), np.zeros((1, 5, 2)))
    assert crops.shape == (1, 224, 224, 3)


def test_s3fd_heads_are_the_reference_ones(open_branch, bundles, picture):
    heads = golden("s3fd")["heads"]
    found = dict(zip([f"{h}{i}" for h in ("loc", "conf") for i in range(6)], _heads(open_branch, picture), strict=True))
    raw = heads.pop("conf0")  # recorded before the three background scores are merged; see the next test
    assert list(found["conf0"].shape) == [1, 2, *raw["shape"][2:]]
    for name, expected in heads.items():
        assert list(found[name].shape) == expected["shape"]
        first = found[name].ravel()[: len(expected["first"])]
        np.testing.assert_allclose(first, expected["first"], rtol=1e-4, atol=2e-5, err_msg=name)
        assert found[name].mean() == pytest.approx(expected["mean"], rel=1e-4, abs=2e-6)
        assert found[name].std(ddof=1) == pytest.approx(expected["std"], rel=1e-4, abs=2e-6)


def test_s3fd_merges_the_three_background_scores_of_the_finest_level(bundles, picture):
    net = spec_of("s3fd").build().eval()
    net.load_state_dict({key: torch.from_numpy(value) for key, value in golden_state("s3fd").items()})
    raw = []
    net.conf[0].register_forward_hook(lambda module, inputs, output: raw.append(output.numpy()))
    with torch.no_grad():
        merged = net(torch.from_numpy(prepare(picture)))[6].numpy()
    expected = golden("s3fd")["heads"]["conf0"]
    np.testing.assert_allclose(raw[0].ravel()[:6], expected["first"], rtol=1e-4, atol=2e-5)
    np.testing.assert_array_equal(merged[0, 0], raw[0][0, :3].max(axis=0))
    np.testing.assert_array_equal(merged[0, 1], raw[0][0, 3])


def _heads(open_branch, picture: np.ndarray) -> list[np.ndarray]:
    return open_branch("s3fd", "heads")(image=prepare(picture))


def test_s3fd_decodes_to_the_reference_boxes(open_branch, picture):
    expected = golden("s3fd")
    scores, boxes = decode(_heads(open_branch, picture), 96, 128, threshold=0.05)
    assert len(scores) == expected["n_det"]
    top = np.column_stack([scores, boxes])[: len(expected["detections_top5"])]
    np.testing.assert_allclose(top, expected["detections_top5"], rtol=1e-4, atol=2e-5)


@pytest.mark.parametrize(("height", "width"), [(32, 32), (75, 133), (97, 64)])
def test_s3fd_takes_pictures_of_any_size(bundles, height, width):
    noise = np.random.Generator(np.random.PCG64(2)).integers(0, 256, (height, width, 3), dtype=np.uint8)
    ours = open_network(bundles["s3fd"], "heads", "cpu", 2)(image=prepare(noise))
    theirs = open_torch(bundles["s3fd"], "heads", "cpu")(image=prepare(noise))
    for left, right in zip(ours, theirs, strict=True):
        np.testing.assert_allclose(left, right, rtol=1e-3, atol=1e-4)


def test_s3fd_boxes_are_in_pixels_of_the_frame():
    def one_face(image: np.ndarray) -> list[np.ndarray]:
        """Level 2 sees a face of its anchor's size (64 px) at row 1, column 2; every other score is background."""
        assert image.shape == (1, 3, 96, 128)
        sizes = [(24, 32), (12, 16), (6, 8), (3, 4), (2, 2), (1, 1)]
        shifts = [np.zeros((1, 4, *size), np.float32) for size in sizes]
        scores = [np.stack([np.full(size, 9.0), np.full(size, -9.0)])[None].astype(np.float32) for size in sizes]
        scores[2][0, :, 1, 2] = -9, 9
        return shifts + scores

    [face] = S3fd(one_face, scale=0.25).detect(np.zeros((384, 512, 3), np.uint8))
    # Centre ((2 + 0.5) * 16, (1 + 0.5) * 16) = (40, 24), size 64; four times that in the frame.
    np.testing.assert_allclose(face.box, [32, -32, 288, 224], atol=1e-3)
    assert face.score > 0.99
    assert face.landmarks is None


def test_s3fd_enlarges_frames_too_small_for_the_network(bundles):
    assert isinstance(S3fd.load(bundles["s3fd"], "cpu", 2).detect(np.zeros((40, 60, 3), np.uint8)), list)


def test_reports_of_unofficial_weights_are_not_verified(bundles):
    assert not bundles["syncnet"].verified


def test_scoring_on_cpu_never_imports_torch(bundles):
    program = f"""
import importlib, pkgutil, sys
import numpy as np
import lipgate.core
for module in pkgutil.walk_packages(lipgate.core.__path__, "lipgate.core."):
    if not module.name.startswith("lipgate.core.nets"):
        importlib.import_module(module.name)
from pathlib import Path
from lipgate.core.runtime import OnnxNetwork, resolve_device
resolve_device("cpu")
[result] = OnnxNetwork(Path({str(bundles["syncnet"].branches["audio"].path)!r}))(mfcc=np.zeros((3, 1, 13, 20), np.float32))
assert result.shape == (3, 1024)
assert "torch" not in sys.modules
"""
    subprocess.run([sys.executable, "-c", program], check=True, timeout=120)


def test_one_onnx_network_serves_several_batch_sizes(bundles):
    network = OnnxNetwork(bundles["syncnet"].read_branch("audio"), threads=1)
    for batch in (1, 7):
        assert network(mfcc=np.zeros((batch, 1, 13, 20), np.float32))[0].shape == (batch, 1024)
