"""Holds the audit log against itself, and what is kept beside it against what the log says."""

from dataclasses import dataclass
from typing import Any, NamedTuple

from lipgate.desktop.kiosk.audit import START, Entry, first_broken, moment, record_hash
from lipgate.desktop.kiosk.sessions import SessionState
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
    gone = set(told) - set(kept)
    # Attempts whose time was over went with their sessions; others were taken out by hand.
    return wrong | ({name for name in gone if told[name]["session"] in sessions} or _unaccounted(gone, entries, "attempts"))


class _Outcome(NamedTuple):
    language: str | None
    started_at: str
    state: str | None = SessionState.OPEN
    ended_at: str | None = None
    attempts: int = 0


def _altered_sessions(store: Store, entries: list[Entry]) -> set[str]:
    told: dict[Any, _Outcome] = {}
    for entry in entries:
        name = entry.detail.get("session")
        if entry.event == "session_started":
            told[name] = _Outcome(entry.detail.get("language"), entry.at)
        elif name in told and entry.event == "session_ended":
            told[name] = told[name]._replace(state=entry.detail.get("state"), ended_at=entry.at)
        elif name in told and entry.event == "attempt_judged":
            told[name] = told[name]._replace(attempts=told[name].attempts + 1)
    kept = {
        row["id"]: _Outcome(
            row["language"],
            _moment(row["started_at"]),
            row["state"],
            None if row["ended_at"] is None else _moment(row["ended_at"]),
            row["attempts_used"],
        )
        for row in store.each("SELECT * FROM sessions")
    }
    wrong = {name for name, outcome in kept.items() if told.get(name) != outcome}
    gone = set(told) - set(kept)
    # Time is over for sessions that have ended only.
    return wrong | ({name for name in gone if told[name].ended_at is None} or _unaccounted(gone, entries, "sessions"))


def _unaccounted(gone: set[str], entries: list[Entry], what: str) -> set[str]:
    # The log tells how many were removed when their time was over, not which: where the number is wrong, any may be.
    removed = sum(entry.detail.get(what, 0) for entry in entries if entry.event == "sessions_removed")
    return gone if len(gone) != removed else set()


def _altered_settings(store: Store, entries: list[Entry]) -> set[str]:
    told: dict[str, Any] = {}
    for entry in entries:
        if entry.event == "settings_changed":
            told |= entry.detail.get("changed", {})
    kept = {name: value for name, value in store.options().items() if not name.startswith("pin")}
    return {name for name in {*told, *kept} if name not in told or name not in kept or told[name] != kept[name]}


def _moment(value: Any) -> str:
    try:
        return moment(value)
    except (TypeError, ValueError, OverflowError, OSError):  # put in by hand
        return repr(value)
