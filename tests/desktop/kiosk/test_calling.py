"""The words that start a session, as the page streams what the microphone hears."""

import pytest

from lipgate.desktop.kiosk.hearing import Hearing
from tests.desktop.kiosk.conftest import MakeKiosk, RunningKiosk


@pytest.fixture(autouse=True)
def recogniser(monkeypatch: pytest.MonkeyPatch) -> None:
    """Hears the words in English, where they are in the bytes."""
    monkeypatch.setattr(Hearing, "can_be_called", lambda _, language: language == "en")
    monkeypatch.setattr(Hearing, "called", lambda _, language, pcm: b"verify my identity" in pcm)


def listen(kiosk: RunningKiosk, pcm: bytes, language: str = "en") -> tuple[int, dict]:
    answer = kiosk.client.post("/api/listen", params={"language": language}, content=pcm, headers={"Content-Type": "audio/L16"})
    return answer.status_code, answer.json()


@pytest.mark.parametrize(("pcm", "heard"), [(b"verify my identity", True), (b"something else", False), (b"", False)])
def test_the_words_are_heard(pcm: bytes, heard: bool, kiosk: RunningKiosk) -> None:
    assert listen(kiosk, pcm) == (200, {"heard": heard})


def test_half_a_sample_is_refused(kiosk: RunningKiosk) -> None:
    status, problem = listen(kiosk, b"abc")
    assert (status, problem["code"]) == (422, "bad_sound")


def test_more_than_a_moment_is_refused_unread(kiosk: RunningKiosk) -> None:
    assert listen(kiosk, bytes(1 << 20))[1]["code"] == "body_too_large"


def test_a_language_without_a_recogniser_is_not_listened_to(kiosk: RunningKiosk) -> None:
    assert kiosk.client.get("/api/station").json()["voice_start"] == {"es": False, "en": True}
    assert listen(kiosk, b"", "es")[1]["code"] == "not_available"


def test_an_operator_may_close_the_stations_ears(make_kiosk: MakeKiosk) -> None:
    kiosk = make_kiosk(voice_start=False)
    assert kiosk.client.get("/api/station").json()["voice_start"] == {"es": False, "en": False}
    assert listen(kiosk, b"verify my identity")[1]["code"] == "not_available"
