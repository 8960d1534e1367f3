"""One SQLite file, shared by threads and processes: a connection per thread, short transactions, migrations by number."""

import sqlite3
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

from lipgate.handlers.adapters.local.read_only import connect as connect_read_only
from lipgate.handlers.domain.errors import UnavailableError

MIGRATIONS = [
    """
    CREATE TABLE jobs (
        id TEXT PRIMARY KEY, owner TEXT NOT NULL, state TEXT NOT NULL, source_kind TEXT NOT NULL, source_name TEXT NOT NULL,
        created_at REAL NOT NULL, updated_at REAL NOT NULL, expires_at REAL NOT NULL, session_id TEXT, webhook_url TEXT,
        attempts INTEGER NOT NULL, worker TEXT, lease_until REAL, fingerprint TEXT, outcome TEXT,
        key_hash TEXT UNIQUE, request_hash TEXT
    );
    CREATE INDEX jobs_by_state ON jobs (state, created_at);
    CREATE UNIQUE INDEX jobs_by_upload ON jobs (source_name) WHERE source_kind = 'upload';
    CREATE TABLE results (fingerprint TEXT PRIMARY KEY, report TEXT NOT NULL, expires_at REAL NOT NULL);
    CREATE TABLE ledger (
        id TEXT PRIMARY KEY, owner TEXT NOT NULL, period TEXT NOT NULL, at REAL NOT NULL, video_seconds REAL NOT NULL
    );
    CREATE INDEX ledger_by_owner ON ledger (owner, period);
    CREATE TABLE deliveries (job_id TEXT PRIMARY KEY, attempts INTEGER NOT NULL, next_at REAL NOT NULL, created_at REAL NOT NULL);
    CREATE TABLE keys (
        id TEXT PRIMARY KEY, secret_hash TEXT NOT NULL, name TEXT NOT NULL, created_at REAL NOT NULL,
        webhook_secret TEXT NOT NULL, monthly_quota INTEGER, requests_per_minute INTEGER, revoked_at REAL
    );
    CREATE TABLE rates (key_id TEXT PRIMARY KEY, minute INTEGER NOT NULL, requests INTEGER NOT NULL);
    """,
    """
    CREATE TABLE turns (owner TEXT PRIMARY KEY, at REAL NOT NULL);
    CREATE INDEX jobs_by_owner ON jobs (owner, state);
    CREATE TABLE spent (owner TEXT NOT NULL, period TEXT NOT NULL, seconds REAL NOT NULL, PRIMARY KEY (owner, period));
    """,
]
"""Those of the service. Each brings the file from the version of its index to the next."""

BUSY_SECONDS = 5.0
"""How long a transaction waits for others to end their own. Less than the page of the station waits for an answer."""

PATIENT_SECONDS = 20.0
"""The same where many ask at a time and nobody watches: `serve`."""

WAL_SECONDS = 0.1
"""How long `Database.empty_wal` waits for readers, and writers for it."""


class Database:
    """The file and its connections."""

    def __init__(
        self,
        path: Path,
        migrations: Sequence[str] = MIGRATIONS,
        *,
        read_only: bool = False,
        patience_s: float = BUSY_SECONDS,
    ) -> None:
        """Open it, made on first use and brought up to date.

        Args:
            path: of the file.
            migrations: scripts, in order; those the file has seen are passed over.
            read_only: make and change nothing, neither the file nor anything beside it.
            patience_s: how long a transaction waits for others.

        Raises:
            UnavailableError: storage_unavailable, also for a file of a newer version.
        """
        self._path = path
        self._migrations = migrations
        self._read_only = read_only
        self._patience_s = patience_s
        self._turn = threading.Lock()
        self._own = threading.local()
        with _translated():
            if read_only:
                self._version()
                return
            path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            path.touch(mode=0o600)
            self._migrate()

    @contextmanager
    def read(self) -> Iterator[sqlite3.Connection]:
        """A connection to read one thing with."""
        with _translated():
            yield self._connection()

    @contextmanager
    def change(self) -> Iterator[sqlite3.Connection]:
        """A transaction that holds the write lock from its start: what is read in it stays true until its end."""
        with _translated(), self._write_turn() as left:
            connection = self._connection()
            connection.execute(_waiting(left))
            connection.execute("BEGIN IMMEDIATE")
            try:
                yield connection
            except BaseException:
                connection.rollback()
                raise
            connection.commit()

    def empty_wal(self) -> None:
        """Outside a transaction: move the write-ahead log into the file. Until then what was removed can be read in the log.

        Never fails: while somebody reads, the log stays, and the next call tries again.
        """
        with suppress(UnavailableError), self.read() as db:
            db.execute(_waiting(WAL_SECONDS))
            try:
                db.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
            finally:
                db.execute(_waiting(self._patience_s))

    @contextmanager
    def _write_turn(self) -> Iterator[float]:
        """Threads of this process stand in line. SQLite has its callers ask again and again, and some never get their turn."""
        began = time.monotonic()
        if not self._turn.acquire(timeout=self._patience_s):
            raise UnavailableError("storage_unavailable", "The database is busy. Try again.")
        try:
            yield max(0.0, self._patience_s - (time.monotonic() - began))
        finally:
            self._turn.release()

    def _connection(self) -> sqlite3.Connection:
        connection: sqlite3.Connection | None = getattr(self._own, "connection", None)
        if connection is None:
            connect = connect_read_only if self._read_only else sqlite3.connect
            connection = connect(self._path, timeout=self._patience_s, isolation_level=None)
            connection.row_factory = sqlite3.Row
            if not self._read_only:
                connection.execute("PRAGMA journal_mode = WAL")
                # A ledger line that was answered for must survive a power cut.
                connection.execute("PRAGMA synchronous = FULL")
                # What is deleted on request must not linger in the file.
                connection.execute("PRAGMA secure_delete = ON")
            self._own.connection = connection
        return connection

    def _version(self) -> int:
        version: int = self._connection().execute("PRAGMA user_version").fetchone()[0]
        if version > len(self._migrations):
            raise UnavailableError("storage_unavailable", f"{self._path} is of a newer version of Lipgate: use that one.")
        return version

    def _migrate(self) -> None:
        connection = self._connection()
        connection.execute("BEGIN EXCLUSIVE")
        try:
            version = self._version()
            for number, script in enumerate(self._migrations[version:], start=version + 1):
                for statement in _statements(script):
                    connection.execute(statement)
                connection.execute(f"PRAGMA user_version = {number}")
        except BaseException:
            connection.rollback()
            raise
        connection.commit()


def _waiting(seconds: float) -> str:
    return f"PRAGMA busy_timeout = {round(seconds * 1000)}"


def _statements(script: str) -> Iterator[str]:
    """The statements of a script, one by one: `executescript` would commit what came before it."""
    statement = ""
    for piece in script.split(";"):
        statement += piece + ";"
        # A trigger has semicolons inside.
        if sqlite3.complete_statement(statement) and piece.strip():
            yield statement
            statement = ""


@contextmanager
def _translated() -> Iterator[None]:
    try:
        yield
    except (sqlite3.OperationalError, sqlite3.DatabaseError, OSError) as error:
        if isinstance(error, sqlite3.IntegrityError):
            raise
        raise UnavailableError("storage_unavailable", f"The database cannot be used: {error}.") from error
