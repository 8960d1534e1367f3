"""Random phrases to read aloud. A phrase that nobody could know before shows that a recording was made now."""

import itertools
import secrets
from dataclasses import dataclass

from lipgate.core.errors import LipgateError

PHRASE_DIGITS = 8
"""Digits in a phrase: 3 to 5 s of speech, enough to judge lips by."""

WORDS: dict[str, tuple[str, ...]] = {
    "en": ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine"),
    "es": ("cero", "uno", "dos", "tres", "cuatro", "cinco", "seis", "siete", "ocho", "nueve"),
}
"""For each language, how the digits 0 to 9 are said."""

ALSO_SAID: dict[str, dict[str, str]] = {"en": {"oh": "0"}, "es": {}}
"""For each language, other words and the digit they stand for."""


@dataclass(frozen=True)
class Phrase:
    """What a person is asked to read."""

    digits: tuple[str, ...]
    """Each one character, "0" to "9"."""

    def __post_init__(self) -> None:
        if not self.digits or not all(len(digit) == 1 and digit in "0123456789" for digit in self.digits):
            raise ValueError(f"not digits: {self.digits}")

    def words(self, language: str) -> tuple[str, ...]:
        """The digits as they are said.

        Raises:
            LipgateError: language_unknown.
        """
        words = spoken(language)
        return tuple(words[int(digit)] for digit in self.digits)


def spoken(language: str) -> tuple[str, ...]:
    """How the digits 0 to 9 are said.

    Raises:
        LipgateError: language_unknown.
    """
    if language not in WORDS:
        raise LipgateError(
            "language_unknown", f"There are no digits for the language {language!r}; use one of {', '.join(WORDS)}."
        )
    return WORDS[language]


def new_phrase(length: int = PHRASE_DIGITS) -> Phrase:
    """Make a phrase from the system's source of secrets.

    No digit follows itself, no three digits count up or down, no pair of digits is said twice in a row: such phrases tempt
    people to say something else ("double four", "one to three").
    """
    digits: list[int] = []
    while len(digits) < length:
        digit = secrets.randbelow(10)
        if not _is_tempting([*digits, digit]):
            digits.append(digit)
    return Phrase(tuple(map(str, digits)))


def _is_tempting(digits: list[int]) -> bool:
    steps = [after - before for before, after in itertools.pairwise(digits)]
    counts = len(steps) > 1 and steps[-1] == steps[-2] and abs(steps[-1]) == 1
    return (bool(steps) and steps[-1] == 0) or counts or (len(digits) > 3 and digits[-4:-2] == digits[-2:])
