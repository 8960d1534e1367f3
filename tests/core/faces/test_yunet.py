"""YuNet by ONNX Runtime finds what OpenCV finds with the file that was published."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import cv2
import numpy as np
import onnx
import pytest
from onnx import numpy_helper

from lipgate.core.faces.yunet import MAX_FACES, NMS_THRESHOLD, SCORE_THRESHOLD, Yunet
from lipgate.core.weights.store import find
from training.puppet import Puppet
from training.puppet.scene import frames
from training.yunet import written_out


def _by_opencv(weights_dir: Path, picture: np.ndarray) -> np.ndarray:
    """Left, top, right and bottom, five landmarks and the score of each face, (faces, 15)."""
    shape = picture.shape[1::-1]
    detector = cv2.FaceDetectorYN.create(str(weights_dir / "yunet.onnx"), "", shape, SCORE_THRESHOLD, NMS_THRESHOLD, MAX_FACES)
    _, found = detector.detect(picture)
    found = np.empty((0, 15), np.float32) if found is None else found
    found[:, 2:4] += found[:, :2]
    return found


def _crowd() -> np.ndarray:
    """Faces of several sizes that overlap, more than are ever taken."""
    face = next(iter(frames(Puppet(seconds=0.2, face_px=150))))[30:330, 170:470]
    picture = np.zeros((400, 640, 3), np.uint8)
    for row in range(5):
        for column in range(12):
            side = 60 + 4 * row
            part = cv2.resize(face, (side, side), interpolation=cv2.INTER_AREA)
            picture[row * 70 : row * 70 + side, column * 46 : column * 46 + side] = part
    return picture


@pytest.mark.parametrize("side", [320, 640])
@pytest.mark.parametrize(
    ("fields", "crop"),
    [
        ({}, (360, 640)),
        ({"faces": 3, "face_px": 80}, (360, 640)),
        ({"face_px": 200}, (335, 417)),
        ({"no_face": True}, (360, 640)),
    ],
    ids=str,
)
def test_as_opencv(weights_dir: Path, fields: dict, crop: tuple[int, int], side: int) -> None:
    picture = next(iter(frames(Puppet(seconds=0.2, **fields))))[: crop[0], : crop[1]]
    faces = 0 if "no_face" in fields else fields.get("faces", 1)
    assert _compare(weights_dir, np.ascontiguousarray(picture), side) == faces


def test_as_opencv_in_a_crowd(weights_dir: Path) -> None:
    assert _compare(weights_dir, _crowd(), 640) > 20


@pytest.mark.parametrize("shape", [(1, 1), (1, 320), (400, 3)])
def test_a_sliver_has_no_face(shape: tuple[int, int]) -> None:
    assert Yunet(find("yunet").read_branch("faces")).detect(np.zeros((*shape, 3), np.uint8)) == []


def test_threads_may_share_one() -> None:
    pictures = list(frames(Puppet(seconds=0.4))) + list(frames(Puppet(seconds=0.4, size=(400, 400))))
    detector = Yunet(find("yunet").read_branch("faces"))
    with ThreadPoolExecutor(4) as pool:
        together = list(pool.map(detector.detect, pictures))
    for found, picture in zip(together, pictures, strict=True):
        assert [face.box.tolist() for face in found] == [face.box.tolist() for face in detector.detect(picture)] != []


def _compare(weights_dir: Path, picture: np.ndarray, side: int) -> int:
    scale = min(1.0, side / max(picture.shape))
    small = cv2.resize(picture, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    expected = _by_opencv(weights_dir, small)
    found = Yunet(find("yunet").read_branch("faces")).detect_at(small, side)
    assert len(found) == len(expected)
    for ours, theirs in zip(found, expected, strict=True):
        assert ours.score == pytest.approx(theirs[14], abs=1e-5)
        assert ours.box == pytest.approx(theirs[:4], abs=1e-3)
        assert ours.landmarks == pytest.approx(theirs[4:14].reshape(5, 2), abs=1e-3)
    return len(found)


def test_it_is_the_published_file_written_out(weights_dir: Path) -> None:
    made, kept = written_out(onnx.load(weights_dir / "yunet.onnx")), onnx.load(weights_dir / "yunet_faces.onnx")
    assert list(made.graph.node) == list(kept.graph.node)
    numbers = [{one.name: numpy_helper.to_array(one) for one in model.graph.initializer} for model in (made, kept)]
    assert numbers[0].keys() == numbers[1].keys()
    assert all(np.array_equal(numbers[0][name], numbers[1][name]) for name in numbers[0])
