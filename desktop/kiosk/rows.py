"""Sessions and attempts as rows of the store."""

import json
import sqlite3
from typing import Any

from lipgate.desktop.kiosk.audit import moment
from lipgate.desktop.kiosk.sessions import Attempt, Challenge, Session, SessionState


def session_of(row: sqlite3.Row) -> Session:
    """A session from its row."""
    challenge = None
    if row["challenge_id"]:
        challenge = Challenge(row["challenge_id"], tuple(row["challenge_digits"].split()), row["challenge_expires_at"])
    return Session(
        id=row["id"],
        started_at=row["started_at"],
        language=row["language"],
        max_attempts=row["max_attempts"],
        state=SessionState(row["state"]),
        ended_at=row["ended_at"],
        attempts_used=row["attempts_used"],
        challenge=challenge,
    )


def record_of(attempt: Attempt) -> dict[str, Any]:
    """The row of an attempt, in the order of its columns."""
    return {
        "id": attempt.id,
        "session": attempt.session,
        "number": attempt.number,
        "at": attempt.at,
        "digits": " ".join(attempt.digits),
        "heard": None if attempt.heard is None else " ".join(attempt.heard),
        "decision": attempt.decision,
        "reason": attempt.reason,
        "first_reason": attempt.first_reason,
        "report": None if attempt.report is None else json.dumps(attempt.report),
        "video": attempt.video,
    }


def attempt_of(row: sqlite3.Row) -> Attempt:
    """An attempt from its row."""
    values = dict(row)
    values["digits"] = tuple(values["digits"].split())
    values["heard"] = None if values["heard"] is None else tuple(values["heard"].split())
    values["report"] = None if values["report"] is None else json.loads(values["report"])
    return Attempt(**values)


def outcome(
    language: Any, started_at: Any, state: Any = str(SessionState.OPEN), ended_at: Any = None, attempts: Any = 0
) -> dict[str, Any]:
    """What the audit log vouches for in a session; times as the log has them."""
    return {"language": language, "started_at": started_at, "state": state, "ended_at": ended_at, "attempts": attempts}


def outcome_of(row: sqlite3.Row) -> dict[str, Any]:
    """The same from the row of a session."""
    ended_at = None if row["ended_at"] is None else _moment(row["ended_at"])
    return outcome(row["language"], _moment(row["started_at"]), row["state"], ended_at, row["attempts_used"])


def _moment(value: Any) -> str:
    try:
        return moment(value)
    except (TypeError, ValueError, OverflowError, OSError):  # put in by hand
        return repr(value)
