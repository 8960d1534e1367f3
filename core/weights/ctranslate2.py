"""Reads model files of CTranslate2, in which Whisper is published."""

import struct
from pathlib import Path

import numpy as np

from lipgate.core.errors import WeightsError

_TYPES = (np.dtype("<f4"), np.dtype("<i1"), np.dtype("<i2"), np.dtype("<i4"), np.dtype("<f2"))
"""Of variables, by the numbers of the format."""


def read_variables(data: bytes | Path) -> dict[str, np.ndarray]:
    """All variables by name. The format: version, name, revision, count, then the variables.

    Args:
        data: the file, or its contents, of which the variables are views.

    Raises:
        WeightsError: weights_unreadable.
    """
    content = data.read_bytes() if isinstance(data, Path) else data
    at = 0

    def number(kind: str) -> int:
        nonlocal at
        (value,) = struct.unpack_from("<" + kind, content, at)
        at += struct.calcsize("<" + kind)
        return int(value)

    def text() -> str:
        nonlocal at
        length = number("H")
        at += length
        return content[at - length : at - 1].decode()

    try:
        number("I")
        text()
        number("I")
        found = {}
        for _ in range(number("I")):
            name = text()
            shape = [number("I") for _ in range(number("B"))]
            kind, size = _TYPES[number("B")], number("I")
            found[name] = np.frombuffer(content, kind, size // kind.itemsize, at).reshape(shape)
            at += size
    except (struct.error, ValueError, IndexError) as error:
        raise WeightsError("weights_unreadable", f"The file of CTranslate2 cannot be read: {error}.") from error
    return found
