"""The reference's face detector: official S3FD weights, decoded as joonson/syncnet_python does (detectors/s3fd)."""

import numpy as np

from lipgate.core.faces.detection import Detection
from lipgate.core.opencv import cv2
from lipgate.core.picture import Picture, bgr
from lipgate.core.runtime import Device, Network, open_network
from lipgate.core.weights.bundle import Bundle

CONFIDENCE = 0.9
"""Least confidence of a face (run_pipeline.py)."""

_MEAN_BGR = np.array([104.0, 117.0, 123.0], np.float32)
_SMALLEST_SIDE = 32
"""Least height and width the network's five poolings can take, in pixels."""

_ANCHORS = ((4, 16), (8, 32), (16, 64), (32, 128), (64, 256), (128, 512))
"""Per level: distance of the anchors and their size, in pixels of the network's input."""

_VARIANCES = (0.1, 0.2)
"""Units of the predicted shifts and of the log sizes."""

_NMS_IN_NETWORK = 0.3
_CANDIDATES = 5000
_KEPT = 750
_NMS_OUTSIDE = 0.1


class S3fd:
    """Implements `lipgate.core.faces.detection.Detector` with the network of `lipgate.core.nets.s3fd`."""

    name = "s3fd"
    stride = 1

    def __init__(self, network: Network, scale: float = 0.25) -> None:
        """Wrap the network.

        Args:
            network: the `heads` branch.
            scale: how much smaller than the frame the network's picture is.
        """
        self._network = network
        self._scale = scale

    @classmethod
    def load(cls, bundle: Bundle, device: Device, threads: int = 0, scale: float = 0.25) -> "S3fd":
        """Open installed weights.

        Raises:
            WeightsError: weights_missing, weights_mismatch.
        """
        return cls(open_network(bundle, "heads", device, threads), scale)

    def detect(self, frame: Picture, small: np.ndarray | None = None) -> list[Detection]:
        """Find faces of confidence above 0.9; best first, no landmarks.

        Args:
            frame: the picture.
            small: not used; the reference scales pictures down in a way of its own.
        """
        height, width = frame.shape[:2]
        scale = max(self._scale, _SMALLEST_SIDE / min(height, width))
        small = cv2.resize(bgr(frame), (0, 0), fx=scale, fy=scale, interpolation=cv2.INTER_LINEAR)
        # The reference decodes everything above 0.05 and drops what is below 0.9 afterwards. Suppression goes from the best
        # down, so a face is never removed by a worse one, and looking only at those above 0.9 keeps the same faces.
        scores, boxes = decode(self._network(image=prepare(small)), small.shape[0], small.shape[1], CONFIDENCE)
        boxes = boxes * np.array([width, height, width, height], np.float32)
        kept = suppress(boxes, scores, _NMS_OUTSIDE)
        return [Detection(boxes[index], float(scores[index])) for index in kept]


def prepare(picture: np.ndarray) -> np.ndarray:
    """uint8 (height, width, 3) BGR to the network's input, float32 (1, 3, height, width) RGB, means removed."""
    centred = picture.astype(np.float32) - _MEAN_BGR
    return np.ascontiguousarray(centred[:, :, ::-1].transpose(2, 0, 1)[None])


def decode(heads: list[np.ndarray], height: int, width: int, threshold: float) -> tuple[np.ndarray, np.ndarray]:
    """Turn the network's heads into faces (reference: `PriorBox` and `Detect` of box_utils.py).

    Args:
        heads: six box heads (1, 4, h, w), then six score heads (1, 2, h, w).
        height, width: of the network's input, in pixels.
        threshold: confidence a face must exceed.

    Returns:
        Confidences float32 (k,), best first, and boxes float32 (k, 4): left, top, right, bottom relative to the picture.
    """
    levels = len(_ANCHORS)
    found_scores, found_boxes = [], []
    for (step, size), shifts, logits in zip(_ANCHORS, heads[:levels], heads[levels:], strict=True):
        scores = 1 / (1 + np.exp(np.minimum(logits[0, 0] - logits[0, 1], 80)))
        rows, columns = np.nonzero(scores > threshold)
        shift = shifts[0, :, rows, columns]
        frame = np.array([width, height], np.float32)
        centres = np.stack([(columns + 0.5) * step, (rows + 0.5) * step], axis=1).astype(np.float32) / frame
        anchor = np.float32(size) / frame
        centres = centres + shift[:, :2] * np.float32(_VARIANCES[0]) * anchor
        sizes = anchor * np.exp(shift[:, 2:] * np.float32(_VARIANCES[1]))
        found_boxes.append(np.concatenate([centres - sizes / 2, centres + sizes / 2], axis=1))
        found_scores.append(scores[rows, columns])
    scores, boxes = np.concatenate(found_scores), np.concatenate(found_boxes)
    best = np.argsort(-scores, kind="stable")[:_CANDIDATES]
    kept = best[suppress(boxes[best], scores[best], _NMS_IN_NETWORK)][:_KEPT]
    return scores[kept], boxes[kept]


def suppress(boxes: np.ndarray, scores: np.ndarray, overlap: float) -> list[int]:
    """Non-maximum suppression: indices of the boxes that no better one covers, best first.

    Args:
        boxes: float (n, 4), left, top, right, bottom.
        scores: float (n,).
        overlap: intersection over union above which the worse of two boxes goes.
    """
    areas = (boxes[:, 2] - boxes[:, 0]) * (boxes[:, 3] - boxes[:, 1])
    order = np.argsort(-scores, kind="stable")
    kept: list[int] = []
    while len(order):
        best, order = order[0], order[1:]
        kept.append(int(best))
        corner = np.maximum(boxes[order, :2], boxes[best, :2])
        opposite = np.minimum(boxes[order, 2:], boxes[best, 2:])
        shared = np.maximum(opposite - corner, 0).prod(axis=1)
        order = order[shared <= overlap * (areas[order] + areas[best] - shared)]
    return kept
