"""`import lipgate`: what it offers is fixed, and costs nothing until it is used."""

import os
import re
import subprocess
import sys
from importlib.metadata import version
from pathlib import Path

import pytest

import lipgate

SAMPLE = Path(__file__).parents[1] / "samples" / "in_sync.mp4"

MEMBERS = ["Decision", "Limits", "LipgateError", "Models", "Options", "Reason", "Report", "Scorer", "__version__", "score"]


def test_its_members_are_these() -> None:
    assert lipgate.__all__ == MEMBERS == dir(lipgate)


@pytest.mark.parametrize("name", [name for name in MEMBERS if not name.startswith("_")])
def test_every_member_is_that_of_its_module(name: str) -> None:
    member = getattr(lipgate, name)
    assert member.__module__.startswith("lipgate.core.")
    assert getattr(sys.modules[member.__module__], name) is member


def test_what_is_not_there_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="nonsense"):
        _ = lipgate.nonsense


def test_the_version_is_that_of_the_package() -> None:
    assert lipgate.__version__ == version("lipgate")


def test_importing_it_loads_nothing() -> None:
    code = "import sys; before = {*sys.modules}; import lipgate; print(*{*sys.modules} - before)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    others = [name for name in done.stdout.split() if name.split(".")[0] not in sys.stdlib_module_names]
    assert sorted(others) == ["lipgate", "lipgate.core"]


def test_the_examples_of_the_docs_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """One after the other, as somebody would type them, beside a clip of that name."""
    (tmp_path / "clip.mp4").write_bytes(SAMPLE.read_bytes())
    monkeypatch.chdir(tmp_path)
    text = (Path(__file__).parents[1] / "docs" / "python.md").read_text("utf-8")
    examples = re.findall(r"```python\n(.*?)```", text, re.DOTALL)
    shown = re.findall(r"```text\n(.*?)```", text, re.DOTALL)
    assert len(examples) >= 4
    names: dict[str, object] = {}
    for example in examples:
        exec(compile(example, "docs/python.md", "exec"), names)  # noqa: S102 - our own
    assert capsys.readouterr().out == "".join(shown)
    assert {"report.html", "clip.edl"} <= {path.name for path in tmp_path.iterdir()}


def test_a_score_in_two_lines() -> None:
    report = lipgate.score(SAMPLE)
    assert report.decision is lipgate.Decision.NEXT  # a photograph whose jaw is moved
    assert report.to_dict()["offset_frames"] == 0


def test_first_use_says_what_it_installs_and_complains_of_nothing(tmp_path: Path) -> None:
    python = tmp_path / "venv/bin/python"
    python.parent.mkdir(parents=True)
    python.write_text("#!/bin/sh\nexit 0\n")  # installs nothing
    python.chmod(0o755)
    environment = {**os.environ, "LIPGATE_VENV": str(tmp_path / "venv")}
    command = [str(SAMPLE.parents[1] / "lipgate"), "score", "clip.mp4"]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=60, check=True)
    first, second = done.stderr.splitlines()
    assert "installing into" in first
    assert "530 MB" in second
