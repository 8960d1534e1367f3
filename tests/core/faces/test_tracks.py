"""Detections become tracks: one for each face in each shot, gaps bridged, nothing kept longer than needed."""

from collections.abc import Callable, Iterator

import numpy as np
import pytest
import scipy.signal

from lipgate.core.faces import smooth
from lipgate.core.faces.detection import Detection
from lipgate.core.faces.track import MAX_MISSED_FRAMES, Follower, TrackPiece
from lipgate.core.scenes import Frame, split

Where = Callable[[int], list[tuple[float, float, float]]]
"""Frame number to faces, each (x, y, size)."""


class ScriptedDetector:
    """Finds what the script says; the frame carries its number in its first pixel."""

    name = "scripted"

    def __init__(self, where: Where, stride: int) -> None:
        self._where = where
        self.stride = stride

    def detect(self, frame: np.ndarray) -> list[Detection]:
        return [
            Detection(np.array([x, y, x + size, y + size], np.float32), 0.9) for x, y, size in self._where(int(frame[0, 0, 0]))
        ]


def shots(count: int, cuts: tuple[int, ...] = ()) -> Iterator[Frame]:
    for index in range(count):
        image = np.full((8, 8, 3), index, np.uint8)
        yield Frame(index, image, image, sum(index >= cut for cut in cuts))


def follow(where: Where, count: int = 60, stride: int = 1, cuts: tuple[int, ...] = ()) -> dict[int, list[TrackPiece]]:
    tracks: dict[int, list[TrackPiece]] = {}
    for piece in Follower(ScriptedDetector(where, stride)).follow(shots(count, cuts)):
        tracks.setdefault(piece.track, []).append(piece)
    return tracks


def span(pieces: list[TrackPiece]) -> tuple[int, int]:
    return pieces[0].start, pieces[-1].start + len(pieces[-1].images)


@pytest.mark.parametrize("stride", [1, 3, 7])
def test_a_steady_face_is_one_track_from_first_to_last_frame(stride: int) -> None:
    tracks = follow(lambda _: [(10, 20, 50)], stride=stride)
    assert [span(pieces) for pieces in tracks.values()] == [(0, 60)]


def test_pieces_come_in_order_with_their_own_pictures() -> None:
    pieces = follow(lambda _: [(10, 20, 50)], stride=3)[0]
    assert [int(image[0, 0, 0]) for piece in pieces for image in piece.images] == list(range(60))
    assert [piece.last for piece in pieces] == [False] * (len(pieces) - 1) + [True]
    assert all(len(piece.images) == len(piece.boxes) == len(piece.landmarks) for piece in pieces)


def test_two_faces_are_two_tracks() -> None:
    tracks = follow(lambda _: [(0, 0, 40), (200, 0, 60)], stride=3)
    assert sorted(span(pieces) for pieces in tracks.values()) == [(0, 60), (0, 60)]


def test_a_cut_ends_tracks_even_where_the_next_face_stands_in_the_same_place() -> None:
    tracks = follow(lambda _: [(10, 10, 50)], stride=3, cuts=(31,))
    assert [span(pieces) for pieces in tracks.values()] == [(0, 31), (31, 60)]


@pytest.mark.parametrize(("gap", "tracks"), [(MAX_MISSED_FRAMES, 1), (MAX_MISSED_FRAMES + 2, 2)])
def test_short_gaps_are_bridged(gap: int, tracks: int) -> None:
    assert len(follow(lambda i: [] if 20 <= i < 20 + gap - 1 else [(10, 10, 50)], count=80)) == tracks


def test_positions_between_detections_are_interpolated() -> None:
    pieces = follow(lambda i: [(float(i), 10, 50)], stride=3)[0]
    boxes = np.concatenate([piece.boxes for piece in pieces])
    middle = slice(10, 50)
    np.testing.assert_allclose(boxes[middle, 0], np.arange(60)[middle], atol=1e-3)


def test_a_face_that_jumps_is_another_track() -> None:
    assert len(follow(lambda i: [(10 if i < 30 else 300, 10, 50)])) == 2


def test_pictures_are_let_go() -> None:
    follower = Follower(ScriptedDetector(lambda i: [(10, 10, 50)] if i < 100 else [], 3))
    longest = 0
    for _ in follower.follow(shots(250)):
        longest = max(longest, len(follower._pictures))
    assert longest <= MAX_MISSED_FRAMES + smooth.LOOKAHEAD + 2 * 3


@pytest.mark.parametrize("part", [(0, 40), (0, 9), (9, 30), (30, 40)])
def test_smoothed_boxes_equal_the_reference_filter(part: tuple[int, int]) -> None:
    rng = np.random.default_rng(1)
    corner = rng.uniform(50, 200, (40, 2))
    raw = np.hstack([corner, corner + rng.uniform(40, 90, (40, 2))]).astype(np.float32)
    centre, half = (raw[:, :2] + raw[:, 2:]) / 2, (raw[:, 2:] - raw[:, :2]).max(axis=1) / 2
    x, y, s = (scipy.signal.medfilt(values, 13) for values in (centre[:, 0], centre[:, 1], half))
    expected = np.stack([x - s, y - s, x + s, y + s], axis=1)[slice(*part)]
    np.testing.assert_allclose(smooth.boxes(raw, *part), expected, rtol=1e-5)


def test_shots_are_numbered_at_cuts() -> None:
    rng = np.random.default_rng(2)
    scenes = [rng.integers(0, 256, (90, 160, 3), np.uint8) for _ in range(3)]
    images = [scene for scene in scenes for _ in range(20)]
    assert [frame.shot for frame in split(images)] == [0] * 20 + [1] * 20 + [2] * 20


def test_a_video_without_a_cut_is_one_shot() -> None:
    assert {frame.shot for frame in split([np.full((90, 160, 3), 100, np.uint8)] * 30)} == {0}
