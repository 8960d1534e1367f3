"""Hints on the picture before it is recorded."""

from typing import Any

import cv2
import numpy as np
import pytest

from tests.desktop.kiosk.conftest import RunningKiosk

data = pytest.importorskip("skimage.data", reason="the photograph comes with scikit-image: pip install 'lipgate[test]'")


def photograph() -> np.ndarray:
    """A face, uint8 (240, 320, 3), BGR; its box is about 67 pixels wide."""
    face = cv2.cvtColor(data.astronaut()[:384], cv2.COLOR_RGB2BGR)
    return cv2.resize(face, (320, 240), interpolation=cv2.INTER_AREA)


def changed(gain: float = 1.0, shift: float = 0.0) -> np.ndarray:
    return np.clip(photograph() * gain + shift, 0, 255).astype(np.uint8)


def placed(scale: float, left: int, top: int, count: int = 1) -> np.ndarray:
    """The photograph, smaller, on a grey wall; so many beside one another."""
    canvas = np.full((240, 320, 3), 140, np.uint8)
    small = cv2.resize(photograph(), None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    for number in range(count):
        x = left + number * small.shape[1]
        canvas[top : top + small.shape[0], x : x + small.shape[1]] = small
    return canvas


def enlarged() -> np.ndarray:
    """Little but the face."""
    return cv2.resize(photograph()[35:95, 105:185], (320, 240))


def backlit() -> np.ndarray:
    """A dark face before a bright wall."""
    picture = np.full((240, 320, 3), 250, np.uint8)
    picture[20:220, 80:227] = (photograph()[20:220, 80:227] * 0.35).astype(np.uint8)
    return picture


def look(kiosk: RunningKiosk, picture: np.ndarray | bytes) -> Any:
    body = picture if isinstance(picture, bytes) else cv2.imencode(".jpg", picture)[1].tobytes()
    return kiosk.client.post("/api/preview", content=body, headers={"Content-Type": "image/jpeg"})


@pytest.mark.parametrize(
    ("picture", "hint"),
    [
        (photograph(), None),
        (np.full((240, 320, 3), 90, np.uint8), "no_face"),
        (placed(0.5, 0, 60, count=2), "two_faces"),
        (placed(0.35, 100, 80), "too_far"),
        (enlarged(), "too_close"),
        (np.roll(photograph(), 115, axis=1), "off_centre"),
        (changed(0.22), "too_dark"),
        (changed(0.35, 170), "too_bright"),
        (backlit(), "backlit"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_hints(picture: np.ndarray, hint: str | None, kiosk: RunningKiosk) -> None:
    answer = look(kiosk, picture).json()
    assert (answer["hints"][:1] or [None]) == [hint], answer


def test_the_face_is_told_in_shares_of_the_picture(kiosk: RunningKiosk) -> None:
    small = look(kiosk, photograph()).json()["face"]
    large = look(kiosk, cv2.resize(photograph(), (640, 480))).json()["face"]
    assert small == pytest.approx(large, abs=0.03)
    assert 0 < small["left"] < small["left"] + small["width"] < 1


def bomb() -> bytes:
    """A JPEG whose header tells of 65,500 x 65,500 pixels."""
    body = bytearray(cv2.imencode(".jpg", photograph())[1].tobytes())
    at = body.index(b"\xff\xc0")
    body[at + 5 : at + 9] = (65500).to_bytes(2, "big") * 2
    return bytes(body)


@pytest.mark.parametrize(
    "body",
    [
        *(b"", b"\xff\xd8", b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff\xc0\x00\x0b\x08\x00", bomb()),
        cv2.imencode(".jpg", photograph())[1].tobytes()[:300],
        cv2.imencode(".png", photograph())[1].tobytes(),
        cv2.imencode(".jpg", np.zeros((10, 700, 3), np.uint8))[1].tobytes(),
    ],
    ids=["empty", "start", "png head", "cut head", "bomb", "cut", "png", "wide"],
)
def test_what_is_no_small_jpeg_is_refused(body: bytes, kiosk: RunningKiosk) -> None:
    answer = look(kiosk, body)
    assert (answer.status_code, answer.json()["code"]) == (422, "bad_picture")


def test_a_large_body_is_refused_unread(kiosk: RunningKiosk) -> None:
    assert look(kiosk, b"\xff\xd8" * 150_000).json()["code"] == "body_too_large"
