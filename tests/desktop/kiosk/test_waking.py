"""The words that start a session: real recognition of synthetic voices, and bad input."""

import importlib.util
import io
import shutil
import subprocess
import sys
import wave
from functools import lru_cache
from pathlib import Path

import imageio_ffmpeg
import numpy as np
import pytest

from lipgate.core.errors import InputError, LipgateError
from lipgate.desktop.kiosk import calling, recogniser
from lipgate.desktop.kiosk.calling import WakeListener, wake_available
from lipgate.desktop.kiosk.ears.sound import read_sound
from lipgate.desktop.kiosk.recogniser import Recogniser, new_decoder
from training.puppet.speech import recording

RATE = 16_000

speaking = pytest.mark.skipif(shutil.which("espeak-ng") is None, reason="espeak-ng is not installed")


@lru_cache(maxsize=32)
def say(text: str, voice: str) -> np.ndarray:
    """Speech of espeak-ng, int16 (n,), 16 kHz, with half a second of silence around."""
    speak = [shutil.which("espeak-ng") or "", "-v", voice, "-s", "140", "--stdout", text]
    spoken = subprocess.run(speak, capture_output=True, check=True).stdout
    with wave.open(io.BytesIO(spoken)) as file:
        rate, samples = file.getframerate(), np.frombuffer(file.readframes(file.getnframes() or -1), "<i2")
    at = np.arange(0, len(samples) - 1, rate / RATE)
    return np.pad(np.interp(at, np.arange(len(samples)), samples).astype(np.int16), RATE // 2)


def test_nothing_is_available_without_pocketsphinx(monkeypatch):
    monkeypatch.setattr(recogniser.importlib.util, "find_spec", lambda name: None)
    assert not wake_available("en")


def test_loading_without_pocketsphinx_says_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "pocketsphinx", None)
    with pytest.raises(LipgateError, match="install kiosk") as caught:
        WakeListener.load("en")
    assert caught.value.code == "speech_model_missing"


def test_an_unknown_language_is_an_error_with_a_code():
    assert not wake_available("tlh")
    with pytest.raises(LipgateError) as caught:
        WakeListener.load("tlh")
    assert caught.value.code == "language_unknown"


def test_a_missing_model_is_an_error_with_a_code(monkeypatch, tmp_path):
    monkeypatch.setattr(recogniser, "_model", lambda: tmp_path)
    with pytest.raises(LipgateError) as caught:
        new_decoder({"one": ("W AH N",)})
    assert caught.value.code == "speech_model_missing"


def test_the_model_is_found_in_a_folder_of_any_name_and_without_the_package_of_models(monkeypatch, tmp_path):
    expected = Recogniser({"one": ("W AH N",)}).any_words(recording()[:RATE])
    # As in a frozen program, whose importer knows no `pocketsphinx.model`.
    find_spec = importlib.util.find_spec
    monkeypatch.setattr(importlib.util, "find_spec", lambda name, *more: find_spec(name, *more) if "." not in name else None)
    folder = tmp_path / 'modèle "ñ" \\n'
    shutil.copytree(recogniser._model(), folder)
    monkeypatch.setattr(recogniser, "_model", lambda: folder)
    assert wake_available("en")
    assert Recogniser({"one": ("W AH N",)}).any_words(recording()[:RATE]) == expected


def test_a_sound_that_english_has_not_is_refused():
    with pytest.raises(ValueError, match="cannot be said"):
        new_decoder({"one": ("W QQ N",)})


def test_words_outside_the_vocabulary_are_refused():
    words = Recogniser({"one": ("W AH N",)})
    for said in ([], ["two"]):
        with pytest.raises(ValueError, match="vocabulary"):
            words.these_words(np.zeros(RATE, np.int16), said)


def test_pocketsphinx_is_imported_only_when_used():
    code = "import sys, lipgate.desktop.kiosk.hearing, lipgate.desktop.kiosk.phrases; sys.exit('pocketsphinx' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_nothing_is_printed_and_no_file_is_left(capfd, monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    WakeListener.load("en").feed(recording()[:4000].tobytes())
    assert capfd.readouterr() == ("", "")
    assert list(tmp_path.iterdir()) == []


def pieces(samples: np.ndarray) -> list[bytes]:
    return [samples[start : start + RATE // 4].tobytes() for start in range(0, len(samples), RATE // 4)]


@speaking
@pytest.mark.parametrize(
    ("language", "said", "voice"), [("en", "verify my identity", "en-us"), ("es", "verifica mi identidad", "es-419")]
)
def test_the_wake_phrase_is_heard_once_each_time_it_is_said(language, said, voice):
    listener = WakeListener.load(language)
    once = np.pad(say(said, voice), RATE)
    for _ in range(2):
        assert sum(map(listener.feed, pieces(once))) == 1


def test_other_speech_does_not_wake():
    listener = WakeListener.load("en")
    assert not any(map(listener.feed, pieces(recording())))


@pytest.mark.parametrize("pcm", [b"", b"\0", bytes(3), bytes(1001)])
def test_odd_pieces_do_no_harm(pcm):
    listener = WakeListener.load("en")
    assert not listener.feed(pcm)
    assert not listener.feed(bytes(8000))


@speaking
def test_the_wake_phrase_does_not_depend_on_the_size_of_pieces():
    pcm = np.pad(say("verify my identity", "en-us"), RATE).tobytes()
    for size in (len(pcm), 1000, 333):
        listener = WakeListener.load("en")
        whole = pcm[: len(pcm) // size * size]
        even = size - size % 2  # an odd last byte is dropped
        assert any(listener.feed(whole[start : start + even]) for start in range(0, len(whole), even))


def test_speech_without_end_takes_no_more_memory():
    listener = WakeListener.load("en")
    speech = np.concatenate([recording()[:RATE]] * 60)
    most = 0
    for piece in pieces(speech):
        listener.feed(piece)
        most = max(most, len(listener._said) + len(listener._waiting))
    assert 0 < most <= calling._WAKE_LONGEST + RATE


def test_the_sound_of_a_clip_is_read_on_its_clock(puppet):
    clip = puppet(seconds=3.0, suffix=".webm")
    assert abs(len(read_sound(clip)) - 3 * RATE) <= RATE // 10


def test_a_clip_without_sound_gives_none(tmp_path):
    silent = tmp_path / "silent clip.mp4"
    make = [imageio_ffmpeg.get_ffmpeg_exe(), "-v", "error", "-f", "lavfi", "-i", "color=s=64x64:d=1", str(silent)]
    subprocess.run(make, check=True)
    assert read_sound(silent).size == 0


def test_what_is_no_clip_is_an_input_error(tmp_path: Path):
    with pytest.raises(InputError):
        read_sound(tmp_path / "missing.webm")
