"""What the station remembers: whole or not at all, only added to, and no longer than it may."""

import json
import os
import re
import signal
import sqlite3
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from lipgate.core.errors import DeadlineError
from lipgate.desktop.kiosk import audit
from lipgate.desktop.kiosk.routes.pages import STATIC
from lipgate.desktop.kiosk.sessions import Attempt, Challenge, Session
from lipgate.desktop.kiosk.store import DATABASE, Store, iterate_audit
from lipgate.desktop.kiosk.verification import verify
from lipgate.handlers.adapters.local.database import BUSY_SECONDS
from lipgate.handlers.domain.errors import UnavailableError
from tests.desktop.kiosk.conftest import MakeKiosk, RunningKiosk, report


def filled(path: Path, sessions: int = 2) -> Store:
    """A store with sessions of one attempt each."""
    store = Store(path)
    for number in range(sessions):
        session = Session(f"s{number}", 100.0 + number, "es", 3, challenge=Challenge(f"c{number}", ("1", "2"), 1e9))
        store.start(session, session.started_at)
        attempt = Attempt(f"a{number}", session.id, 1, 101.0 + number, ("1", "2"), ("1", "2"), "ALLOW", None, None, report())
        assert store.judged(attempt, None) is not None
    return store


def content_of(folder: Path) -> bytes:
    """All files, one after another."""
    return b"".join(file.read_bytes() for file in folder.iterdir())


def tamper(path: Path, *statements: str) -> None:
    """Change the file as somebody would who can write it."""
    with sqlite3.connect(path) as db:
        for statement in ("DROP TRIGGER audit_stands", "DROP TRIGGER audit_stays", *statements):
            db.execute(statement)
    db.close()


def test_a_chain_is_intact_from_its_first_entry_to_its_last() -> None:
    entries: list[audit.Entry] = []
    for number in range(5):
        entries.append(audit.follow(entries[-1] if entries else None, 1.5 * number, "happened", {"number": number}))
    assert audit.first_broken(entries) is None
    assert [entry.sequence for entry in entries] == [1, 2, 3, 4, 5]
    assert entries[0].previous == audit.START
    assert audit.first_broken([]) is None
    assert audit.first_broken(entries[1:]) == 1
    assert audit.first_broken([*entries[:2], *entries[3:]]) == 3
    assert audit.first_broken([entries[1], entries[0], *entries[2:]]) == 1


@pytest.mark.parametrize(
    ("statement", "broken_at"),
    [
        ("UPDATE audit SET detail = '{}' WHERE sequence = 2", 2),
        ("UPDATE audit SET at = '2020-01-01T00:00:00.000Z' WHERE sequence = 1", 1),
        ("UPDATE audit SET event = 'nothing' WHERE sequence = 4", 4),
        ("DELETE FROM audit WHERE sequence = 3", 3),
        ("DELETE FROM audit WHERE sequence = 1", 1),
    ],
)
def test_a_change_to_the_log_is_found(statement: str, broken_at: int, tmp_path: Path) -> None:
    store = filled(tmp_path / DATABASE)
    assert verify(store).intact
    tamper(tmp_path / DATABASE, statement)
    found = verify(store)
    assert (found.intact, found.broken_at) == (False, broken_at)


