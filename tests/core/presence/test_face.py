"""A face track is watched by several meters, and may end with a piece that has no pictures."""

import numpy as np

from lipgate.core.faces.mouth import UNITS
from lipgate.core.faces.track import TrackPiece
from lipgate.core.presence.face import FaceMeter
from lipgate.core.presence.findings import Code

FRAMES = 60


def piece(images: list[np.ndarray], start: int, *, last: bool) -> TrackPiece:
    marks = np.repeat((UNITS * 2 + [160, 160])[None].astype(np.float32), len(images), axis=0)
    return TrackPiece(0, start, images, np.zeros((len(images), 4), np.float32), marks, last=last)


def test_all_pieces_of_a_track_are_looked_at() -> None:
    rng = np.random.default_rng(1)
    images = [np.full((320, 320, 3), 120, np.uint8) for _ in range(FRAMES)]
    for image in images:
        image[124:200:2, 120:200:2] += rng.integers(0, 80, (38, 40, 1), np.uint8)
    meter = FaceMeter()
    meter.feed(piece(images[:25], 0, last=False))
    meter.feed(piece(images[25:], 25, last=False))
    meter.feed(piece([], FRAMES, last=True))
    found = meter.findings(10, 1.0)
    assert Code.FLICKERS in {finding.code for finding in found}
    assert {(finding.start_s, finding.end_s) for finding in found} == {(0.4, 2.8)}


def test_a_track_without_pictures_says_nothing() -> None:
    meter = FaceMeter()
    meter.feed(piece([], 0, last=True))
    assert meter.findings(0, 1.0) == ()


def test_films_are_not_looked_at_for_paint_for_ever() -> None:
    rng = np.random.default_rng(1)
    images = [np.full((320, 320, 3), 120, np.uint8) for _ in range(2 * FRAMES)]
    for image in images[FRAMES:]:
        image[124:200:2, 120:200:2] += rng.integers(0, 80, (38, 40, 1), np.uint8)
    short, long = FaceMeter(FRAMES), FaceMeter()
    for first in range(0, len(images), 20):
        for meter in (short, long):
            meter.feed(piece(images[first : first + 20], first, last=False))
    codes = [{finding.code for finding in meter.findings(0, 1.0)} for meter in (short, long)]
    assert Code.FLICKERS not in codes[0]
    assert Code.FLICKERS in codes[1]
