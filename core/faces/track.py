"""Follows faces through a shot: detections become tracks, tracks are handed on in pieces while the video still runs."""

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field

import numpy as np

from lipgate.core.faces import smooth
from lipgate.core.faces.detection import Detection, Detector
from lipgate.core.picture import Picture
from lipgate.core.scenes import Frame

MIN_IOU = 0.5
"""Overlap of two boxes that makes them the same face (reference: run_pipeline.py, track_shot)."""

MAX_MISSED_FRAMES = 25
"""Frames a face may be lost before its track ends (reference: num_failed_det)."""

MAX_LIVE_TRACKS = 16
"""Faces followed at a time; in a crowd the largest are taken."""

PIECE_FRAMES = 12
"""Frames of a face in view that are handed on together: much of what is done to a piece costs the same, however long it is."""

CLEARLY_LARGER = 1.5
"""A newcomer of this many times its area takes the place of the smallest face in a crowd."""

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
    images: list[Picture]
    """n full pictures. Not to be kept."""
    boxes: np.ndarray
    """float32 (n, 4), smoothed."""
    landmarks: np.ndarray
    """float32 (n, 5, 2), smoothed."""
    last: bool
    """No more of this track will come."""
    seen: np.ndarray | None = None
    """bool (n,): whether the face was found there, or at the looks around it; elsewhere its place is guessed. None: all."""