@pytest.mark.parametrize(
    ("statement", "altered"),
    [
        ("UPDATE attempts SET decision = 'BLOCK' WHERE id = 'a1'", ("attempt a1",)),
        ("UPDATE attempts SET report = NULL WHERE id = 'a0'", ("attempt a0",)),
        ("DELETE FROM attempts WHERE id = 'a0'", ("attempt a0",)),
        ("DELETE FROM attempts; DELETE FROM sessions WHERE id LIKE 's_'",
         ("attempt a0", "attempt a1", "session s0", "session s1")),
        ("INSERT INTO attempts SELECT 'a9', 's0', 2, at, digits, heard, decision, reason, first_reason, report, video"
         " FROM attempts WHERE id = 'a0'", ("attempt a9",)),
        ("UPDATE sessions SET state = 'blocked' WHERE id = 's0'", ("session s0",)),
        ("UPDATE sessions SET state = 'open', ended_at = NULL WHERE id = 's1'", ("session s1",)),
        ("UPDATE sessions SET ended_at = ended_at + 1 WHERE id LIKE 's_'", ("session s0", "session s1")),
        ("UPDATE sessions SET started_at = 'long ago' WHERE id = 's1'", ("session s1",)),
        ("UPDATE sessions SET language = 'en', attempts_used = 0 WHERE id = 's1'", ("session s1",)),
        ("UPDATE sessions SET state = 'allowed' WHERE id = 'left'", ("session left",)),
        ("DELETE FROM sessions WHERE id = 'left'", ("session left",)),
        ("DELETE FROM sessions WHERE id = 'open'", ("session open",)),
        ("INSERT INTO sessions SELECT 's9', 1, 2, 'es', 'allowed', 3, 0, NULL, NULL, NULL", ("session s9",)),
        ("UPDATE options SET value = '0.0' WHERE name = 'allow_threshold'", ("setting allow_threshold",)),
        ("DELETE FROM options WHERE name = 'allow_threshold'", ("setting allow_threshold",)),
        ("INSERT INTO options VALUES ('next_threshold', '0.0')", ("setting next_threshold",)),
    ],
)  # fmt: skip
def test_a_change_to_what_the_log_vouches_for_is_found(statement: str, altered: tuple[str, ...], tmp_path: Path) -> None:
    store = filled(tmp_path / DATABASE)
    store.start(Session("left", 200.0, "en", 3), 200.0)
    store.start(Session("open", 201.0, "en", 3), 201.0)
    store.put_options({"allow_threshold": 0.95}, 202.0, "settings_changed", changed={"allow_threshold": 0.95})
    assert verify(store).intact
    tamper(tmp_path / DATABASE, *statement.split("; "))
    found = verify(store)
    assert (found.intact, found.broken_at, found.altered) == (False, None, altered)


def test_entries_cut_off_at_the_end_show_against_a_hash_kept_elsewhere(tmp_path: Path) -> None:
    store = filled(tmp_path / DATABASE)
    head = verify(store).head
    tamper(tmp_path / DATABASE, "DELETE FROM audit WHERE sequence > 3", "DELETE FROM attempts WHERE id = 'a1'")
    assert verify(store).broken_at is None
    assert head not in {entry.hash for entry in iterate_audit(store)}


OVERWRITE = "INSERT OR REPLACE INTO audit SELECT sequence, at, 'x', detail, previous, hash FROM audit WHERE sequence = 1"


@pytest.mark.parametrize("statement", ["UPDATE audit SET event = 'x'", "DELETE FROM audit", OVERWRITE])
def test_the_log_is_only_added_to(statement: str, tmp_path: Path) -> None:
    filled(tmp_path / DATABASE)
    with sqlite3.connect(tmp_path / DATABASE) as db, pytest.raises(sqlite3.IntegrityError):
        db.execute(statement)
    db.close()


def test_the_log_names_no_phrase_and_no_recording(tmp_path: Path) -> None:
    store = filled(tmp_path / DATABASE)
    names = {name for entry in iterate_audit(store) for name in entry.detail}
    assert names == {
        *("session", "language", "attempt", "number", "decision", "reason", "score", "offset_frames", "model"),
        *("record_sha256", "state", "phrase_check"),
    }


def test_sessions_whose_time_is_over_are_removed_and_the_log_still_holds(tmp_path: Path) -> None:
    store = filled(tmp_path / DATABASE, sessions=3)
    assert store.forget(102.5, 200.0) == []
    assert store.session("s0") is None
    assert store.session("s1") is None
    assert store.session("s2") is not None
    assert verify(store).intact
    assert store.forget(102.5, 201.0) == []
    assert [entry.event for entry in iterate_audit(store)].count("sessions_removed") == 1


def copied(path: Path, *names: str) -> list[str]:
    """Statements that put sessions, with their attempts, back as they are now."""
    statements = []
    with sqlite3.connect(path) as db:
        for table, column in (("sessions", "id"), ("attempts", "session")):
            for row in db.execute(f"SELECT * FROM {table} WHERE {column} IN ({', '.join('?' * len(names))})", names):  # noqa: S608
                values = ", ".join("NULL" if value is None else repr(value) for value in row)
                statements.append(f"INSERT INTO {table} VALUES ({values})")  # noqa: S608
    db.close()
    return statements


CUT_OUT = ("DELETE FROM attempts WHERE session = 's1'", "DELETE FROM sessions WHERE id = 's1'")


def test_an_old_session_put_back_does_not_stand_in_for_one_that_was_cut_out(tmp_path: Path) -> None:
    """The numbers are right then, the names are not."""
    store = filled(tmp_path / DATABASE, sessions=3)
    back = copied(tmp_path / DATABASE, "s0")
    store.forget(101.5, 200.0)
    assert verify(store).intact
    tamper(tmp_path / DATABASE, *CUT_OUT, *back)
    found = verify(store)
    assert (found.broken_at, found.altered) == (None, ("attempt a0", "attempt a1", "session s0", "session s1"))


