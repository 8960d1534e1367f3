"""The command `lipgate weights`."""

import argparse
import json

import pytest

from lipgate.desktop.commands import weights as weights_command
from tests.core.weights.conftest import ORIGINAL, code_of, file_with


def _run(*words: str) -> int:
    parser = argparse.ArgumentParser()
    weights_command.add_parser(parser.add_subparsers())
    return weights_command.run(parser.parse_args(["weights", *words]))


def test_command_lists_and_verifies_as_json(home, converted, tmp_path, capsys):
    assert _run("import", str(file_with(tmp_path, ORIGINAL)), "--as", "syncnet") == 0
    capsys.readouterr()
    assert _run("list", "--json") == 0
    assert [row["state"] for row in json.loads(capsys.readouterr().out)] == ["missing", "installed"]
    assert _run("verify", "--json") == 1  # mini has not been made in this project
    checks = {check["file"]: check["problem"] for check in json.loads(capsys.readouterr().out)}
    assert checks["lip.onnx"] is None
    assert checks["mini"] is not None


def test_command_prints_tables(home, capsys):
    assert _run("list") == 0
    assert "yunet" in capsys.readouterr().out
    _run("verify")
    assert "silero_vad.onnx" in capsys.readouterr().out


def test_command_without_accepted_licence(home, project):
    assert code_of(_run, "fetch", "syncnet") == "licence_not_accepted"


@pytest.mark.parametrize("words", [("fetch", "mini"), ("import", "x"), ("import", "x", "--as", "mini"), ()])
def test_command_usage_errors(words, capsys):
    with pytest.raises(SystemExit) as caught:
        _run(*words)
    assert caught.value.code == 2
