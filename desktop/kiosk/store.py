"""What the station remembers, in one SQLite file: sessions, attempts, options, and the audit log beside all of them.

A change and its entry in the log are one transaction, on disk before the answer is given: after a power cut there are both or
neither. Every method may raise `UnavailableError("storage_unavailable")`, and has then changed nothing.
"""

import json
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

from lipgate.desktop.kiosk import audit
from lipgate.desktop.kiosk.rows import outcome_of, record_of, session_of
from lipgate.desktop.kiosk.sessions import Attempt, Challenge, Session, SessionState, phrase_check_of, state_after
from lipgate.handlers.adapters.local.database import Database

DATABASE = "kiosk.sqlite3"
"""Its name in the station's folder."""

MIGRATIONS = [
    """
    CREATE TABLE sessions (
        id TEXT PRIMARY KEY, started_at REAL NOT NULL, ended_at REAL, language TEXT NOT NULL, state TEXT NOT NULL,
        max_attempts INTEGER NOT NULL, attempts_used INTEGER NOT NULL,
        challenge_id TEXT, challenge_digits TEXT, challenge_expires_at REAL
    );
    CREATE INDEX sessions_by_start ON sessions (started_at, id);
    CREATE TABLE attempts (
        id TEXT PRIMARY KEY, session TEXT NOT NULL REFERENCES sessions (id), number INTEGER NOT NULL, at REAL NOT NULL,
        digits TEXT NOT NULL, heard TEXT, decision TEXT NOT NULL, reason TEXT, first_reason TEXT, report TEXT, video TEXT,
        UNIQUE (session, number)
    );
    CREATE TABLE options (name TEXT PRIMARY KEY, value TEXT NOT NULL);
    CREATE TABLE audit (
        sequence INTEGER PRIMARY KEY, at TEXT NOT NULL, event TEXT NOT NULL, detail TEXT NOT NULL, previous TEXT NOT NULL,
        hash TEXT NOT NULL
    );
    CREATE TRIGGER audit_grows BEFORE INSERT ON audit WHEN NEW.sequence <> (SELECT COALESCE(max(sequence), 0) + 1 FROM audit)
        BEGIN SELECT RAISE(ABORT, 'the audit log is only added to'); END;
    CREATE TRIGGER audit_stands BEFORE UPDATE ON audit BEGIN SELECT RAISE(ABORT, 'the audit log is only added to'); END;
    CREATE TRIGGER audit_stays BEFORE DELETE ON audit BEGIN SELECT RAISE(ABORT, 'the audit log is only added to'); END;
    """,
]


