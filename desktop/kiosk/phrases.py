"""Random phrases to read: digits, which everybody can, and which a small recogniser tells apart."""

import secrets
from dataclasses import dataclass

DIGITS = "0123456789"


@dataclass(frozen=True)
class Phrase:
    """What a person is asked to read."""

    digits: tuple[str, ...]


def new_phrase(length: int = 8) -> Phrase:
    """A phrase nobody can foresee, no digit twice in a row."""
    digits: list[str] = []
    while len(digits) < length:
        digits += [digit for digit in secrets.choice(DIGITS) if [digit] != digits[-1:]]
    return Phrase(tuple(digits))
