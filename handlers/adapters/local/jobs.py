"""Jobs, results, ledger and outbox in SQLite: they end a job in one transaction, so they share a file."""

import json
import sqlite3
import time
from collections.abc import Callable, Collection
from dataclasses import asdict

from lipgate.handlers.adapters.local.database import Database
from lipgate.handlers.domain.errors import ConflictError, UnavailableError, too_many_jobs
from lipgate.handlers.domain.jobs import Failure, Idempotency, Job, JobState, Outcome, Source
from lipgate.handlers.domain.uploads import Delivery
from lipgate.handlers.domain.usage import CachedResult, LedgerEntry, Usage

_OF_UPLOAD = "SELECT * FROM jobs WHERE source_kind = 'upload' AND source_name = ?"


class SqliteJobs:
    """`lipgate.handlers.ports.JobStore`, and what a worker in the same process asks."""

    def __init__(self, database: Database, clock: Callable[[], float] = time.time, *, blames_video: bool = True) -> None:
        """Args:
        database: of the service.
        clock: tells what has expired and is not swept up yet.
        blames_video: whether the death of a worker's process counts as an attempt. Where scores have processes of their own
            it does not: those are what a video can end.
        """
        self._database = database
        self._clock = clock
        self._blames_video = blames_video

    def create(
        self, job: Job, idempotency: Idempotency | None, max_queued: int, max_pending: int | None = None
    ) -> tuple[Job, bool]:
        with self._database.change() as db:
            if idempotency:
                first = _first(db, idempotency, self._clock())
                if first:
                    return first, False
                db.execute("UPDATE jobs SET key_hash = NULL WHERE key_hash = ?", (idempotency.key_hash,))
            if db.execute("SELECT COUNT(*) FROM jobs WHERE state = 'queued'").fetchone()[0] >= max_queued:
                raise UnavailableError("queue_full", "Too many jobs are waiting. Try again later.", retry_after=10)
            if max_pending is not None and _pending(db, job.owner) >= max_pending:
                raise too_many_jobs(max_pending)
            if job.source.kind == "upload" and _one(db, _OF_UPLOAD, job.source.name):
                raise ConflictError("upload_taken", "There is a job for this upload already.")
            _insert(db, job, idempotency)
        return job, True

    def first(self, idempotency: Idempotency) -> Job | None:
        with self._database.read() as db:
            return _first(db, idempotency, self._clock())

    def get(self, job_id: str) -> Job | None:
        with self._database.read() as db:
            row = _one(db, "SELECT * FROM jobs WHERE id = ?", job_id)
        return _job(row) if row else None

    def of_upload(self, upload_key: str) -> Job | None:
        with self._database.read() as db:
            row = _one(db, _OF_UPLOAD, upload_key)
        return _job(row) if row else None

    def arrived(self, upload_key: str, now: float) -> str | None:
        with self._database.change() as db:
            row = _one(
                db,
                "UPDATE jobs SET state = 'queued', updated_at = ? WHERE state = 'waiting' AND source_kind = 'upload' "
                "AND source_name = ? RETURNING id",
                now,
                upload_key,
            )
        return row["id"] if row else None

    def claim(self, job_id: str, worker: str, lease_s: float, now: float) -> Job | None:
        with self._database.change() as db:
            return self._claim(db, job_id, worker, lease_s, now)

    def claim_next(self, worker: str, lease_s: float, now: float, most: int) -> Job | None:
        """Atomic: claim the job whose turn it is, as `claim` does. None where there is none.

        The next turn has who has the fewest jobs running; of those, who had none for longest; of theirs, the oldest job.

        Args:
            worker: name of it.
            lease_s: length of the lease.
            now: seconds since 1970.
            most: jobs of one owner that may run at a time.
        """
        with self._database.read() as db:
            if _next(db, now, most) is None:  # without the write lock: it is asked again and again
                return None
        with self._database.change() as db:
            job_id = _next(db, now, most)
            return self._claim(db, job_id, worker, lease_s, now) if job_id else None

    def extend(self, job_id: str, worker: str, lease_s: float, now: float) -> bool:
        return self._held("lease_until = ?", job_id, worker, now + lease_s)

    def release(self, job_id: str, worker: str, now: float, *, spent: bool = False) -> bool:
        released = (
            f"state = 'queued', attempts = attempts - {0 if spent else 1}, worker = NULL, lease_until = NULL, updated_at = ?"
        )
        return self._held(released, job_id, worker, now)

    def complete(
        self,
        job_id: str,
        worker: str,
        outcome: Outcome,
        now: float,
        result: CachedResult | None = None,
        entry: LedgerEntry | None = None,
        fingerprint: str | None = None,
    ) -> bool:
        with self._database.change() as db:
            row = _one(
                db,
                "UPDATE jobs SET state = ?, outcome = ?, fingerprint = ?, updated_at = ?, worker = NULL, lease_until = NULL "
                "WHERE id = ? AND state = 'running' AND worker = ? RETURNING webhook_url",
                outcome.state,
                json.dumps(asdict(outcome)),
                fingerprint,
                now,
                job_id,
                worker,
            )
            if row is None:
                return False
            if result:
                _keep(db, result)
            if entry:
                _record(db, entry)
            if row["webhook_url"]:
                db.execute("INSERT OR REPLACE INTO deliveries VALUES (?, 0, ?, ?)", (job_id, now, now))
        return True

    def delete(self, job_id: str) -> None:
        with self._database.change() as db:
            db.execute("DELETE FROM results WHERE fingerprint = (SELECT fingerprint FROM jobs WHERE id = ?)", (job_id,))
            db.execute("DELETE FROM deliveries WHERE job_id = ?", (job_id,))
            db.execute("DELETE FROM jobs WHERE id = ?", (job_id,))
        self._database.empty_wal()

    def abandon(self, process: str, now: float) -> int:
        """Put the jobs of a process that has died back to queued. Returns how many."""
        with self._database.change() as db:
            return db.execute(
                "UPDATE jobs SET state = 'queued', worker = NULL, lease_until = NULL, updated_at = ?, attempts = attempts - ? "
                "WHERE state = 'running' AND substr(worker, 1, length(?)) = ?",
                (now, 0 if self._blames_video else 1, f"{process}/", f"{process}/"),
            ).rowcount

    def expired(self, now: float) -> list[Job]:
        """Jobs whose time has come, except those that run."""
        with self._database.read() as db:
            rows = db.execute("SELECT * FROM jobs WHERE expires_at <= ? AND state != 'running'", (now,)).fetchall()
        return [_job(row) for row in rows]

    def _claim(self, db: sqlite3.Connection, job_id: str, worker: str, lease_s: float, now: float) -> Job | None:
        row = _one(
            db,
            "UPDATE jobs SET state = 'running', worker = ?, lease_until = ?, updated_at = ?, "
            "attempts = attempts + CASE WHEN state = 'queued' THEN 1 ELSE ? END "
            "WHERE id = ? AND (state = 'queued' OR (state = 'running' AND lease_until <= ?)) RETURNING *",
            worker,
            now + lease_s,
            now,
            1 if self._blames_video else 0,
            job_id,
            now,
        )
        if row is None:
            return None
        db.execute("INSERT OR REPLACE INTO turns VALUES (?, ?)", (row["owner"], now))
        return _job(row)

    def _held(self, change: str, job_id: str, worker: str, value: float) -> bool:
        statement = f"UPDATE jobs SET {change} WHERE id = ? AND state = 'running' AND worker = ?"  # noqa: S608 - our own words
        with self._database.change() as db:
            return db.execute(statement, (value, job_id, worker)).rowcount == 1