class Store:
    """The station's memory. May be used from several threads."""

    def __init__(self, path: Path, *, read_only: bool = False) -> None:
        """Args:
        path: of the SQLite file; made on first use.
        read_only: make and change nothing.
        """
        self._database = Database(path, MIGRATIONS, read_only=read_only)

    def start(self, session: Session, now: float) -> None:
        """Enter a session. One person stands at the station: whoever has a session open has left."""
        with self._database.change() as db:
            _end(db, "state = 'open'", (), SessionState.ABANDONED, now)
            db.execute(
                "INSERT INTO sessions VALUES (?, ?, NULL, ?, ?, ?, 0, NULL, NULL, NULL)",
                (session.id, session.started_at, session.language, session.state, session.max_attempts),
            )
            _put_challenge(db, session.id, session.challenge)
            _log(db, now, "session_started", session=session.id, language=session.language)

    def session(self, session_id: str) -> Session | None:
        """A session; None where there is none."""
        with self._database.read() as db:
            return _session(db, session_id)

    def challenge(self, session_id: str, make: Callable[[str], Challenge], now: float) -> Session | None:
        """Atomic: the session, with a challenge that may be answered: the one it has, or a new one where that is over.

        Args:
            session_id: of the session.
            make: a new challenge in a language.
            now: seconds since 1970.
        """
        with self._database.change() as db:
            session = _session(db, session_id)
            if session is None or session.state is not SessionState.OPEN:
                return session
            if session.challenge is None or session.challenge.expires_at <= now:
                session = replace(session, challenge=make(session.language))
                _put_challenge(db, session_id, session.challenge)
        return session

    def take(self, session_id: str, challenge_id: str) -> Challenge | None:
        """Atomic: use up a challenge, whatever becomes of the recording. None where it is not the open one."""
        with self._database.change() as db:
            session = _session(db, session_id)
            challenge = session.challenge if session and session.state is SessionState.OPEN else None
            if challenge is None or challenge.id != challenge_id:
                return None
            _put_challenge(db, session_id, None)
        return challenge

    def judged(self, attempt: Attempt, next_challenge: Challenge | None) -> Session | None:
        """Atomic: keep an attempt and what it makes of its session.

        Args:
            attempt: the next one of its session.
            next_challenge: where the session goes on.

        Returns:
            The session as it is then; None where it had ended meanwhile, and nothing was kept.
        """
        state = state_after(attempt.decision)
        ended_at = None if state is SessionState.OPEN else attempt.at
        with self._database.change() as db:
            session = _session(db, attempt.session)
            if session is None or session.state is not SessionState.OPEN or attempt.number != session.attempts_used + 1:
                return None
            record = record_of(attempt)
            db.execute(f"INSERT INTO attempts VALUES ({', '.join('?' * len(record))})", tuple(record.values()))  # noqa: S608
            db.execute(
                "UPDATE sessions SET state = ?, ended_at = ?, attempts_used = ? WHERE id = ?",
                (state, ended_at, attempt.number, attempt.session),
            )
            _put_challenge(db, attempt.session, next_challenge)
            _log(db, attempt.at, "attempt_judged", **_vouched(attempt, record))
            if ended_at is not None:
                _log(db, attempt.at, "session_ended", session=attempt.session, state=str(state))
            return _session(db, attempt.session)

    def cancel(self, session_id: str, now: float) -> bool:
        """The person does not go on. False where the session has ended."""
        with self._database.change() as db:
            return _end(db, "id = ? AND state = 'open'", (session_id,), SessionState.CANCELLED, now) == 1

    def abandon(self, now: float, session_id: str | None = None) -> int:
        """End open sessions, or one: whoever began them has left. How many were open."""
        with self._database.change() as db:
            which = "state = 'open' AND (? IS NULL OR id = ?)"
            return _end(db, which, (session_id, session_id), SessionState.ABANDONED, now)

    def forget(self, ended_before: float, now: float) -> list[str]:
        """Remove sessions that ended before a time, with their attempts. Names of their recordings, to be removed too."""
        with self._database.change() as db:
            old = "SELECT id FROM sessions WHERE ended_at < ?"
            gone = db.execute("SELECT * FROM sessions WHERE ended_at < ?", (ended_before,)).fetchall()
            rows = db.execute(f"SELECT * FROM attempts WHERE session IN ({old})", (ended_before,)).fetchall()  # noqa: S608
            db.execute(f"DELETE FROM attempts WHERE session IN ({old})", (ended_before,))  # noqa: S608
            db.execute("DELETE FROM sessions WHERE ended_at < ?", (ended_before,))
            if gone:
                # By name and hash: of a number alone nobody could tell whether it was these.
                names = {
                    "sessions": {row["id"]: audit.record_hash(outcome_of(row)) for row in gone},
                    "attempts": {row["id"]: audit.record_hash(dict(row)) for row in rows},
                }
                _log(db, now, "sessions_removed", sessions=len(gone), attempts=len(rows), removed=names)
        self._database.empty_wal()
        return [row["video"] for row in rows if row["video"]]

    def videos(self) -> set[str]:
        """Names of all kept recordings."""
        with self._database.read() as db:
            return {row["video"] for row in db.execute("SELECT video FROM attempts WHERE video IS NOT NULL")}

    def options(self) -> dict[str, Any]:
        """What the operator has changed, by name."""
        with self._database.read() as db:
            return {row["name"]: json.loads(row["value"]) for row in db.execute("SELECT name, value FROM options")}

    def put_options(self, values: dict[str, Any], now: float, event: str, **detail: Any) -> None:
        """Keep values by name, and say so in the log; `detail` is what the log is told."""
        with self._database.change() as db:
            rows = [(name, json.dumps(value)) for name, value in values.items()]
            db.executemany("INSERT OR REPLACE INTO options VALUES (?, ?)", rows)
            _log(db, now, event, **detail)

    def note(self, now: float, event: str, **detail: Any) -> None:
        """Add to the audit log alone."""
        with self._database.change() as db:
            _log(db, now, event, **detail)

    def last_entry_at(self, event: str | None = None) -> float | None:
        """When the newest entry of the log was made, or the newest of an event: seconds since 1970; None where there is none."""
        rows = self.read("SELECT at FROM audit WHERE ? IS NULL OR event = ? ORDER BY sequence DESC LIMIT 1", (event, event))
        return datetime.fromisoformat(rows[0]["at"]).timestamp() if rows else None

    def read(self, query: str, values: tuple = ()) -> list[sqlite3.Row]:
        """Rows, for `lipgate.desktop.kiosk.history`."""
        return list(self.each(query, values))

    def each(self, query: str, values: tuple = ()) -> Iterator[sqlite3.Row]:
        """Rows one by one, as they were when the first was asked for: all of them may be more than memory holds."""
        with self._database.read() as db:
            yield from db.execute(query, values)

    @contextmanager
    def moment(self) -> Iterator[None]:
        """What this thread reads in the block is of one moment, whatever is changed meanwhile."""
        with self._database.read() as db:
            db.execute("BEGIN")
            try:
                yield
            finally:
                db.rollback()

    def close(self) -> None:
        """Put everything into the one file. Connections of other threads end with them."""
        self._database.empty_wal()


