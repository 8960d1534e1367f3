"""Recognises phrases. No recogniser is there yet."""


def available(language: str) -> bool:  # noqa: ARG001
    """Whether phrases of a language can be recognised here."""
    return False


def wake_available(language: str) -> bool:  # noqa: ARG001
    """Whether the words that start a session can be recognised in a language."""
    return False
