"""Rows that come a few at a time, kept as plain numbers: a list of small arrays would cost several times as much."""

import numpy as np


class Growing:
    """float32 (rows, width), rows added at the end."""

    def __init__(self, width: int) -> None:
        """Args: width: numbers in a row."""
        self._width = width
        self._bytes = bytearray()

    def __len__(self) -> int:
        return len(self._bytes) // (4 * self._width)

    def add(self, rows: np.ndarray) -> None:
        """Append float32 (n, width); not after `array` was asked for."""
        self._bytes += np.ascontiguousarray(rows, np.float32).tobytes()

    @property
    def array(self) -> np.ndarray:
        """All rows, float32 (n, width); no copy."""
        return np.frombuffer(self._bytes, np.float32).reshape(-1, self._width)
