"""The offline check that a phrase was read: the rule, real recognition of synthetic voices, and bad input."""

import importlib.util
import io
import shutil
import subprocess
import sys
import threading
import wave
from functools import lru_cache
from pathlib import Path

import imageio_ffmpeg
import numpy as np
import pytest

from lipgate.core.errors import InputError, LipgateError
from lipgate.desktop.kiosk import listening, recogniser
from lipgate.desktop.kiosk.listening import (
    MAX_MARGIN,
    PhraseListener,
    WakeListener,
    available,
    decide,
    errors_between,
    read_sound,
    wake_available,
)
from lipgate.desktop.kiosk.phrases import Phrase
from lipgate.desktop.kiosk.recogniser import Recogniser, new_decoder
from training.puppet.speech import recording

RATE = 16_000
SHOWN = Phrase(tuple("47291583"))
OTHER = Phrase(tuple("90613725"))

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


@pytest.fixture(scope="module")
def english() -> PhraseListener:
    return PhraseListener.load("en")


@pytest.mark.parametrize(
    ("shown", "heard", "errors"),
    [
        ("47291583", "47291583", 0),
        ("47291583", "4729158", 1),
        ("47291583", "047291583", 1),
        ("47291583", "47201583", 1),
        ("47291583", "7291583", 1),
        ("47291583", "", 8),
        ("4", "4444", 3),
        ("12", "21", 2),
    ],
)
def test_errors_are_the_fewest_digits_to_change(shown, heard, errors):
    assert errors_between(shown, heard) == errors
    assert errors_between(heard, shown) == errors


@pytest.mark.parametrize(
    ("heard", "margin", "accepted"),
    [
        ("47291583", 0.0, True),
        ("47291583", MAX_MARGIN, True),
        ("4720158", 0.1, True),  # two digits heard wrong, but the phrase fits as well
        ("47291583", MAX_MARGIN + 0.01, False),
        ("47291583", None, False),  # the phrase does not fit the sound at all
        ("4092570219150803", 0.1, True),  # digits that nobody said are among them
        ("90613725", 0.1, False),  # fits as well, but hardly a digit is alike
        ("0", 0.0, False),
        ("", 0.0, False),
    ],
)
def test_a_phrase_is_accepted_when_it_fits_nearly_as_well_as_the_best_digits(heard, margin, accepted):
    assert decide(SHOWN.digits, tuple(heard), margin) is accepted


@speaking
@pytest.mark.parametrize("voice", ["en-us", "en-gb", "en-us+f3"])
def test_the_phrase_that_was_read_is_told_from_another(english, voice):
    samples = say(", ".join(SHOWN.words("en")), voice)
    assert english.check(samples, SHOWN).matches
    other = english.check(samples, OTHER)
    assert not other.matches
    assert other.errors is not None
    assert other.errors > 3


@speaking
def test_the_same_sound_gives_the_same_answer(english):
    samples = say(", ".join(SHOWN.words("en")), "en-us")
    first = english.check(samples, SHOWN)
    english.check(say("good morning", "en-us"), OTHER)
    assert english.check(samples, SHOWN) == first


@speaking
@pytest.mark.parametrize("voice", ["es", "es-419"])
def test_spanish_digits_are_heard_by_the_english_model_where_that_is_asked_for(voice):
    listener = PhraseListener.load("es", approximate=True)
    samples = say(", ".join(SHOWN.words("es")), voice)
    assert listener.check(samples, SHOWN).matches
    assert not listener.check(samples, OTHER).matches


@speaking
def test_threads_share_a_listener(english):
    samples = {phrase: say(", ".join(phrase.words("en")), "en-us") for phrase in (SHOWN, OTHER)}
    expected = {(said, shown): english.check(samples[said], shown) for said in samples for shown in samples}
    got = {}

    def work(said: Phrase, shown: Phrase) -> None:
        got[said, shown] = english.check(samples[said], shown)

    threads = [threading.Thread(target=work, args=pair) for pair in expected]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert got == expected


@pytest.mark.parametrize(
    "samples",
    [
        np.empty(0, np.int16),
        np.zeros(10, np.int16),
        np.zeros(5 * RATE, np.int16),
        np.full(5 * RATE, 99, np.int16),
    ],
    ids=["nothing", "very short", "silence", "nearly silence"],
)
def test_where_there_is_nothing_to_hear_no_digits_are_made_up(english, samples):
    heard = english.check(samples, SHOWN)
    assert heard.digits is None
    assert not heard.matches


