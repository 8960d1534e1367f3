"""Phrases to read aloud."""

import itertools

import pytest

from lipgate.core.errors import LipgateError
from lipgate.desktop.kiosk.phrases import CLOSED, DIGITS, Phrase, new_phrase

MANY = [new_phrase(language) for language in DIGITS for _ in range(250)]
LINES = ["".join(part for part in phrase.parts if part.isdecimal()) for phrase in MANY]
"""The digits of each."""


def test_a_phrase_has_eight_digits_unless_told_otherwise_and_a_word_after_each_half():
    assert {len(line) for line in LINES} == {8}
    assert {tuple(part.isdecimal() for part in phrase.parts) for phrase in MANY} == {(*[True] * 4, False, *[True] * 4, False)}
    assert [part.isdecimal() for part in new_phrase("en", 5).parts] == [*[True] * 3, False, *[True] * 2, False]


def test_every_digit_comes_about_equally_often_at_every_place():
    for place in range(8):
        counts = [sum(line[place] == str(digit) for line in LINES) for digit in range(10)]
        assert min(counts) > 15  # 50 are expected; less than 15 happens once in 10^9 runs
        assert max(counts) < 100


@pytest.mark.parametrize("language", DIGITS)
def test_the_words_are_of_the_language_and_two_different_ones(language):
    words = [tuple(part for part in phrase.parts if not part.isdecimal()) for phrase in MANY if phrase.language == language]
    assert all(one != other for one, other in words)
    assert {word for pair in words for word in pair} == set(CLOSED[language])


@pytest.mark.parametrize("language", DIGITS)
def test_lips_close_in_every_word_and_no_word_stands_twice(language):
    assert all(set(word) & set("mbp") for word in CLOSED[language])
    assert len({*CLOSED[language], *DIGITS[language]}) == 20


def test_phrases_do_not_repeat():
    assert len(set(MANY)) == len(MANY)


def test_no_digit_follows_itself():
    assert all(a != b for line in LINES for a, b in itertools.pairwise(line))


def test_nothing_counts_up_or_down():
    for line in LINES:
        assert not any(line[i : i + 3] in run for i in range(6) for run in ("0123456789", "9876543210"))


def test_no_pair_is_said_twice_in_a_row():
    assert not any(line[i : i + 2] == line[i + 2 : i + 4] for line in LINES for i in range(5))


@pytest.mark.parametrize(("language", "said"), [("en", ("four", "zero", "people")), ("es", ("cuatro", "cero", "tiempo"))])
def test_a_phrase_is_said_in_its_language(language, said):
    assert Phrase(language, ("4", "0", said[2])).words() == said


def test_an_unknown_language_is_an_error_with_a_code():
    for make in (lambda: Phrase("tlh", ("1",)), lambda: new_phrase("tlh")):
        with pytest.raises(LipgateError) as caught:
            make()
        assert caught.value.code == "language_unknown"


@pytest.mark.parametrize("parts", [(), ("12",), ("a",), ("²",), ("",), ("tiempo",)])
def test_a_phrase_of_anything_else_is_refused(parts):
    with pytest.raises(ValueError, match="not digits"):
        Phrase("en", parts)