def test_what_was_altered_before_its_time_was_over_shows_after_it(tmp_path: Path) -> None:
    store = filled(tmp_path / DATABASE, sessions=3)
    tamper(
        tmp_path / DATABASE,
        "UPDATE attempts SET decision = 'BLOCK' WHERE id = 'a0'",
        "UPDATE sessions SET state = 'blocked' WHERE id = 's1'",
    )
    store.forget(102.5, 200.0)
    assert verify(store).altered == ("attempt a0", "session s1")


def test_removals_of_older_versions_are_held_against_their_numbers(tmp_path: Path) -> None:
    store = filled(tmp_path / DATABASE, sessions=3)
    tamper(tmp_path / DATABASE, "DELETE FROM attempts WHERE session = 's0'", "DELETE FROM sessions WHERE id = 's0'")
    store.note(150.0, "sessions_removed", sessions=1, attempts=1)
    assert verify(store).intact
    store.forget(102.5, 200.0)
    assert verify(store).intact
    with sqlite3.connect(tmp_path / DATABASE) as db:
        for statement in ("DELETE FROM attempts WHERE session = 's2'", "DELETE FROM sessions WHERE id = 's2'"):
            db.execute(statement)
    db.close()
    assert {"attempt a2", "session s2"} <= set(verify(store).altered)


def test_what_was_removed_is_nowhere_on_the_disk(tmp_path: Path) -> None:
    store = filled(tmp_path / DATABASE, sessions=0)
    store.start(Session("s0", 100.0, "es", 3), 100.0)
    told = {**report(), "told": "PRIVATE"}
    assert store.judged(Attempt("a0", "s0", 1, 101.0, ("1",), ("1",), "ALLOW", None, None, told), None)
    assert b"PRIVATE" in content_of(tmp_path)
    store.forget(102.5, 200.0)
    assert b"PRIVATE" not in content_of(tmp_path)


def test_sessions_that_were_left_are_abandoned_when_the_station_starts(make_kiosk: MakeKiosk) -> None:
    first = make_kiosk()
    left = first.start()
    second = make_kiosk()
    assert second.client.get(f"/api/sessions/{left['id']}").json()["state"] == "abandoned"


def test_no_way_a_session_may_end_is_taken_for_an_alteration(kiosk: RunningKiosk) -> None:
    kiosk.script.says = [report(), report("BLOCK"), *[report("NEXT")] * 4, DeadlineError(30), report()]
    for _ in range(2):
        kiosk.attempt(kiosk.start())
    used_up = kiosk.start()
    for _ in range(3):
        used_up = kiosk.attempt(used_up).json()["session"]
    kiosk.client.delete(f"/api/sessions/{kiosk.start()['id']}")
    for _ in range(2):
        kiosk.attempt(kiosk.start())
    kiosk.start()
    kiosk.station.sweep(starting=True)
    kiosk.log_in()
    for changes in ({"allow_threshold": 0.95, "max_attempts": 2}, {"allow_threshold": 0.9, "voice_start": False}):
        assert kiosk.client.put("/api/operator/settings", json=changes).status_code == 200
    kiosk.client.post("/api/operator/login", json={"pin": "0000"})
    kiosk.start()
    store = kiosk.station.store
    states = [row["state"] for row in store.read("SELECT state FROM sessions ORDER BY rowid")]
    assert states == ["allowed", "blocked", "blocked", "cancelled", "abandoned", "abandoned", "abandoned", "open"]
    assert verify(store).altered == ()
    store.forget(time.time() + 1, time.time())
    assert verify(store).intact
    kiosk.log_in()  # a session that begins logs the operator out
    assert kiosk.operator("audit")["altered"] == []
    assert len(store.read("SELECT * FROM sessions")) == 1


def test_what_is_verified_is_of_one_moment(tmp_path: Path) -> None:
    store = filled(tmp_path / DATABASE)
    with store.moment():
        before = list(iterate_audit(store))
        other = threading.Thread(target=lambda: store.start(Session("late", 300.0, "es", 3), 300.0))
        other.start()
        other.join()
        assert list(iterate_audit(store)) == before
        assert store.session("late") is None
    assert store.session("late") is not None


