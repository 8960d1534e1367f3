"""Sessions and attempts as rows of the store."""

import json
import sqlite3
from typing import Any

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
