"""`lipgate history`: what a station remembers, read by others and changed by none of it."""

import json
from pathlib import Path

import pytest

from desktop.cli import main
from desktop.kiosk.store import DATABASE
from tests.kiosk.test_store import filled

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