class SqliteResults:
    """`lipgate.handlers.ports.Results` and `lipgate.handlers.ports.Ledger`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def cached(self, fingerprint: str, now: float) -> CachedResult | None:
        with self._database.read() as db:
            row = _one(db, "SELECT * FROM results WHERE fingerprint = ? AND expires_at > ?", fingerprint, now)
        return CachedResult(row["fingerprint"], json.loads(row["report"]), row["expires_at"]) if row else None

    def store(self, result: CachedResult, entry: LedgerEntry) -> bool:
        with self._database.change() as db:
            _keep(db, result)
            return _record(db, entry)

    def usage(self, owner: str, period: str) -> Usage:
        with self._database.read() as db:
            row = db.execute(
                "SELECT COUNT(*), COALESCE(SUM(video_seconds), 0.0) FROM ledger WHERE owner = ? AND period = ?", (owner, period)
            ).fetchone()
            spent = _one(db, "SELECT seconds FROM spent WHERE owner = ? AND period = ?", owner, period)
        return Usage(row[0], row[1], spent["seconds"] if spent else 0.0)

    def spend(self, owner: str, period: str, seconds: float) -> None:
        added = "INSERT INTO spent VALUES (?, ?, ?) ON CONFLICT DO UPDATE SET seconds = seconds + excluded.seconds"
        with self._database.change() as db:
            db.execute(added, (owner, period, seconds))

    def forget_expired(self, now: float) -> None:
        """Remove results that are not given again; and what a reader has kept in the log of all that was removed before."""
        with self._database.change() as db:
            db.execute("DELETE FROM results WHERE expires_at <= ?", (now,))
        self._database.empty_wal()


class SqliteOutbox:
    """`lipgate.handlers.ports.Outbox`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def take(self, job_id: str, lease_s: float, now: float) -> Delivery | None:
        with self._database.change() as db:
            row = _one(
                db,
                "UPDATE deliveries SET next_at = ? WHERE job_id = ? AND next_at <= ? RETURNING *",
                now + lease_s,
                job_id,
                now,
            )
        return Delivery(**row) if row else None

    def next_due(self, now: float, but_of: Collection[str]) -> tuple[str, str] | None:
        """Id and owner of the job whose delivery is due longest; not one of these owners."""
        asked = (
            "SELECT job_id, owner FROM deliveries JOIN jobs ON id = job_id WHERE next_at <= ? "
            "AND owner NOT IN (SELECT value FROM json_each(?)) ORDER BY next_at LIMIT 1"
        )
        with self._database.read() as db:
            row = _one(db, asked, now, json.dumps([*but_of]))
        return (row["job_id"], row["owner"]) if row else None

    def retry(self, job_id: str, attempts: int, next_at: float) -> None:
        with self._database.change() as db:
            db.execute("UPDATE deliveries SET attempts = ?, next_at = ? WHERE job_id = ?", (attempts, next_at, job_id))

    def remove(self, job_id: str) -> None:
        with self._database.change() as db:
            db.execute("DELETE FROM deliveries WHERE job_id = ?", (job_id,))


