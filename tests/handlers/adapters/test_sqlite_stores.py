"""SQLite does what every store must do, and what only one machine needs."""

import sqlite3
import threading
from concurrent.futures import ThreadPoolExecutor, wait
from pathlib import Path

import pytest

from lipgate.handlers.adapters.local.database import MIGRATIONS, Database
from lipgate.handlers.adapters.local.jobs import SqliteJobs, SqliteOutbox, SqliteResults
from lipgate.handlers.adapters.local.keys import SqliteKeys
from lipgate.handlers.domain.errors import UnavailableError
from lipgate.handlers.domain.jobs import JobState, Outcome
from lipgate.handlers.domain.keys import new_key
from lipgate.handlers.domain.usage import CachedResult
from tests.handlers.adapters.job_contract import JobContract
from tests.handlers.adapters.record_contract import RecordContract
from tests.handlers.adapters.stores import DONE, LEASE, MANY, T0, Stores, job


@pytest.fixture
def database(tmp_path: Path) -> Database:
    return Database(tmp_path / "new" / "jobs.sqlite3")


class TestSqlite(JobContract, RecordContract):
    @pytest.fixture
    def stores(self, database: Database) -> Stores:
        results = SqliteResults(database)
        return Stores(SqliteJobs(database), results, results, SqliteKeys(database), SqliteOutbox(database))


@pytest.fixture
def private(database: Database) -> str:
    """Id of a job that is done, and names somebody."""
    jobs, report = SqliteJobs(database), {"session_id": "PRIVATE"}
    made, _ = jobs.create(job(session_id="PRIVATE"), None, MANY)
    jobs.claim(made.id, "w", LEASE, T0)
    jobs.complete(made.id, "w", Outcome(report=report), T0, CachedResult("f1", report, T0 + 100), None, "f1")
    return made.id


def content_of(folder: Path) -> bytes:
    """All files, one after another."""
    return b"".join(file.read_bytes() for file in folder.iterdir())


def test_what_was_deleted_is_nowhere_on_the_disk(database: Database, private: str, tmp_path: Path) -> None:
    assert b"PRIVATE" in content_of(tmp_path / "new")
    SqliteJobs(database).delete(private)
    assert b"PRIVATE" not in content_of(tmp_path / "new")


def test_a_reader_does_not_stop_deletion_and_the_sweep_makes_up_for_it(database: Database, private: str, tmp_path: Path) -> None:
    reader = sqlite3.connect(tmp_path / "new" / "jobs.sqlite3", isolation_level=None)
    reader.execute("BEGIN")
    reader.execute("SELECT * FROM jobs").fetchall()
    SqliteJobs(database).delete(private)
    assert SqliteJobs(database).get(private) is None
    assert b"PRIVATE" in content_of(tmp_path / "new")
    reader.close()
    SqliteResults(database).forget_expired(T0)
    assert b"PRIVATE" not in content_of(tmp_path / "new")


def claimed_in_turn(jobs: SqliteJobs, most: int = MANY) -> list[str]:
    """Ids of jobs, in the order in which they are given out."""
    order, now = [], T0
    while (claimed := jobs.claim_next("w", LEASE, now, most)) is not None:
        order.append(claimed.id)
        now += 0.001
    return order


def test_the_oldest_job_of_an_owner_comes_first(database: Database) -> None:
    jobs = SqliteJobs(database)
    for age in (5, 20, 10):
        jobs.create(job(id=f"{age}", created_at=T0 - age), None, MANY)
    assert claimed_in_turn(jobs) == ["20", "10", "5"]
    again = jobs.claim_next("w", LEASE, T0 + LEASE, MANY)
    assert again is not None
    assert again.id == "20"


def test_owners_take_turns_however_many_jobs_one_of_them_has(database: Database) -> None:
    jobs = SqliteJobs(database)
    for number in range(4):
        jobs.create(job(id=f"ann{number}", owner="ann", created_at=T0 + number), None, MANY)
    for number in range(2):
        jobs.create(job(id=f"ben{number}", owner="ben", created_at=T0 + 100 + number), None, MANY)
    assert claimed_in_turn(jobs) == ["ann0", "ben0", "ann1", "ben1", "ann2", "ann3"]


def test_who_had_a_turn_waits_for_those_who_had_none_also_when_nothing_runs(database: Database) -> None:
    jobs = SqliteJobs(database)
    for number in range(3):
        jobs.create(job(id=f"ann{number}", owner="ann", created_at=T0 + number), None, MANY)
    jobs.create(job(id="ben0", owner="ben", created_at=T0 + 100), None, MANY)
    order = []
    for now in range(4):
        claimed = jobs.claim_next("w", LEASE, T0 + now, MANY)
        assert claimed is not None
        jobs.complete(claimed.id, "w", DONE, T0 + now)
        order.append(claimed.id)
    assert order == ["ann0", "ben0", "ann1", "ann2"]


def test_nobody_has_more_jobs_running_than_one_may(database: Database) -> None:
    jobs = SqliteJobs(database)
    for number in range(3):
        jobs.create(job(id=f"ann{number}", owner="ann", created_at=T0 + number), None, MANY)
    jobs.create(job(id="ben0", owner="ben", created_at=T0 + 100), None, MANY)
    assert claimed_in_turn(jobs, most=1) == ["ann0", "ben0"]


