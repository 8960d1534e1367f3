"""Detections become tracks: one for each face in each shot, gaps bridged, nothing kept longer than needed."""

from collections.abc import Callable, Iterator

import numpy as np
import pytest
import scipy.signal

from lipgate.core.faces import smooth
from lipgate.core.faces.detection import Detection
from lipgate.core.faces.track import MAX_LIVE_TRACKS, MAX_MISSED_FRAMES, Follower, TrackPiece
from lipgate.core.scenes import Frame, split

Where = Callable[[int], list[tuple[float, float, float]]]
"""Frame number to faces, each (x, y, size)."""


class ScriptedDetector:
    """Finds what the script says; the frame carries its number in its first pixel."""

    name = "scripted"

    def __init__(self, where: Where, stride: int) -> None:
        self._where = where
        self.stride = stride

    def detect(self, frame: np.ndarray, small: np.ndarray | None = None) -> list[Detection]:
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


@pytest.mark.parametrize("stride", [1, 3, 7])
def test_a_new_track_begins_no_further_back_than_is_said(stride: int) -> None:
    farthest = 0
    for seen in range(1, 20):
        follower = Follower(ScriptedDetector(lambda n, seen=seen: [(10, 20, 50)] if 10 <= n < 10 + seen else [], stride))
        newest, begun = 0, set()

        def shown(count: int) -> Iterator[Frame]:
            nonlocal newest
            for frame in shots(count):
                newest = frame.index
                yield frame

        for piece in follower.follow(shown(90)):
            if piece.track not in begun:
                begun.add(piece.track)
                farthest = max(farthest, newest - piece.start)
    assert follower.lag - 2 * stride <= farthest < follower.lag


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


SWAYS = {
    "a face width each way in two seconds": lambda i: 150 + 50 * np.sin(i * np.pi / 25),
    "to and fro in one second": lambda i: 150 + 40 * np.sin(i * 2 * np.pi / 25),
    "past the camera": lambda i: 8.0 * i,
    "nearly a face width between two looks, at once": lambda i: 50.0 if i < 30 else min(50.0 + 15 * (i - 29), 170.0),
}


@pytest.mark.parametrize("x", SWAYS.values(), ids=SWAYS)
def test_a_face_that_moves_fast_is_one_track_and_where_it_is(x: Callable[[int], float]) -> None:
    tracks = follow(lambda i: [(x(i), 10, 50)], stride=3)
    assert [span(pieces) for pieces in tracks.values()] == [(0, 60)]
    boxes = np.concatenate([piece.boxes for piece in tracks[0]])
    assert np.abs(boxes[10:50, 0] - [x(i) for i in range(10, 50)]).max() < 15
    assert all(piece.seen is not None and piece.seen.all() for piece in tracks[0])


def test_two_faces_that_pass_each_other_keep_to_themselves() -> None:
    tracks = follow(lambda i: [(4.0 * i, 0, 50), (240.0 - 4 * i, 40, 50)], stride=3)
    assert len(tracks) == 2
    assert all(
        np.abs(np.diff(np.concatenate([piece.boxes[:, 1] for piece in pieces[2:-2]]))).max() < 5 for pieces in tracks.values()
    )


def test_a_face_at_rest_costs_no_look_more_than_every_third() -> None:
    looked: list[int] = []
    follower = Follower(ScriptedDetector(lambda i: [(10 + 0.5 * i, 10, 50)], 3), lambda index, _: looked.append(index))
    list(follower.follow(shots(60)))
    assert looked == [*range(0, 60, 3), 59]


def test_where_a_face_was_not_found_its_place_is_said_to_be_a_guess() -> None:
    pieces = follow(lambda i: [] if 20 <= i < 32 else [(10, 10, 50)], stride=3)[0]
    seen = np.concatenate([piece.seen for piece in pieces if piece.seen is not None])
    assert np.flatnonzero(~seen).tolist() == list(range(19, 33))


def test_a_crowd_of_tiny_faces_does_not_keep_a_large_newcomer_out() -> None:
    crowd = [(25.0 * place, 0.0, 20.0) for place in range(MAX_LIVE_TRACKS)]
    tracks = follow(lambda i: [*crowd, *([(100.0, 100.0, 90.0)] if i >= 20 else [])], stride=1)
    largest = max(tracks.values(), key=lambda pieces: pieces[0].boxes[0, 2] - pieces[0].boxes[0, 0])
    assert span(largest) == (20, 60)
    assert len(tracks) == MAX_LIVE_TRACKS + 1
    assert sorted(span(pieces)[1] for pieces in tracks.values())[:2] == [21, 60]
    assert all(pieces[-1].last for pieces in tracks.values())


@pytest.mark.parametrize("count", [1, 4, 6, 9, 12])
def test_boxes_of_a_short_track_are_where_the_face_is(count: int) -> None:
    pieces = follow(lambda i: [(10, 20, 50)] if i < count else [], stride=1)[0]
    np.testing.assert_allclose(np.concatenate([piece.boxes for piece in pieces]), [[10, 20, 60, 70]] * count)
