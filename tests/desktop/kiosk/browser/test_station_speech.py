"""What is said at the station: the phrase that is shown, other words, the words that start a session."""

import contextlib
import shutil
import wave
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from bench.phrases_speech import Voice, say, voices
from lipgate.core.constants import AUDIO_RATE
from lipgate.desktop.kiosk.phrases import Phrase
from tests.desktop.kiosk.browser.conftest import ACCEPT, DEVICES, FILMED, HURRY
from tests.desktop.kiosk.browser.person import UNEVEN
from tests.desktop.kiosk.browser.running import RunningKiosk

pytest.importorskip("pocketsphinx", reason="the kiosk is an extra: ./lipgate install kiosk")
pytestmark = pytest.mark.skipif(shutil.which("espeak-ng") is None, reason="espeak-ng is not installed")

PAUSE_S = 3

VOICE = Voice("en-us+f2", 140, 50)
"""The one that is understood best: what is tried here is the station, not its ears."""


@pytest.fixture(scope="module")
def kiosk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningKiosk]:
    """A kiosk that checks the phrase."""
    with contextlib.closing(RunningKiosk(tmp_path_factory.mktemp("listening"), LIPGATE_KIOSK_PHRASE_CHECK="1")) as running:
        assert running.client.get(running.link).status_code == 303
        yield running


def write(path: Path, samples: np.ndarray) -> Path:
    """A WAV file."""
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(AUDIO_RATE)
        file.writeframes(samples.tobytes())
    return path


def test_who_reads_the_phrase_in_english_passes(person, kiosk, puppet, tmp_path):
    def reads(digits):
        """A puppet that reads this phrase, with a pause before and a longer one after."""
        phrase = say(" ".join(Phrase("en", tuple(digits)).words()), VOICE)
        voice = write(tmp_path / f"{''.join(digits)}.wav", np.pad(phrase, (PAUSE_S * AUDIO_RATE, 3 * PAUSE_S * AUDIO_RATE)))
        return puppet(**{**FILMED, "seconds": len(phrase) / AUDIO_RATE + 3 * PAUSE_S, "voice": voice})

    def read():
        someone.at("capture")
        someone.see("good")
        someone.player.wait_for_the_beginning()
        someone.press("begin")  # silence ends the recording

    someone = person(language="en", station=HURRY)
    session = someone.begin()
    someone.player.film = reads(session["challenge"]["digits"])
    someone.page.evaluate("given.at(-1).getTracks()[0].dispatchEvent(new Event('ended'))")
    someone.at("no_camera")
    assert "The camera or the microphone was disconnected." in someone.words()
    someone.press("retry")
    someone.at("capture")
    assert someone.digits() == "".join(session["challenge"]["digits"])
    read()
    while someone.judged() == "next" and someone.figures()[-1]["reason"] in UNEVEN:
        someone.player.film = reads(someone.next_phrase())
        someone.press("again")
        read()

    assert someone.judged() == "allow", someone.figures()
    assert someone.heading() == "Verification passed"


def test_who_says_other_words_is_asked_to_read_what_is_shown(person, on_film):
    someone = person(film=on_film(), language="en", station=HURRY)
    someone.begin()
    someone.read_until_whole()

    assert someone.judged() == "next", someone.figures()
    assert someone.figures()[-1]["reason"] == "wrong_phrase", someone.figures()
    assert "What is on the screen was not recognised." in someone.words()
    assert "Read exactly what is shown, one by one and in order." in someone.words()


def test_a_station_that_cannot_hear_says_so_before_anybody_begins(person):
    someone = person(language="en", station={"cannot_verify": True, "languages": ["en"], "language": "en"})

    assert "nobody can pass here" in someone.words()
    assert someone.page.locator("[data-language]:visible").all_inner_texts() == ["English"]
    assert someone.barriers() == []


@pytest.mark.parametrize(("language", "words"), [("en", "verify my identity"), ("es", "verifica mi identidad")])
def test_a_session_starts_when_it_is_called_for(person, tmp_path, language, words):
    sound = write(tmp_path / "call.wav", np.pad(say(words, next(voices(language))), AUDIO_RATE))
    someone = person(DEVICES, ACCEPT, f"--use-file-for-fake-audio-capture={sound}", language=language)

    someone.agree()
    someone.at("capture")
    assert someone.page.evaluate("document.documentElement.lang") == language
    assert someone.page.evaluate("given[0].getVideoTracks().length") == 0
    assert someone.page.evaluate("given[0].getAudioTracks()[0].readyState") == "ended"