def _one(db: sqlite3.Connection, statement: str, *values: object) -> sqlite3.Row | None:
    # All rows are fetched: RETURNING takes effect only as far as its rows are read.
    rows = db.execute(statement, values).fetchall()
    return rows[0] if rows else None


def _pending(db: sqlite3.Connection, owner: str) -> int:
    asked = "SELECT COUNT(*) FROM jobs WHERE owner = ? AND state IN ('waiting', 'queued', 'running')"
    return int(db.execute(asked, (owner,)).fetchone()[0])


def _next(db: sqlite3.Connection, now: float, most: int) -> str | None:
    """Id of the job whose turn it is."""
    running = "(SELECT COUNT(*) FROM jobs WHERE owner = job.owner AND state = 'running' AND lease_until > :now)"
    row = db.execute(
        f"SELECT id FROM jobs AS job LEFT JOIN turns USING (owner) "  # noqa: S608 - our own words
        f"WHERE (state = 'queued' OR (state = 'running' AND lease_until <= :now)) AND {running} < :most "
        f"ORDER BY {running}, COALESCE(turns.at, 0), created_at LIMIT 1",
        {"now": now, "most": most},
    ).fetchone()
    return row["id"] if row else None


def _first(db: sqlite3.Connection, idempotency: Idempotency, now: float) -> Job | None:
    there = "SELECT * FROM jobs WHERE key_hash = ? AND (expires_at > ? OR state = 'running')"
    row = _one(db, there, idempotency.key_hash, now)
    if row and row["request_hash"] != idempotency.request_hash:
        raise ConflictError("idempotency_conflict", "This Idempotency-Key was used for another request.")
    return _job(row) if row else None


def _insert(db: sqlite3.Connection, job: Job, idempotency: Idempotency | None) -> None:
    values = asdict(job)
    values |= {"source_kind": job.source.kind, "source_name": job.source.name, "outcome": None}
    values |= asdict(idempotency) if idempotency else {}
    del values["source"]
    names, marks = ", ".join(values), ", ".join("?" * len(values))
    db.execute(f"INSERT INTO jobs ({names}) VALUES ({marks})", tuple(values.values()))  # noqa: S608 - names of fields


def _keep(db: sqlite3.Connection, result: CachedResult) -> None:
    values = (result.fingerprint, json.dumps(result.report), result.expires_at)
    db.execute("INSERT OR REPLACE INTO results VALUES (?, ?, ?)", values)


def _record(db: sqlite3.Connection, entry: LedgerEntry) -> bool:
    values = tuple(asdict(entry).values())
    return (
        db.execute("INSERT OR IGNORE INTO ledger (id, owner, period, at, video_seconds) VALUES (?, ?, ?, ?, ?)", values).rowcount
        == 1
    )


def _job(row: sqlite3.Row) -> Job:
    values = dict(row)
    outcome = json.loads(values["outcome"]) if values["outcome"] else None
    for name in ("key_hash", "request_hash", "outcome"):
        del values[name]
    failure = outcome and outcome["failure"]
    return Job(
        **{name: value for name, value in values.items() if name not in ("source_kind", "source_name", "state")},
        state=JobState(values["state"]),
        source=Source(values["source_kind"], values["source_name"]),
        outcome=Outcome(outcome["report"], Failure(**failure) if failure else None) if outcome else None,
    )
