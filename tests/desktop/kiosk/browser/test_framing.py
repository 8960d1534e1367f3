"""The frame turns green only where the face stands in it."""

import pytest

GOOD = {"left": 0.4, "top": 0.3, "width": 0.2, "height": 0.35}

PLACES = [
    ("in the middle", GOOD, (640, 360), (640, 360), True),
    ("at the left", {**GOOD, "left": 0.05}, (640, 360), (640, 360), False),
    ("at the right", {**GOOD, "left": 0.75}, (640, 360), (640, 360), False),
    ("below", {**GOOD, "top": 0.9}, (640, 480), (640, 640), False),
    ("far away", {"left": 0.48, "top": 0.45, "width": 0.04, "height": 0.08}, (640, 360), (640, 360), False),
    ("outside of what a high stage shows", {**GOOD, "left": 0.05}, (640, 360), (360, 640), False),
    ("in the middle of a high stage", GOOD, (640, 360), (360, 640), True),
    ("before anything is shown", {**GOOD, "left": 0.0}, (0, 0), (640, 360), True),
]


@pytest.mark.parametrize(
    ("face", "picture", "stage", "fits"), [place[1:] for place in PLACES], ids=[place[0] for place in PLACES]
)
def test_where_a_face_stands_in_the_frame(person, face, picture, stage, fits):
    someone = person()
    size = [dict(zip(("width", "height"), pair, strict=True)) for pair in (picture, stage)]
    code = "async (given) => (await import('/static/station/framing.js')).inFrame(...given)"
    assert someone.page.evaluate(code, [face, *size]) is fits


def test_a_face_beside_the_frame_is_asked_to_the_middle(person):
    someone = person(language="en")
    beside = {"hints": [], "face": {"left": 0.02, "top": 0.3, "width": 0.15, "height": 0.3}}
    someone.page.route("**/api/preview", lambda route: route.fulfill(json=beside))
    someone.begin()
    someone.see("adjust")
    assert "Centre your face in the oval." in someone.words()
