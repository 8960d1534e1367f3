"""Sessions and attempts as documents, for the operator page and exports."""

import csv
import io
import json
import math
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from typing import Any

from lipgate.desktop.kiosk.pace import time_factor
from lipgate.desktop.kiosk.reference import reference
from lipgate.desktop.kiosk.rows import attempt_of, session_of
from lipgate.desktop.kiosk.sessions import Attempt, Session, SessionState, phrase_check_of
from lipgate.desktop.kiosk.store import Store
from lipgate.handlers.domain.documents import timestamp
from lipgate.handlers.domain.errors import RefusedError

_COLUMNS = (
    *(
        "session",
        "reference",
        "started_at",
        "ended_at",
        "language",
        "state",
        "number",
        "at",
        "digits",
        "heard",
        "decision",
        "reason",
    ),
    *(
        "first_reason",
        "phrase_check",
        "score",
        "confidence",
        "min_dist",
        "offset_frames",
        "model",
        "model_sha256",
        "device",
        "processing_time_ms",
    ),
)


def span(since: date | None, until: date | None) -> tuple[float, float]:
    """From the first moment of the first day to that after the last one, by this machine's clock, in seconds since 1970.

    Raises:
        RefusedError: invalid_request.
    """
    first = _midnight(since) if since else 0.0
    try:
        return first, _midnight(until + timedelta(days=1)) if until else math.inf
    except OverflowError as error:
        raise RefusedError("invalid_request", "until: there is no day after this one.") from error


def attempts(store: Store, session_id: str) -> list[Attempt]:
    """The attempts of a session, in order."""
    return [attempt_of(row) for row in store.read("SELECT * FROM attempts WHERE session = ? ORDER BY number", (session_id,))]


def find_attempt(store: Store, attempt_id: str) -> Attempt | None:
    """An attempt; None where there is none."""
    rows = store.read("SELECT * FROM attempts WHERE id = ?", (attempt_id,))
    return attempt_of(rows[0]) if rows else None


def counts(store: Store, since: float, until: float) -> dict[str, int]:
    """Sessions by state, of those that began from `since` and before `until`."""
    rows = store.read(
        "SELECT state, count(*) AS n FROM sessions WHERE started_at >= ? AND started_at < ? GROUP BY state", (since, until)
    )
    found = {row["state"]: row["n"] for row in rows}
    return {str(state): found.get(state, 0) for state in SessionState}


def summary(found: dict[str, int]) -> dict[str, Any]:
    """How many of the sessions that a verdict ended were let pass; who left before one counts for neither.

    Args:
        found: from `counts`.

    Returns:
        `decided`, `passed`, and `pass_rate`, a share: None where nothing was decided.
    """
    passed = found[SessionState.ALLOWED]
    decided = passed + found[SessionState.BLOCKED]
    return {"decided": decided, "passed": passed, "pass_rate": round(passed / decided, 4) if decided else None}


def page(
    store: Store, since: float, until: float, state: str | None, before: int | None, limit: int
) -> tuple[list[dict[str, Any]], str | None]:
    """Documents of sessions, newest first, and where the next page begins (None at the end).

    Args:
        store: of the station.
        since: earliest start.
        until: sessions began before.
        state: only those in it.
        before: from the page before.
        limit: most of them.
    """
    rows = store.read(
        "SELECT sessions.*, sessions.rowid AS place FROM sessions WHERE started_at >= ? AND started_at < ?"
        " AND (? IS NULL OR state = ?) AND (? IS NULL OR sessions.rowid < ?) ORDER BY sessions.rowid DESC LIMIT ?",
        (since, until, state, state, before, before, limit + 1),
    )
    following = str(rows[limit - 1]["place"]) if len(rows) > limit else None
    return [session_document(store, session_of(row)) for row in rows[:limit]], following


def session_document(store: Store, session: Session) -> dict[str, Any]:
    """A session in a line: its last attempt speaks for it."""
    made = attempts(store, session.id)
    last = made[-1] if made else None
    report = (last.report if last else None) or {}
    return {
        "id": session.id,
        "reference": reference(session.id),
        "started_at": timestamp(session.started_at),
        "ended_at": session.ended_at and timestamp(session.ended_at),
        "language": session.language,
        "state": str(session.state),
        "attempts": session.attempts_used,
        "reason": last.reason if last else None,
        "score": report.get("score"),
        "offset_frames": report.get("offset_frames"),
    }


def attempt_document(attempt: Attempt) -> dict[str, Any]:
    """An attempt with its numbers, without plots."""
    report = attempt.report or {}
    model = report.get("model")
    return {
        "id": attempt.id,
        "number": attempt.number,
        "at": timestamp(attempt.at),
        "digits": attempt.digits,
        "heard": attempt.heard,
        "decision": attempt.decision,
        "reason": attempt.reason,
        "first_reason": attempt.first_reason,
        "phrase_check": phrase_check_of(attempt),
        **{name: report.get(name) for name in ("score", "confidence", "min_dist", "offset_frames")},
        "model": f"{model['name']} {model['version']}" if model else None,
        "device": report.get("device"),
        "processing_time_ms": report.get("processing_time_ms"),
        "time_factor": time_factor(report),
        "has_video": attempt.video is not None,
    }


def export_json(store: Store, since: float, until: float) -> Iterator[str]:
    """Sessions with their attempts and reports, and the newest hash of the audit log, as one JSON document in pieces."""
    head = store.read("SELECT sequence, hash FROM audit ORDER BY sequence DESC LIMIT 1")
    yield json.dumps({"audit_head": dict(head[0]) if head else None})[:-1] + ', "sessions": [\n'
    lead = ""
    for session in _between(store, since, until):
        made = [{**attempt_document(attempt), "report": attempt.report} for attempt in attempts(store, session.id)]
        yield lead + json.dumps({**session_document(store, session), "attempts": made})
        lead = ",\n"
    yield "\n]}\n"


def export_csv(store: Store, since: float, until: float) -> Iterator[str]:
    """A line for each attempt; sessions without one have a line too."""
    yield _csv(_COLUMNS)
    for session in _between(store, since, until):
        head = {
            "session": session.id,
            "reference": reference(session.id),
            "started_at": timestamp(session.started_at),
            "ended_at": session.ended_at and timestamp(session.ended_at),
            "language": session.language,
            "state": str(session.state),
        }
        lines = [{**head, **_flat(attempt)} for attempt in attempts(store, session.id)]
        for line in lines or [head]:
            yield _csv([line.get(name) for name in _COLUMNS])


def _between(store: Store, since: float, until: float) -> Iterator[Session]:
    query = "SELECT * FROM sessions WHERE started_at >= ? AND started_at < ? ORDER BY rowid"
    # Read at once: a download is written by whichever thread is free, and an open query belongs to one.
    return map(session_of, store.read(query, (since, until)))


def _midnight(day: date) -> float:
    try:
        return datetime.combine(day, datetime.min.time()).timestamp()
    except (OverflowError, OSError, ValueError):  # before 1970, on some systems
        return 0.0


def _flat(attempt: Attempt) -> dict[str, Any]:
    document = attempt_document(attempt)
    joined = {name: " ".join(document[name]) if document[name] is not None else None for name in ("digits", "heard")}
    model = (attempt.report or {}).get("model") or {}
    return {**document, **joined, "model_sha256": model.get("sha256")}


def _csv(values: Any) -> str:
    line = io.StringIO()
    csv.writer(line, lineterminator="\r\n").writerow(values)
    return line.getvalue()
