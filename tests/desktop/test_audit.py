"""Licences of what is installed, and what is known against it."""

import json
import subprocess
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest

from lipgate.desktop import audit
from lipgate.desktop.cli import main

Captured = pytest.CaptureFixture[str]


def test_every_part_has_a_licence_and_ffmpeg_says_what_it_asks(capsys: Captured) -> None:
    assert main(["audit", "--json"]) == 0
    listed = {one["name"].lower(): one for one in json.loads(capsys.readouterr().out)["parts"]}
    assert {"numpy", "onnxruntime", "rich", "imageio-ffmpeg", "ffmpeg", "python"} <= set(listed)
    assert "lipgate" not in listed
    assert all(one["version"] and one["licence"] for one in listed.values())
    assert listed["ffmpeg"]["licence"].startswith(("GPL-", "LGPL-"))
    assert "source" in listed["ffmpeg"]["note"]
    assert main(["audit"]) == 0
    assert "NOTICES.md" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("metadata", "licence", "asks"),
    [
        ({"License-Expression": "MIT"}, "MIT", False),
        ({"Classifier": "License :: OSI Approved :: GNU General Public License v3 (GPLv3)"}, None, True),
        ({"Classifier": "License :: OSI Approved :: Mozilla Public License 2.0 (MPL 2.0)"}, None, True),
        ({"License": "BSD-3-Clause\nand a long text"}, "BSD-3-Clause", False),
        ({}, "unknown", True),
    ],
)
def test_licences_are_read_where_packages_have_them(metadata: dict[str, str], licence: str | None, asks: bool) -> None:
    meta = SimpleNamespace(get=metadata.get, get_all=lambda name: [metadata[name]] if name in metadata else None)
    part = audit._part(SimpleNamespace(name="x", version="1", metadata=meta))  # type: ignore[arg-type]
    assert licence is None or part.licence == licence
    assert bool(part.note) is asks


@pytest.mark.parametrize(
    ("built", "licence", "note"),
    [
        ("--enable-gpl --enable-version3", "GPL-3.0-or-later", "NOTICES"),
        ("--enable-gpl", "GPL-2.0-or-later", "NOTICES"),
        ("", "LGPL-2.1-or-later", "source"),
        ("--enable-gpl --enable-nonfree", "nonfree", "must not"),
    ],
)
def test_the_build_of_ffmpeg_tells_its_licence(built: str, licence: str, note: str, monkeypatch: pytest.MonkeyPatch) -> None:
    answer = subprocess.CompletedProcess([], 0, stdout=f"ffmpeg version 9.9 x\nconfiguration: {built}\n")
    monkeypatch.setattr(audit.subprocess, "run", lambda *_, **__: answer)
    part = audit._ffmpeg()
    assert (part.version, part.licence) == ("9.9", licence)
    assert note in part.note


@pytest.fixture
def pip_audit(monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    """Has pip-audit say something."""

    def says(text: str) -> None:
        answer = subprocess.CompletedProcess([], 1, stdout=text, stderr="ERROR: no network\n")
        monkeypatch.setattr(audit, "find_spec", lambda _: object())
        monkeypatch.setattr(audit, "parts", list)
        monkeypatch.setattr(audit.subprocess, "run", lambda *_, **__: answer)

    return says


@pytest.mark.parametrize(
    ("listed", "status", "said"),
    [
        ([{"name": "a", "version": "1", "vulns": []}], 0, "Nothing is known"),
        ([{"name": "a", "version": "1", "vulns": [{"id": "CVE-1", "fix_versions": ["2"]}]}], 1, "a 1: CVE-1, fixed in 2"),
        ([{"name": "b", "skip_reason": "not on PyPI"}], 1, "Not looked up: b"),
        ([{"name": "lipgate", "skip_reason": "not on PyPI"}], 0, "Nothing is known"),
    ],
)
def test_known_weaknesses_end_in_an_exit_status(
    listed: list[dict[str, Any]], status: int, said: str, pip_audit: Callable[[str], None], capsys: Captured
) -> None:
    pip_audit(json.dumps({"dependencies": listed}))
    assert main(["audit", "--weaknesses"]) == status
    assert said in capsys.readouterr().err


def test_that_nothing_was_looked_up_is_no_good_news(
    pip_audit: Callable[[str], None], capsys: Captured, monkeypatch: pytest.MonkeyPatch
) -> None:
    pip_audit("")
    assert main(["audit", "--weaknesses"]) == 1
    assert "[audit_failed]: pip-audit did not answer: ERROR: no network." in capsys.readouterr().err
    monkeypatch.setattr(audit, "find_spec", lambda _: None)
    assert main(["audit", "--weaknesses"]) == 1
    assert "pip install pip-audit" in capsys.readouterr().err
