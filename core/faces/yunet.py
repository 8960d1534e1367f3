"""YuNet (Wu et al. 2023) through OpenCV: a small face detector with five landmarks, embedded in every build."""

import numpy as np

from lipgate.core.faces.detection import Detection
from lipgate.core.opencv import cv2
from lipgate.core.picture import Picture, shrink
from lipgate.core.scenes import ANALYSIS_SIDE

SCORE_THRESHOLD = 0.6
NMS_THRESHOLD = 0.3
MAX_FACES = 50


class Yunet:
    """Detector on pictures of at most 320 pixels, unless asked to look closer; faces of about 10 pixels there are found."""

    name = "yunet"
    stride = 3

    def __init__(self, model: bytes) -> None:
        """Args: model: the verified ONNX file."""
        # OpenCV 5 announces at every start that its new engine takes no targets; nobody here asks for one.
        level = cv2.utils.logging.getLogLevel()
        cv2.utils.logging.setLogLevel(cv2.utils.logging.LOG_LEVEL_ERROR)
        buffer = np.frombuffer(model, np.uint8)
        self._network = cv2.FaceDetectorYN.create(
            "onnx", buffer, np.empty(0, np.uint8), (320, 320), SCORE_THRESHOLD, NMS_THRESHOLD, MAX_FACES
        )
        cv2.utils.logging.setLogLevel(level)

    def detect(self, frame: Picture, small: np.ndarray | None = None) -> list[Detection]:
        """See `lipgate.core.faces.detection.Detector`."""
        return self.detect_at(frame, ANALYSIS_SIDE, small)

    def detect_at(self, frame: Picture, side: int, small: np.ndarray | None = None) -> list[Detection]:
        """See `lipgate.core.faces.closer.ScalableDetector`."""
        if small is None or side != ANALYSIS_SIDE:
            small = shrink(frame, side)
        height, width = small.shape[:2]
        scale = np.array([frame.shape[1] / width, frame.shape[0] / height], np.float32)
        self._network.setInputSize((width, height))
        _, rows = self._network.detect(small)
        if rows is None:
            return []
        return [_detection(row, scale) for row in rows.astype(np.float32)]


def _detection(row: np.ndarray, scale: np.ndarray) -> Detection:
    corner, size = row[:2] * scale, row[2:4] * scale
    return Detection(box=np.concatenate([corner, corner + size]), score=float(row[14]), landmarks=row[4:14].reshape(5, 2) * scale)
