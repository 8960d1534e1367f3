"""`import lipgate`: what it offers is fixed, and costs nothing until it is used."""

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


def test_a_score_in_two_lines() -> None:
    report = lipgate.score(SAMPLE, lipgate.Models.load())
    assert report.decision is lipgate.Decision.NEXT  # a photograph whose jaw is moved
    assert report.to_dict()["offset_frames"] == 0
