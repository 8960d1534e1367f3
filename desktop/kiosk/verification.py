"""Holds the audit log against itself, and the attempts against what the log says of them."""

from dataclasses import dataclass
from typing import Any

from desktop.kiosk.audit import START, Entry, first_broken, record_hash
from desktop.kiosk.store import Store, iterate_audit


@dataclass(frozen=True)
class Findings:
    """What a look at everything found."""

    count: int
    """Entries of the log."""
    head: str
    """Hash of the newest one. Kept elsewhere, it proves later that nothing was cut off."""
    broken_at: int | None
    """Sequence of the first entry that was changed, or before which one is missing."""
    altered: tuple[str, ...]
    """Attempts that are not what the log says of them, were put in beside it, or are gone."""

    @property
    def intact(self) -> bool:
        """Whether nothing is wrong."""
        return self.broken_at is None and not self.altered


def verify(store: Store) -> Findings:
    """Look at everything."""
    entries = list(iterate_audit(store))
    head = entries[-1].hash if entries else START
    return Findings(len(entries), head, first_broken(entries), tuple(_altered(store, entries)))


def _altered(store: Store, entries: list[Entry]) -> list[str]:
    # What was forged may lack anything; that the chain breaks there is found elsewhere.
    told: dict[str, dict[str, Any]] = {
        entry.detail["attempt"]: entry.detail for entry in entries if {"attempt", "session", "record_sha256"} <= set(entry.detail)
    }
    sessions = {row["id"] for row in store.read("SELECT id FROM sessions")}
    kept = {row["id"]: record_hash(dict(row)) for row in store.each("SELECT * FROM attempts")}
    wrong = [name for name, digest in kept.items() if name not in told or told[name]["record_sha256"] != digest]
    gone = [name for name, detail in told.items() if name not in kept]
    removed = sum(entry.detail.get("attempts", 0) for entry in entries if entry.event == "sessions_removed")
    # Attempts whose time was over went with their sessions, as the log tells; others were taken out by hand.
    missing = [name for name in gone if told[name]["session"] in sessions] or (gone if len(gone) != removed else [])
    return sorted({*wrong, *missing})
