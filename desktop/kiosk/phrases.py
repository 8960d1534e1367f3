"""Random phrases to read aloud. A phrase that nobody could know before shows that a recording was made now."""

import itertools
import secrets
from collections.abc import Sequence
from dataclasses import dataclass

from lipgate.core.errors import LipgateError

PHRASE_DIGITS = 8
"""Digits in a phrase: 3 to 5 s of speech, enough to judge lips by."""

PHRASE_WORDS = 2
"""Words beside them, one after each half of the digits."""

DIGITS: dict[str, tuple[str, ...]] = {
    "en": ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine"),
    "es": ("cero", "uno", "dos", "tres", "cuatro", "cinco", "seis", "siete", "ocho", "nueve"),
}
"""For each language, how the digits 0 to 9 are said."""

CLOSED: dict[str, tuple[str, ...]] = {
    "en": ("baby", "company", "maple", "member", "paper", "people", "problem", "pumpkin", "puppy", "purple"),
    "es": ("ambos", "bomba", "cambio", "campo", "mapa", "nombre", "problema", "siempre", "también", "tiempo"),
}
"""For each language, words in which the lips close (M, B, P). They hardly ever do in digits: none has such a sound in English or
Spanish, and closed lips are what a moved picture and another voice's lips get wrong most visibly."""


@dataclass(frozen=True)
class Phrase:
    """What a person is asked to read."""

    language: str
    parts: tuple[str, ...]
    """Digits, each one character, and words of `CLOSED`."""

    def __post_init__(self) -> None:
        known = {*"0123456789", *CLOSED[checked_language(self.language)]}
        if not self.parts or not known.issuperset(self.parts):
            raise ValueError(f"not digits and known words: {self.parts}")

    def words(self) -> tuple[str, ...]:
        """The phrase as it is said."""
        return tuple(said(part, self.language) for part in self.parts)


def said(part: str, language: str) -> str:
    """How a digit or a word of a phrase is said."""
    return DIGITS[language][int(part)] if part.isdecimal() else part


def checked_language(language: str) -> str:
    """The same.

    Raises:
        LipgateError: language_unknown.
    """
    if language not in DIGITS:
        raise LipgateError(
            "language_unknown", f"There are no phrases in the language {language!r}; use one of {', '.join(DIGITS)}."
        )
    return language


def new_phrase(language: str, digits: int = PHRASE_DIGITS) -> Phrase:
    """Make a phrase from the system's source of secrets.

    No digit follows itself, no three digits count up or down, no pair of digits is said twice in a row: such phrases tempt
    people to say something else ("double four", "one to three").

    Args:
        language: it is said in.
        digits: how many, 2 or more; `PHRASE_WORDS` words stand beside them.

    Raises:
        LipgateError: language_unknown.
    """
    words = secrets.SystemRandom().sample(CLOSED[checked_language(language)], PHRASE_WORDS)
    chosen: list[int] = []
    while len(chosen) < digits:
        digit = secrets.randbelow(10)
        if not _is_tempting([*chosen, digit]):
            chosen.append(digit)
    text, half = [str(digit) for digit in chosen], (digits + 1) // 2
    return Phrase(language, (*text[:half], words[0], *text[half:], words[1]))


def _is_tempting(digits: Sequence[int]) -> bool:
    steps = [after - before for before, after in itertools.pairwise(digits)]
    counts = len(steps) > 1 and steps[-1] == steps[-2] and abs(steps[-1]) == 1
    return (bool(steps) and steps[-1] == 0) or counts or (len(digits) > 3 and digits[-4:-2] == digits[-2:])
