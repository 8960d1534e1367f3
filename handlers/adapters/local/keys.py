"""API keys in SQLite."""

from collections.abc import Sequence
from dataclasses import asdict

from lipgate.handlers.adapters.local.database import Database
from lipgate.handlers.domain.keys import ApiKey


class SqliteKeys:
    """`lipgate.handlers.ports.KeyStore`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def add(self, key: ApiKey) -> None:
        with self._database.change() as db:
            db.execute("INSERT INTO keys VALUES (?, ?, ?, ?, ?, ?, ?, ?)", tuple(asdict(key).values()))

    def get(self, key_id: str) -> ApiKey | None:
        with self._database.read() as db:
            row = db.execute("SELECT * FROM keys WHERE id = ?", (key_id,)).fetchone()
        return ApiKey(**row) if row else None

    def all(self) -> Sequence[ApiKey]:
        with self._database.read() as db:
            return [ApiKey(**row) for row in db.execute("SELECT * FROM keys ORDER BY created_at")]

    def revoke(self, key_id: str, now: float) -> bool:
        with self._database.change() as db:
            change = "UPDATE keys SET revoked_at = COALESCE(revoked_at, ?) WHERE id = ?"
            return db.execute(change, (now, key_id)).rowcount == 1

    def take(self, key_id: str, per_minute: int, now: float) -> float | None:
        minute = int(now // 60)
        with self._database.change() as db:
            row = db.execute("SELECT minute, requests FROM rates WHERE key_id = ?", (key_id,)).fetchone()
            used = row["requests"] if row and row["minute"] == minute else 0
            if used >= per_minute:
                return (minute + 1) * 60 - now
            db.execute("INSERT OR REPLACE INTO rates VALUES (?, ?, ?)", (key_id, minute, used + 1))
        return None
