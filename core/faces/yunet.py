"""YuNet (Wu et al. 2023): a small face detector with five landmarks, embedded in every build.

What the network says is read as `cv2.FaceDetectorYN` reads it, and found to be the same. A look at 320 x 180 pixels takes
1.6 ms of one core; the same in OpenCV took 2.7 ms of one, or 3.7 ms of two.
"""

import numpy as np

from lipgate.core.faces.detection import Detection
from lipgate.core.opencv import cv2
from lipgate.core.picture import Picture, shrink
from lipgate.core.runtime import OnnxNetwork
from lipgate.core.scenes import ANALYSIS_SIDE

SCORE_THRESHOLD = 0.6
NMS_THRESHOLD = 0.3
MAX_FACES = 50
"""Before those that overlap are left out."""

CELLS = (8, 16, 32)
"""Sides of the cells in which the network looks for a face, in pixels."""


class Yunet:
    """Detector on pictures of at most 320 pixels, unless asked to look closer; faces of about 10 pixels there are found.

    Several threads may share one.
    """

    name = "yunet"
    stride = 3

    def __init__(self, model: bytes) -> None:
        """Args: model: the verified ONNX file, branch `faces`."""
        # Of pictures this small a second thread takes more time from ffmpeg, which goes on meanwhile, than it saves here.
        self._network = OnnxNetwork(model, threads=1)

    def detect(self, frame: Picture, small: np.ndarray | None = None) -> list[Detection]:
        """See `lipgate.core.faces.detection.Detector`."""
        return self.detect_at(frame, ANALYSIS_SIDE, small)

    def detect_at(self, frame: Picture, side: int, small: np.ndarray | None = None) -> list[Detection]:
        """See `lipgate.core.faces.closer.ScalableDetector`."""
        if small is None or side != ANALYSIS_SIDE:
            small = shrink(frame, side)
        height, width = small.shape[:2]
        scale = np.array([frame.shape[1] / width, frame.shape[0] / height], np.float32)
        return [_detection(score, points * scale) for score, points in self._found(small)]

    def _found(self, picture: np.ndarray) -> list[tuple[float, np.ndarray]]:
        """The faces in a BGR picture, best first: score; left top, right bottom and five landmarks, float32 (7, 2)."""
        height, width = picture.shape[:2]
        padded = np.zeros((1, 3, _whole_cells(height), _whole_cells(width)), np.float32)
        padded[0, :, :height, :width] = picture.transpose(2, 0, 1)
        outputs = [output[0] for output in self._network(input=padded)]
        looks: list[tuple[np.ndarray, np.ndarray]] = []
        for size, cell in enumerate(CELLS):
            classes, objects, boxes, marks = outputs[size :: len(CELLS)]
            scores = np.sqrt(classes * objects)[:, 0]
            looks.append(_faces(scores, boxes, marks, cell, padded.shape[3] // cell))
        scores, points = (np.concatenate(parts) for parts in zip(*looks, strict=True))
        return [(float(scores[face]), points[face]) for face in _best(scores, points)]


def _whole_cells(length: int) -> int:
    return -(-length // CELLS[-1]) * CELLS[-1]


def _faces(scores: np.ndarray, boxes: np.ndarray, marks: np.ndarray, cell: int, columns: int) -> tuple[np.ndarray, np.ndarray]:
    """Scores, float32 (n,), and points, float32 (n, 7, 2), of what is likely enough to be a face, in cells of one size."""
    (likely,) = np.nonzero(scores >= SCORE_THRESHOLD)
    if not len(likely):
        return scores[likely], np.empty((0, 7, 2), np.float32)
    place = np.stack([likely % columns, likely // columns], axis=1).astype(np.float32)
    centre, half = place + boxes[likely, :2], np.exp(boxes[likely, 2:]) / 2
    landmarks = place[:, None] + marks[likely].reshape(-1, 5, 2)
    points = np.concatenate([(centre - half)[:, None], (centre + half)[:, None], landmarks], axis=1)
    return scores[likely], points * np.float32(cell)


def _best(scores: np.ndarray, points: np.ndarray) -> np.ndarray:
    """Which faces are left when of those that overlap only the best is taken."""
    if len(scores) < 2:
        return np.arange(len(scores))
    boxes = np.concatenate([points[:, 0], points[:, 1] - points[:, 0]], axis=1).astype(int)  # as FaceDetectorYN does
    return np.asarray(cv2.dnn.NMSBoxes(boxes.tolist(), scores.tolist(), SCORE_THRESHOLD, NMS_THRESHOLD, 1.0, MAX_FACES))


def _detection(score: float, points: np.ndarray) -> Detection:
    return Detection(box=points[:2].reshape(4), score=score, landmarks=points[2:])