@dataclass
class _Track:
    number: int
    start: int
    boxes: list[np.ndarray] = field(default_factory=list)
    """One for each frame from `start` to the last detection, gaps filled; without the first `dropped`."""
    landmarks: list[np.ndarray] = field(default_factory=list)
    seen: list[bool] = field(default_factory=list)
    """As `TrackPiece.seen`."""
    velocity: np.ndarray | None = None
    """float32 (4,): how the box moved a frame between the last two detections; None before the second."""
    crowded_out: bool = False
    handed_on: int = 0
    """How many frames have been handed on."""
    dropped: int = 0
    """How many of the first are kept no more."""

    @property
    def seen_until(self) -> int:
        """Index of the frame of the last detection."""
        return self.start + self.frames - 1

    @property
    def frames(self) -> int:
        """How many there are until the last detection."""
        return self.dropped + len(self.boxes)

    @property
    def needs_from(self) -> int:
        """First frame whose picture is still needed."""
        return self.start + self.handed_on

    def hand_on(self, stop: int) -> None:
        """Note that the frames before `stop` were handed on, and drop what no later one is smoothed with."""
        self.handed_on = stop
        drop = max(0, min(stop - smooth.LOOKAHEAD, self.frames - 1) - self.dropped)
        for kept in (self.boxes, self.landmarks, self.seen):
            del kept[:drop]
        self.dropped += drop

    def overlap(self, index: int, box: np.ndarray, *, predict: bool) -> float:
        """How well a box fits where the face was last, or where it would be by now if it went on."""
        here = _iou(self.boxes[-1], box)
        if not predict or self.velocity is None:
            return here
        # Half a second ahead at most: nobody goes on like that for longer.
        ahead = min(index - self.seen_until, MAX_MISSED_FRAMES // 2)
        return max(here, _iou(self.boxes[-1] + ahead * self.velocity, box))

    def add(self, index: int, detection: Detection, stride: int) -> None:
        """Append a detection; positions since the one before are interpolated."""
        points = _landmarks(detection)
        missed = index - self.seen_until if self.boxes else 1
        if self.boxes:
            self.velocity = (detection.box - self.boxes[-1]) / np.float32(missed)
        self.seen += [missed <= stride] * (missed - 1) + [True]
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

    @property
    def lag(self) -> int:
        """A track of which nothing was handed on begins at most so many frames before the newest picture.

        It is the longest for a face that goes when its first piece was nearly due, and is missed until its track ends.
        """
        return smooth.LOOKAHEAD + MAX_MISSED_FRAMES + self._detector.stride

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
        found = self._detect(frame)
        if self._follows and self._loses(frame.index, found):
            # Something moves faster than one look in three can follow: see the pictures between, which are still here.
            for between in self._pictures:
                if self._last_looked < between.index < frame.index:
                    self._match(between.index, self._detect(between))
        self._match(frame.index, found)
        self._last_looked = frame.index

    def _detect(self, frame: Frame) -> list[Detection]:
        found = self._detector.detect(frame.image, frame.small)
        if self._on_faces:
            self._on_faces(frame.index, found)
        return found

    @property
    def _follows(self) -> bool:
        """Whether there are frames between looks, so that a face may be elsewhere at the next. The reference looks at all."""
        return self._detector.stride > 1

    def _loses(self, index: int, found: list[Detection]) -> bool:
        """Whether a face that was there at the look before would be lost, while one is there that nobody is followed by."""
        overlaps = [[track.overlap(index, face.box, predict=True) > MIN_IOU for face in found] for track in self._followed]
        unmatched = any(track.seen_until == self._last_looked and not any(row) for track, row in self._rows(overlaps))
        return unmatched and any(not any(row[column] for row in overlaps) for column in range(len(found)))

    def _rows(self, overlaps: list[list[bool]]) -> Iterator[tuple[_Track, list[bool]]]:
        return zip(self._followed, overlaps, strict=True)

    @property
    def _followed(self) -> list[_Track]:
        return [track for track in self._live if not track.crowded_out]

    def _match(self, index: int, detections: list[Detection]) -> None:
        free = sorted(detections, key=lambda found: -_area(found.box))
        pairs = [
            (track.overlap(index, found.box, predict=self._follows), track, found) for track in self._followed for found in free
        ]
        taken: set[int] = set()
        for overlap, track, found in sorted(pairs, key=lambda pair: -pair[0]):
            if overlap <= MIN_IOU or id(track) in taken or id(found) in taken:
                continue
            track.add(index, found, self._detector.stride)
            taken |= {id(track), id(found)}
        for found in free:
            if id(found) not in taken and self._has_room(found):
                track = _Track(self._count, index)
                track.add(index, found, self._detector.stride)
                self._live.append(track)
                self._count += 1

    def _has_room(self, newcomer: Detection) -> bool:
        followed = self._followed
        if len(followed) < MAX_LIVE_TRACKS:
            return True
        smallest = min(followed, key=lambda track: _area(track.boxes[-1]))
        smallest.crowded_out = _area(newcomer.box) > CLEARLY_LARGER * _area(smallest.boxes[-1])
        return smallest.crowded_out

    def _hand_on(self, now: int) -> Iterator[TrackPiece]:
        for track in list(self._live):
            ended = track.crowded_out or now - track.seen_until > MAX_MISSED_FRAMES
            if ended:
                self._live.remove(track)
            yield from self._piece(track, now, ended)
        self._free(now)

    def _end_shot(self, last: Frame) -> Iterator[TrackPiece]:
        if self._last_looked != last.index and self._live:
            self._look(last)
        pieces = [piece for track in self._live for piece in self._piece(track, last.index, ended=True)]
        self._live.clear()
        # Whoever ends a track with its last piece needs the memory for networks.
        self._pictures.clear()
        while pieces:
            yield pieces.pop(0)

    def _piece(self, track: _Track, now: int, ended: bool) -> Iterator[TrackPiece]:
        stop = track.frames if ended else track.frames - smooth.LOOKAHEAD
        start = track.handed_on
        waits = now - track.seen_until < self._detector.stride and stop - start < PIECE_FRAMES
        if not ended and (waits or stop <= start):
            return
        first = track.start + start - self._pictures[0].index
        known = max(0, start - smooth.LOOKAHEAD)  # and not from the beginning: a track may last for hours
        dropped = track.dropped
        yield TrackPiece(
            track=track.number,
            start=track.start + start,
            images=[self._pictures[first + offset].image for offset in range(stop - start)],
            boxes=smooth.boxes(np.asarray(track.boxes[known - dropped :]), start - known, stop - known),
            landmarks=smooth.landmarks(np.asarray(track.landmarks[known - dropped :]), start - known, stop - known),
            last=ended,
            seen=np.array(track.seen[start - dropped : stop - dropped], bool),
        )
        track.hand_on(stop)

    def _free(self, now: int) -> None:
        needed = min((track.needs_from for track in self._live), default=now)
        while self._pictures and self._pictures[0].index < needed:
            self._pictures.popleft()


def _landmarks(detection: Detection) -> np.ndarray:
    if detection.landmarks is not None:
        return detection.landmarks
    return detection.box[:2] + CANONICAL_LANDMARKS * (detection.box[2:] - detection.box[:2])


def _area(box: np.ndarray) -> float:
    left, top, right, bottom = box.tolist()
    return max(right - left, 0.0) * max(bottom - top, 0.0)


def _iou(one: np.ndarray, other: np.ndarray) -> float:
    # Of four numbers each: plain ones take a tenth of the time of arrays.
    left, top, right, bottom = one.tolist()
    x, y, far_x, far_y = other.tolist()
    shared = max(min(right, far_x) - max(left, x), 0.0) * max(min(bottom, far_y) - max(top, y), 0.0)
    return shared / (_area(one) + _area(other) - shared + 1e-9)