def test_a_recording_is_kept_only_where_the_operator_wants_it(make_kiosk: MakeKiosk) -> None:
    kiosk = make_kiosk(keep_videos=True, retention_days=1)
    kiosk.attempt(kiosk.start())
    kept = list((kiosk.folder / "videos").iterdir())
    assert [path.suffix for path in kept] == [".webm"]
    (kiosk.folder / "videos" / "left by a crash.webm").write_bytes(b"x")
    kiosk.station.sweep(starting=True)
    assert list((kiosk.folder / "videos").iterdir()) == kept
    kiosk.station.store.forget(time.time() + 1, time.time())
    kiosk.station.sweep(starting=True)
    assert list((kiosk.folder / "videos").iterdir()) == []


def test_nothing_of_a_recording_stays_otherwise(kiosk: RunningKiosk) -> None:
    kiosk.attempt(kiosk.start())
    content = b"this stands for a recording"
    assert not [path for path in kiosk.folder.rglob("*") if path.is_file() and content in path.read_bytes()]


def test_a_kept_recording_does_not_outlive_a_verdict_that_could_not_be_kept(
    make_kiosk: MakeKiosk, monkeypatch: pytest.MonkeyPatch
) -> None:
    kiosk = make_kiosk(keep_videos=True)
    session = kiosk.start()

    def fail(*_: object) -> None:
        raise UnavailableError("storage_unavailable", "The disk is full.")

    monkeypatch.setattr(kiosk.station.store, "judged", fail)
    answer = kiosk.attempt(session)
    assert (answer.status_code, answer.json()["code"]) == (503, "storage_unavailable")
    assert list((kiosk.folder / "videos").iterdir()) == []


WRITER = """
import sys
from pathlib import Path
from lipgate.desktop.kiosk.sessions import Attempt, Session
from lipgate.desktop.kiosk.store import Store
store, number = Store(Path(sys.argv[1])), 0
while True:
    store.start(Session(f"s{number}", 1.0, "es", 3), 1.0)
    store.judged(Attempt(f"a{number}", f"s{number}", 1, 2.0, ("1",), None, "ALLOW", None, None, None), None)
    print(number, flush=True)
    number += 1
"""


def test_a_killed_station_loses_no_verdict_it_has_told(tmp_path: Path) -> None:
    path = tmp_path / DATABASE
    for told in (3, 7, 12):
        path.unlink(missing_ok=True)
        process = subprocess.Popen(
            [sys.executable, "-c", WRITER, str(path)], stdout=subprocess.PIPE, cwd=Path(__file__).parents[3]
        )
        assert process.stdout is not None
        for line in process.stdout:
            if int(line) == told:
                os.kill(process.pid, signal.SIGKILL)
                break
        process.wait()
        process.stdout.close()
        store = Store(path)
        assert len(store.read("SELECT * FROM attempts")) >= told + 1
        assert verify(store).intact
        for suffix in ("-wal", "-shm"):
            path.with_name(path.name + suffix).unlink(missing_ok=True)


def test_a_log_that_was_cut_off_in_the_middle_of_a_write_opens(tmp_path: Path) -> None:
    path = tmp_path / DATABASE
    store = filled(path)
    wal = path.with_name(path.name + "-wal")
    copies = tmp_path / "cut"
    copies.mkdir()
    whole = wal.read_bytes()
    for size in range(0, len(whole), 1711):
        target = copies / f"{size}.sqlite3"
        target.write_bytes(path.read_bytes())
        target.with_name(target.name + "-wal").write_bytes(whole[:size])
        cut = Store(target)
        assert verify(cut).intact
        assert len(cut.read("SELECT * FROM attempts")) <= 2
    assert len(store.read("SELECT * FROM attempts")) == 2


def test_a_file_that_is_no_database_is_said_to_be_so(tmp_path: Path) -> None:
    (tmp_path / DATABASE).write_bytes(b"this is no database, and longer than the head of one" * 50)
    with pytest.raises(UnavailableError, match="cannot be used"):
        Store(tmp_path / DATABASE)


def test_the_station_stops_waiting_for_its_disk_before_the_page_stops_waiting_for_it() -> None:
    patience = re.search(r"^const PATIENCE_MS = ([\d_]+);", (STATIC / "station" / "api.js").read_text(), re.MULTILINE)
    assert patience is not None
    assert int(patience[1]) / 1000 > 1.5 * BUSY_SECONDS


def test_options_are_kept_and_told_to_the_log(tmp_path: Path) -> None:
    store = Store(tmp_path / DATABASE)
    store.put_options({"max_attempts": 2}, 1.0, "settings_changed", changed={"max_attempts": 2})
    assert Store(tmp_path / DATABASE).options() == {"max_attempts": 2}
    assert [(entry.event, json.dumps(entry.detail)) for entry in iterate_audit(store)] == [
        ("settings_changed", '{"changed": {"max_attempts": 2}}')
    ]