@pytest.mark.parametrize("loudness", [300, 10_000, 40_000])
def test_noise_is_no_phrase(english, loudness):
    noise = np.random.default_rng(7).standard_normal(3 * RATE) * loudness
    assert not english.check(noise.clip(-32768, 32767).astype(np.int16), SHOWN).matches


@pytest.mark.parametrize("start", [0, 8, 16, 24, 32])
def test_speech_without_the_phrase_is_not_the_phrase(english, start):
    assert not english.check(recording()[start * RATE : (start + 5) * RATE], SHOWN).matches


def test_only_the_beginning_of_endless_sound_is_listened_to(english, monkeypatch):
    lengths = []
    monkeypatch.setattr(english._recogniser, "any_words", lambda samples: lengths.append(len(samples)))
    english.check(np.full(3600 * RATE, 1000, np.int16), SHOWN)
    assert lengths == [listening.LONGEST_SECONDS * RATE]


def test_english_can_be_checked_and_spanish_only_near():
    assert available("en")
    assert not available("es")
    assert available("es", approximate=True)
    assert not available("tlh", approximate=True)
    assert wake_available("en")
    assert not wake_available("tlh")


def test_nothing_is_available_without_pocketsphinx(monkeypatch):
    monkeypatch.setattr(recogniser.importlib.util, "find_spec", lambda name: None)
    assert not available("en")
    assert not wake_available("en")


def test_loading_without_pocketsphinx_says_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "pocketsphinx", None)
    with pytest.raises(LipgateError, match="install kiosk") as caught:
        PhraseListener.load("en")
    assert caught.value.code == "speech_model_missing"


@pytest.mark.parametrize("load", [PhraseListener.load, WakeListener.load])
def test_an_unknown_language_is_an_error_with_a_code(load):
    with pytest.raises(LipgateError) as caught:
        load("tlh")
    assert caught.value.code == "language_unknown"


def test_spanish_is_refused_unless_near_is_good_enough():
    with pytest.raises(LipgateError) as caught:
        PhraseListener.load("es")
    assert caught.value.code == "speech_model_missing"


def test_a_missing_model_is_an_error_with_a_code(monkeypatch, tmp_path):
    monkeypatch.setattr(recogniser, "_model", lambda: tmp_path)
    with pytest.raises(LipgateError) as caught:
        new_decoder({"one": ("W AH N",)})
    assert caught.value.code == "speech_model_missing"


def test_the_model_is_found_in_a_folder_of_any_name_and_without_the_package_of_models(monkeypatch, tmp_path, english):
    # As in a frozen program, whose importer knows no `pocketsphinx.model`.
    find_spec = importlib.util.find_spec
    monkeypatch.setattr(importlib.util, "find_spec", lambda name, *more: find_spec(name, *more) if "." not in name else None)
    folder = tmp_path / 'modèle "ñ" \\n'
    shutil.copytree(recogniser._model(), folder)
    monkeypatch.setattr(recogniser, "_model", lambda: folder)
    assert available("en")
    assert PhraseListener.load("en").check(recording()[:RATE], SHOWN) == english.check(recording()[:RATE], SHOWN)


def test_a_sound_that_english_has_not_is_refused():
    with pytest.raises(ValueError, match="cannot be said"):
        new_decoder({"one": ("W QQ N",)})


def test_words_outside_the_vocabulary_are_refused():
    words = Recogniser({"one": ("W AH N",)})
    for said in ([], ["two"]):
        with pytest.raises(ValueError, match="vocabulary"):
            words.these_words(np.zeros(RATE, np.int16), said)


def test_pocketsphinx_is_imported_only_when_used():
    code = "import sys, lipgate.desktop.kiosk.listening, lipgate.desktop.kiosk.phrases; sys.exit('pocketsphinx' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_nothing_is_printed_and_no_file_is_left(capfd, monkeypatch, tmp_path, english):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    PhraseListener.load("en").check(recording()[: 2 * RATE], SHOWN)
    english.check(np.full(RATE, 1000, np.int16), SHOWN)
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
    assert 0 < most <= listening._WAKE_LONGEST + RATE


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