@pytest.mark.parametrize(("blames_video", "attempts"), [(True, 1), (False, 0)])
def test_jobs_of_a_dead_process_are_queued_again(blames_video: bool, attempts: int, database: Database) -> None:
    """Their attempts count where a video may have ended it."""
    jobs = SqliteJobs(database, blames_video=blames_video)
    for name in ("a", "b"):
        jobs.create(job(id=name), None, MANY)
    jobs.claim("a", "dead/worker-0", LEASE, T0)
    jobs.claim("b", "deadly/worker-0", LEASE, T0)
    assert jobs.abandon("dead", T0 + 1) == 1
    states = {name: jobs.get(name) for name in ("a", "b")}
    expected = [(JobState.QUEUED, attempts), (JobState.RUNNING, 1)]
    assert [(found.state, found.attempts) for found in states.values() if found] == expected


def test_deaths_of_servers_use_up_no_attempts(database: Database) -> None:
    """Found by the next server, or by the end of the lease; what a scorer spent stays spent."""
    jobs = SqliteJobs(database, blames_video=False)
    jobs.create(job(id="a"), None, MANY)
    now = T0
    for number in range(20):
        claimed = jobs.claim("a", f"server{number}/worker-0", LEASE, now)
        assert claimed is not None
        assert claimed.attempts == 1
        if number % 2:
            jobs.abandon(f"server{number}", now)
        now += LEASE
    jobs.claim("a", "w", LEASE, now)
    jobs.release("a", "w", now, spent=True)
    claimed = jobs.claim("a", "w", LEASE, now)
    assert claimed is not None
    assert claimed.attempts == 2


def test_the_delivery_due_longest_comes_first_but_none_of_some_owners(database: Database) -> None:
    jobs, outbox = SqliteJobs(database), SqliteOutbox(database)
    for name, owner, at in (("a", "ann", T0 + 1), ("b", "ben", T0 + 2), ("c", "ann", T0)):
        jobs.create(job(id=name, owner=owner, webhook_url="https://example.com/"), None, MANY)
        jobs.claim(name, "w", LEASE, at)
        jobs.complete(name, "w", DONE, at)
    assert outbox.next_due(T0 - 1, []) is None
    assert outbox.next_due(T0 + 9, []) == ("c", "ann")
    assert outbox.next_due(T0 + 9, ["ann"]) == ("b", "ben")
    assert outbox.next_due(T0 + 9, ["ann", "ben"]) is None


def test_threads_stand_in_line_to_write(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    """Also where SQLite itself would not have them wait."""
    monkeypatch.setattr("lipgate.handlers.adapters.local.database._waiting", lambda _: "PRAGMA busy_timeout = 0")
    jobs = SqliteJobs(database)
    began, go_on = threading.Event(), threading.Event()

    def hold() -> None:
        with database.change():
            began.set()
            go_on.wait(20)

    with ThreadPoolExecutor(9) as pool:
        holding = pool.submit(hold)
        began.wait(20)
        writing = [pool.submit(jobs.create, job(), None, MANY) for _ in range(8)]
        wait(writing, timeout=0.2)
        assert not any(one.done() for one in writing)
        go_on.set()
        assert all(one.result(20)[1] for one in writing)
        holding.result(20)


def test_who_waits_in_line_does_not_wait_for_ever(tmp_path: Path) -> None:
    database = Database(tmp_path / "jobs.sqlite3", patience_s=0.05)
    with database.change(), ThreadPoolExecutor(1) as pool:
        writing = pool.submit(SqliteJobs(database).create, job(), None, MANY)
        with pytest.raises(UnavailableError) as caught:
            writing.result(20)
    assert caught.value.code == "storage_unavailable"
    assert SqliteJobs(database).create(job(), None, MANY)[1]


def test_an_old_file_is_brought_up_to_date_once(tmp_path: Path) -> None:
    path = tmp_path / "jobs.sqlite3"
    SqliteKeys(Database(path)).add(new_key("Ann", T0)[0])
    assert len(SqliteKeys(Database(path)).all()) == 1
    with sqlite3.connect(path) as connection:
        assert connection.execute("PRAGMA user_version").fetchone()[0] == len(MIGRATIONS)


def test_a_file_that_is_no_database_makes_the_storage_unavailable(tmp_path: Path) -> None:
    path = tmp_path / "jobs.sqlite3"
    path.write_bytes(b"not a database" * 1000)
    with pytest.raises(UnavailableError) as caught:
        Database(path)
    assert caught.value.code == "storage_unavailable"


def test_secrets_are_not_in_the_file(tmp_path: Path) -> None:
    path = tmp_path / "jobs.sqlite3"
    key, text = new_key("Ann", T0)
    SqliteKeys(Database(path)).add(key)
    kept = content_of(tmp_path)
    assert key.id.encode() in kept
    assert text.split("_", 2)[2].encode() not in kept
    assert path.stat().st_mode & 0o077 == 0
