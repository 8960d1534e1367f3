"""`lipgate history`: what a station remembers, read by others and changed by none of it."""

import contextlib
import json
import os
import shutil
import sqlite3
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from lipgate.desktop.cli import main
from lipgate.desktop.kiosk.store import DATABASE, Store
from lipgate.handlers.domain.errors import UnavailableError
from tests.desktop.kiosk.test_store import filled

Captured = pytest.CaptureFixture[str]


def history(folder: Path, *arguments: str) -> int:
    """The exit status of a command."""
    return main(["history", *arguments, "--data-dir", str(folder)])


@pytest.mark.parametrize(("days", "sessions"), [(["--since", "0001-01-01"], 2), (["--until", "0001-01-01"], 0), ([], 2)])
def test_a_history_is_exported_by_days(days: list[str], sessions: int, capsys: Captured, tmp_path: Path) -> None:
    filled(tmp_path / DATABASE)
    assert history(tmp_path, "export", "--format", "json", *days) == 0
    assert len(json.loads(capsys.readouterr().out)["sessions"]) == sessions


def test_a_last_day_that_no_day_follows_is_refused(capsys: Captured, tmp_path: Path) -> None:
    filled(tmp_path / DATABASE)
    assert history(tmp_path, "export", "--until", "9999-12-31") == 1
    assert capsys.readouterr().err.startswith("error [invalid_request]: until")


@pytest.fixture
def elsewhere() -> Iterator[Path]:
    """A folder that every user of the machine can get to."""
    folder = Path(tempfile.mkdtemp())
    folder.chmod(0o755)
    yield folder / "copy"
    shutil.rmtree(folder)


@contextlib.contextmanager
def another_user() -> Iterator[None]:
    """To root, permissions mean nothing."""
    mine = os.geteuid()
    if mine == 0:
        os.seteuid(65534)
    try:
        yield
    finally:
        os.seteuid(mine)


def contents(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


@pytest.mark.parametrize("suffixes", [("",), ("", "-wal"), ("", "-wal", "-shm")])
@pytest.mark.parametrize("locked", [True, False])
def test_a_copy_is_read_whole_and_nothing_is_made_beside_it(
    suffixes: tuple[str, ...], locked: bool, capsys: Captured, tmp_path: Path, elsewhere: Path
) -> None:
    store = filled(tmp_path / DATABASE)
    if suffixes == ("",):
        store.close()
    elsewhere.mkdir()
    for suffix in suffixes:
        shutil.copy(tmp_path / f"{DATABASE}{suffix}", elsewhere)
        (elsewhere / f"{DATABASE}{suffix}").chmod(0o444)
    before = contents(elsewhere)
    assert history(tmp_path, "verify") == 0
    told = capsys.readouterr().out
    with contextlib.ExitStack() as stack:
        if locked:
            elsewhere.chmod(0o555)
            stack.enter_context(another_user())
        assert history(elsewhere, "verify") == 0
        assert capsys.readouterr().out == told
        assert history(elsewhere, "export", "--format", "json") == 0
    assert len(json.loads(capsys.readouterr().out)["sessions"]) == 2
    after = contents(elsewhere)
    assert set(after) == set(before)
    assert all(after[name] == before[name] for name in (DATABASE, f"{DATABASE}-wal") if name in before)


@pytest.mark.parametrize("command", ["verify", "export"])
def test_a_history_of_a_newer_version_is_refused_and_not_changed(command: str, capsys: Captured, tmp_path: Path) -> None:
    filled(tmp_path / DATABASE).close()
    with contextlib.closing(sqlite3.connect(tmp_path / DATABASE)) as db:
        db.execute("PRAGMA user_version = 99")
        # Whichever connection closes last has nothing left to move into the file.
        db.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
    before = (tmp_path / DATABASE).read_bytes()
    assert history(tmp_path, command) == 1
    assert "error [storage_unavailable]" in (error := capsys.readouterr().err)
    assert "newer version" in error
    with pytest.raises(UnavailableError, match="newer version"):
        Store(tmp_path / DATABASE)
    assert (tmp_path / DATABASE).read_bytes() == before


@pytest.mark.parametrize("name", [DATABASE, f"{DATABASE}-wal", f"{DATABASE}-shm", "link.csv"])
def test_an_export_does_not_replace_the_history(name: str, capsys: Captured, tmp_path: Path) -> None:
    filled(tmp_path / DATABASE).close()
    (tmp_path / "link.csv").symlink_to(DATABASE)
    before = (tmp_path / DATABASE).read_bytes()
    assert history(tmp_path, "export", "--out", str(tmp_path / name)) == 1
    assert "error [output_failed]" in capsys.readouterr().err
    assert (tmp_path / DATABASE).read_bytes() == before
    assert history(tmp_path, "export", "--out", str(tmp_path / "history.csv")) == 0
    assert (tmp_path / "history.csv").read_text().startswith("session,")
