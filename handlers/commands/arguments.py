"""Types of options that several commands share."""

import argparse
from collections.abc import Callable


def number(low: int, high: int) -> Callable[[str], int]:
    """A whole number from `low` to `high`; anything else is a usage error."""

    def whole_number(text: str) -> int:
        value = int(text)
        if not low <= value <= high:
            raise argparse.ArgumentTypeError(f"must be {low} to {high}")
        return value

    return whole_number


port = number(0, 65535)
"""0 takes any that is free."""
