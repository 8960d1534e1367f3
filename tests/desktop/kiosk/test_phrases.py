"""Phrases to read aloud."""

import pytest

from lipgate.core.errors import LipgateError
from lipgate.desktop.kiosk.phrases import ALSO_SAID, WORDS, Phrase, new_phrase, spoken

MANY = [new_phrase() for _ in range(500)]


def test_a_phrase_has_eight_digits_unless_told_otherwise():
    assert {len(phrase.digits) for phrase in MANY} == {8}
    assert len(new_phrase(5).digits) == 5


def test_every_digit_comes_about_equally_often_at_every_place():
    for place in range(8):
        counts = [sum(phrase.digits[place] == str(digit) for phrase in MANY) for digit in range(10)]
        assert min(counts) > 15  # 50 are expected; less than 15 happens once in 10^9 runs
        assert max(counts) < 100


def test_phrases_do_not_repeat():
    assert len(set(MANY)) == len(MANY)


def test_no_digit_follows_itself():
    assert all(a != b for phrase in MANY for a, b in zip(phrase.digits, phrase.digits[1:], strict=False))


def test_nothing_counts_up_or_down():
    for phrase in MANY:
        text = "".join(phrase.digits)
        assert not any(text[i : i + 3] in run for i in range(6) for run in ("0123456789", "9876543210"))


def test_no_pair_is_said_twice_in_a_row():
    assert not any(phrase.digits[i : i + 2] == phrase.digits[i + 2 : i + 4] for phrase in MANY for i in range(5))


@pytest.mark.parametrize(("language", "said"), [("en", ("four", "zero", "nine")), ("es", ("cuatro", "cero", "nueve"))])
def test_digits_are_said_in_the_language_of_the_session(language, said):
    assert Phrase(("4", "0", "9")).words(language) == said


def test_every_language_says_ten_digits_and_no_word_means_two():
    assert ALSO_SAID.keys() == WORDS.keys()
    for language in WORDS:
        assert len(set(spoken(language))) == 10
        assert not set(ALSO_SAID[language]) & set(spoken(language))


def test_an_unknown_language_is_an_error_with_a_code():
    with pytest.raises(LipgateError) as caught:
        Phrase(("1",)).words("tlh")
    assert caught.value.code == "language_unknown"


@pytest.mark.parametrize("digits", [(), ("12",), ("a",), ("²",), ("",)])
def test_a_phrase_of_anything_else_than_digits_is_refused(digits):
    with pytest.raises(ValueError, match="not digits"):
        Phrase(digits)
