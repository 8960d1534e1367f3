"""The audit log: each entry's hash covers the entry before it, so that none can be changed or taken out without a trace.

Who can write the file can also make a new chain. Entries cut off at the end, or a chain made anew, show against a hash that
was kept elsewhere: exports and the operator page give the newest one.
"""

import hashlib
import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

START = "0" * 64
"""Stands in for the hash before the first entry."""


@dataclass(frozen=True)
class Entry:
    """One line of the log. Holds nothing of a face, a voice or a name."""

    sequence: int
    """From 1, without gaps."""
    at: str
    """RFC 3339 in UTC, milliseconds."""
    event: str
    """snake_case: `session_started`, `attempt_judged`, ..."""
    detail: dict[str, Any]
    previous: str
    """Hash of the entry before, hexadecimal."""
    hash: str
    """SHA-256 of all of the above, hexadecimal."""


def follow(last: Entry | None, now: float, event: str, detail: dict[str, Any]) -> Entry:
    """The entry that comes after `last`.

    Args:
        last: newest entry; None where there is none.
        now: seconds since 1970.
        event: what happened.
        detail: of it; plain JSON.
    """
    sequence, previous = (last.sequence + 1, last.hash) if last else (1, START)
    at = moment(now)
    return Entry(sequence, at, event, detail, previous, _digest(sequence, at, event, detail, previous))


def moment(now: float) -> str:
    """Seconds since 1970 as the log has them."""
    return datetime.fromtimestamp(now, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def first_broken(entries: Iterable[Entry]) -> int | None:
    """Sequence of the first entry that does not follow from the one before it; None where all do.

    Args:
        entries: all, in order.
    """
    previous = START
    for expected, entry in enumerate(entries, start=1):
        told = (entry.sequence, entry.previous, entry.hash)
        if told != (expected, previous, _digest(entry.sequence, entry.at, entry.event, entry.detail, entry.previous)):
            return expected
        previous = entry.hash
    return None


def record_hash(record: dict[str, Any]) -> str:
    """SHA-256 of a record's JSON, for the log to vouch for what it does not hold itself."""
    return hashlib.sha256(_canonical(record)).hexdigest()


def _digest(sequence: int, at: str, event: str, detail: dict[str, Any], previous: str) -> str:
    return hashlib.sha256(_canonical([sequence, at, event, detail, previous])).hexdigest()


def _canonical(value: object) -> bytes:
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=True, allow_nan=False).encode()