def entry_of(row: sqlite3.Row) -> audit.Entry:
    """An entry of the log from its row."""
    return audit.Entry(**{**dict(row), "detail": json.loads(row["detail"])})


def _log(db: sqlite3.Connection, now: float, event: str, **detail: Any) -> None:
    row = db.execute("SELECT * FROM audit ORDER BY sequence DESC LIMIT 1").fetchone()
    entry = audit.follow(entry_of(row) if row else None, now, event, detail)
    text = json.dumps(entry.detail, sort_keys=True)
    values = (entry.sequence, entry.at, entry.event, text, entry.previous, entry.hash)
    db.execute("INSERT INTO audit VALUES (?, ?, ?, ?, ?, ?)", values)


def _session(db: sqlite3.Connection, session_id: str) -> Session | None:
    row = db.execute("SELECT * FROM sessions WHERE id = ?", (session_id,)).fetchone()
    return session_of(row) if row else None


def _put_challenge(db: sqlite3.Connection, session_id: str, challenge: Challenge | None) -> None:
    values = (challenge.id, " ".join(challenge.digits), challenge.expires_at) if challenge else (None, None, None)
    change = "UPDATE sessions SET challenge_id = ?, challenge_digits = ?, challenge_expires_at = ? WHERE id = ?"
    db.execute(change, (*values, session_id))


def _end(db: sqlite3.Connection, which: str, values: tuple, state: SessionState, now: float) -> int:
    rows = db.execute(f"SELECT id FROM sessions WHERE {which}", values).fetchall()  # noqa: S608 - conditions of this module
    for row in rows:
        db.execute("UPDATE sessions SET state = ?, ended_at = ? WHERE id = ?", (state, now, row["id"]))
        _put_challenge(db, row["id"], None)
        _log(db, now, "session_ended", session=row["id"], state=str(state))
    return len(rows)


def _vouched(attempt: Attempt, record: dict[str, Any]) -> dict[str, Any]:
    """What the log says of an attempt: the verdict, what it came from, and a hash of the whole record."""
    report = attempt.report or {}
    return {
        "session": attempt.session,
        "attempt": attempt.id,
        "number": attempt.number,
        "decision": attempt.decision,
        "reason": attempt.reason,
        "score": report.get("score"),
        "offset_frames": report.get("offset_frames"),
        "phrase_check": phrase_check_of(attempt),
        "model": report.get("model"),
        "record_sha256": audit.record_hash(record),
    }


def iterate_audit(store: Store) -> Iterator[audit.Entry]:
    """All entries of the log, in order."""
    return map(entry_of, store.each("SELECT * FROM audit ORDER BY sequence"))
