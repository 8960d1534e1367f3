"""DynamoDB items: plain values in, plain values out."""

import gzip
import json
import math
from collections.abc import Mapping
from typing import Any

Item = dict[str, dict[str, Any]]
"""Attribute to typed value, as DynamoDB has it."""

GRACE_SECONDS = 86400
"""How much later than its time an item is removed: nothing may go while somebody still works with it."""


def pack(values: Mapping[str, Any]) -> Item:
    """Typed values of str, int, float and bytes; what is None is left out."""
    return {name: typed(value) for name, value in values.items() if value is not None}


def unpack(item: Item) -> dict[str, Any]:
    """The plain values of an item. Numbers are float; `int` them where they are counts."""
    return {name: _plain(value) for name, value in item.items()}


def typed(value: str | int | float | bytes) -> dict[str, Any]:
    """One typed value."""
    if isinstance(value, str):
        return {"S": value}
    if isinstance(value, bytes):
        return {"B": value}
    # repr gives all digits of a float, and DynamoDB keeps 38: what is read is what was written.
    return {"N": repr(value)}


def expiry(at: float) -> int:
    """Value of the table's expiry attribute `ttl` for what ends at a time."""
    return math.ceil(at) + GRACE_SECONDS


def squeeze(document: Any) -> bytes:
    """JSON, compressed: curves of hours of video would not fit an item otherwise."""
    return gzip.compress(json.dumps(document, separators=(",", ":")).encode(), compresslevel=6, mtime=0)


def expand(content: bytes) -> Any:
    """What was squeezed."""
    return json.loads(gzip.decompress(content))


def _plain(value: Mapping[str, Any]) -> Any:
    kind, content = next(iter(value.items()))
    return float(content) if kind == "N" else content
