"""Follows faces through a shot: detections become tracks, tracks are handed on in pieces while the video still runs."""

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field

import numpy as np

from lipgate.core.faces import smooth
from lipgate.core.faces.detection import Detection, Detector
from lipgate.core.scenes import Frame

MIN_IOU = 0.5
"""Overlap of two boxes that makes them the same face (reference: run_pipeline.py, track_shot)."""

MAX_MISSED_FRAMES = 25
"""Frames a face may be lost before its track ends (reference: num_failed_det)."""

MAX_LIVE_TRACKS = 16
"""Faces followed at a time; in a crowd the largest are taken."""

# Where landmarks lie in a face box, in units of the box, for detectors that give a box only: means over 216 faces that YuNet
# found in 73 training clips, averaged with their mirror images.
CANONICAL_LANDMARKS = np.array([[0.29, 0.375], [0.71, 0.375], [0.50, 0.576], [0.323, 0.736], [0.677, 0.736]], np.float32)


@dataclass(frozen=True)
class TrackPiece:
    """Consecutive frames of one face track."""

    track: int
    """Number of the track, from 0, in order of appearance."""
    start: int
    """Index of the first frame."""
    images: list[np.ndarray]
    """n full pictures, uint8 (height, width, 3) BGR. Not to be kept."""
    boxes: np.ndarray
    """float32 (n, 4), smoothed."""
    landmarks: np.ndarray
    """float32 (n, 5, 2), smoothed."""
    last: bool
    """No more of this track will come."""


@dataclass
class _Track:
    number: int
    start: int
    boxes: list[np.ndarray] = field(default_factory=list)
    """One for each frame from `start` to the last detection, gaps filled."""
    landmarks: list[np.ndarray] = field(default_factory=list)
    handed_on: int = 0
    """How many frames have been handed on."""

    @property
    def seen_until(self) -> int:
        """Index of the frame of the last detection."""
        return self.start + len(self.boxes) - 1

    @property
    def needs_from(self) -> int:
        """First frame whose picture is still needed."""
        return self.start + self.handed_on

    def add(self, index: int, detection: Detection) -> None:
        """Append a detection; positions since the one before are interpolated."""
        points = _landmarks(detection)
        missed = index - self.seen_until if self.boxes else 1
        box, marks = (self.boxes[-1], self.landmarks[-1]) if self.boxes else (detection.box, points)
        for weight in np.arange(1, missed + 1, dtype=np.float32) / np.float32(missed):
            self.boxes.append(box + weight * (detection.box - box))
            self.landmarks.append(marks + weight * (points - marks))


class Follower:
    """Turns frames into pieces of face tracks. Keeps only the pictures that tracks still wait for (about one second)."""

    def __init__(self, detector: Detector, on_faces: Callable[[int, list[Detection]], None] | None = None) -> None:
        """Args: on_faces: told every frame that was looked at, and what was found there."""
        self._detector = detector
        self._on_faces = on_faces
        self._live: list[_Track] = []
        self._pictures: deque[Frame] = deque()
        self._count = 0
        self._last_looked = -1

    def follow(self, frames: Iterable[Frame]) -> Iterator[TrackPiece]:
        """Yield pieces as soon as they are certain; the pieces of one track come in order."""
        previous: Frame | None = None
        shot_start = 0
        for frame in frames:
            if previous is not None and frame.shot != previous.shot:
                yield from self._end_shot(previous)
                shot_start = frame.index
            self._pictures.append(frame)
            if (frame.index - shot_start) % self._detector.stride == 0:
                self._look(frame)
                yield from self._hand_on(frame.index)
            previous = frame
        if previous is not None:
            yield from self._end_shot(previous)

    def _look(self, frame: Frame) -> None:
        detections = self._detector.detect(frame.image)
        self._last_looked = frame.index
        if self._on_faces:
            self._on_faces(frame.index, detections)
        free = sorted(detections, key=lambda found: -_area(found.box))
        pairs = [(_iou(track.boxes[-1], found.box), track, found) for track in self._live for found in free]
        taken: set[int] = set()
        for overlap, track, found in sorted(pairs, key=lambda pair: -pair[0]):
            if overlap <= MIN_IOU or id(track) in taken or id(found) in taken:
                continue
            track.add(frame.index, found)
            taken |= {id(track), id(found)}
        for found in free:
            if id(found) not in taken and len(self._live) < MAX_LIVE_TRACKS:
                track = _Track(self._count, frame.index)
                track.add(frame.index, found)
                self._live.append(track)
                self._count += 1

    def _hand_on(self, now: int) -> Iterator[TrackPiece]:
        for track in list(self._live):
            ended = now - track.seen_until > MAX_MISSED_FRAMES
            if ended:
                self._live.remove(track)
            yield from self._piece(track, ended)
        self._free(now)

    def _end_shot(self, last: Frame) -> Iterator[TrackPiece]:
        if self._last_looked != last.index and self._live:
            self._look(last)
        for track in self._live:
            yield from self._piece(track, ended=True)
        self._live.clear()
        self._pictures.clear()

    def _piece(self, track: _Track, ended: bool) -> Iterator[TrackPiece]:
        stop = len(track.boxes) if ended else len(track.boxes) - smooth.LOOKAHEAD
        start = track.handed_on
        if stop <= start and not ended:
            return
        first = track.start + start - self._pictures[0].index
        known = max(0, start - smooth.LOOKAHEAD)  # and not from the beginning: a track may last for hours
        yield TrackPiece(
            track=track.number,
            start=track.start + start,
            images=[self._pictures[first + offset].image for offset in range(stop - start)],
            boxes=smooth.boxes(np.asarray(track.boxes[known:]), start - known, stop - known),
            landmarks=smooth.landmarks(np.asarray(track.landmarks[known:]), start - known, stop - known),
            last=ended,
        )
        track.handed_on = stop

    def _free(self, now: int) -> None:
        needed = min((track.needs_from for track in self._live), default=now)
        while self._pictures and self._pictures[0].index < needed:
            self._pictures.popleft()


def _landmarks(detection: Detection) -> np.ndarray:
    if detection.landmarks is not None:
        return detection.landmarks
    return detection.box[:2] + CANONICAL_LANDMARKS * (detection.box[2:] - detection.box[:2])


def _area(box: np.ndarray) -> float:
    return float(np.prod(np.maximum(box[2:] - box[:2], 0)))


def _iou(one: np.ndarray, other: np.ndarray) -> float:
    inner = np.concatenate([np.maximum(one[:2], other[:2]), np.minimum(one[2:], other[2:])])
    shared = _area(inner)
    return shared / (_area(one) + _area(other) - shared + 1e-9)
