"""Holds the audit log against itself, and what is kept beside it against what the log says."""

from dataclasses import dataclass
from typing import Any

from lipgate.desktop.kiosk.audit import START, Entry, first_broken, record_hash
from lipgate.desktop.kiosk.rows import outcome, outcome_of
from lipgate.desktop.kiosk.store import Store, iterate_audit


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
    """What is not as the log says, was put in beside it, or is gone: `attempt ID`, `session ID`, `setting NAME`."""

    @property
    def intact(self) -> bool:
        """Whether nothing is wrong."""
        return self.broken_at is None and not self.altered


def verify(store: Store) -> Findings:
    """Look at everything, as it is at one moment."""
    with store.moment():
        entries = list(iterate_audit(store))
        altered = {
            "attempt": _altered_attempts(store, entries),
            "session": _altered_sessions(store, entries),
            "setting": _altered_settings(store, entries),
        }
    head = entries[-1].hash if entries else START
    names = tuple(f"{kind} {name}" for kind, names in altered.items() for name in sorted(names))
    return Findings(len(entries), head, first_broken(entries), names)


# What was forged may lack anything; that the chain breaks there is found elsewhere.


def _altered_attempts(store: Store, entries: list[Entry]) -> set[str]:
    told: dict[str, dict[str, Any]] = {
        entry.detail["attempt"]: entry.detail for entry in entries if {"attempt", "session", "record_sha256"} <= set(entry.detail)
    }
    sessions = {row["id"] for row in store.read("SELECT id FROM sessions")}
    kept = {row["id"]: record_hash(dict(row)) for row in store.each("SELECT * FROM attempts")}
    wrong = {name for name, digest in kept.items() if name not in told or told[name]["record_sha256"] != digest}
    # Attempts whose time was over went with their sessions; others were taken out by hand.
    early = {name for name in set(told) - set(kept) if told[name]["session"] in sessions}
    hashes = {name: detail["record_sha256"] for name, detail in told.items()}
    return wrong | early | _unaccounted(hashes, set(kept), entries, "attempts")


def _altered_sessions(store: Store, entries: list[Entry]) -> set[str]:
    told: dict[Any, dict[str, Any]] = {}
    for entry in entries:
        name = entry.detail.get("session")
        if entry.event == "session_started":
            told[name] = outcome(entry.detail.get("language"), entry.at)
        elif name in told and entry.event == "session_ended":
            told[name] |= {"state": entry.detail.get("state"), "ended_at": entry.at}
        elif name in told and entry.event == "attempt_judged":
            told[name]["attempts"] += 1
    kept = {row["id"]: outcome_of(row) for row in store.each("SELECT * FROM sessions")}
    wrong = {name for name, outcome in kept.items() if told.get(name) != outcome}
    # Time is over for sessions that have ended only.
    early = {name for name in set(told) - set(kept) if told[name]["ended_at"] is None}
    hashes = {name: record_hash(outcome) for name, outcome in told.items()}
    return wrong | early | _unaccounted(hashes, set(kept), entries, "sessions")


def _unaccounted(told: dict[str, str], kept: set[str], entries: list[Entry], what: str) -> set[str]:
    """Names that are gone, but were not removed because their time was over, or not as they were told; and those that are back.

    Args:
        told: hashes by name, as the log has them.
        kept: names that are there.
        entries: of the log.
        what: `sessions` or `attempts`.
    """
    removed: dict[str, str] = {}
    unnamed = 0
    for entry in entries:
        if entry.event != "sessions_removed":
            continue
        names = entry.detail.get("removed")
        if isinstance(names, dict) and isinstance(names.get(what), dict):
            removed |= names[what]
        else:  # an older version told how many were removed, not which: where the number is wrong, any may be
            unnamed += entry.detail.get(what, 0)
    gone = set(told) - kept
    rest = gone - set(removed)
    changed = {name for name in gone & set(removed) if removed[name] != told[name]}
    return changed | (kept & set(removed)) | (rest if len(rest) != unnamed else set())


def _altered_settings(store: Store, entries: list[Entry]) -> set[str]:
    told: dict[str, Any] = {}
    for entry in entries:
        if entry.event == "settings_changed":
            told |= entry.detail.get("changed", {})
    kept = {name: value for name, value in store.options().items() if not name.startswith("pin")}
    return {name for name in {*told, *kept} if name not in told or name not in kept or told[name] != kept[name]}
