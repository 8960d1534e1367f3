"""The fuzzer finds what it looks for, and a few of its files end as they should. All 200 are part of .ci/run."""

import os
import random
from pathlib import Path
from typing import Any

import pytest

from bench import fuzz
from lipgate.core.errors import InputError, LipgateError
from lipgate.handlers.scoring.slots import Scorer

Said = list[fuzz.Found]


def run(count: int = 1, seed: int = 1) -> Said:
    return fuzz.run(count, seed, 60.0, lambda found: None)


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without networks and without ffmpeg."""
    monkeypatch.setattr(Scorer, "load", lambda scorer: None)
    monkeypatch.setattr(fuzz, "_sources", lambda folder: {"mp4": bytes(range(256)) * 8})


def test_some_files_end_in_a_report_or_a_code() -> None:
    found = run(4)
    assert [one.problems for one in found] == [()] * 4
    assert all(one.said in ("ALLOW", "NEXT", "BLOCK") or one.said.islower() for one in found)


def test_the_same_seed_gives_the_same_files() -> None:
    content = bytes(range(256)) * 100
    made = [[fuzz.mutated(content, random.Random(f"{seed} {number}")) for number in range(30)] for seed in (1, 1, 2)]  # noqa: S311
    assert made[0] == made[1] != made[2]
    assert len(set(made[0])) > 20
    assert fuzz.mutated(b"", random.Random(1)) == b""  # noqa: S311


FAULTS = {
    "a fault of ours": LipgateError("internal_error", "x"),
    "a scorer that died": LipgateError("scorer_died", "x"),
    "an error nobody meant": ZeroDivisionError("x"),
}


@pytest.mark.parametrize("error", FAULTS.values(), ids=FAULTS)
def test_what_no_file_may_cause_is_found(error: Exception, quick: None, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: Any) -> None:
        raise error

    monkeypatch.setattr(Scorer, "score", fail)
    (found,) = run()
    assert found.problems
    assert fuzz.main(["--count", "1"]) == 1


def test_what_is_left_behind_is_found(quick: None, monkeypatch: pytest.MonkeyPatch) -> None:
    def litter(scorer: Scorer, path: Path, deadline: float) -> None:
        (Path(os.environ["TMPDIR"]) / "forgotten").touch()
        path.with_name("beside").touch()
        raise InputError("not_a_video", "x")

    monkeypatch.setattr(Scorer, "score", litter)
    (found,) = run()
    assert sorted(found.problems) == ["left behind: beside", "left behind: forgotten"]


def test_what_takes_longer_than_its_limit_is_found(quick: None, monkeypatch: pytest.MonkeyPatch) -> None:
    def late(*_: Any) -> None:
        raise LipgateError("timeout", "x")

    monkeypatch.setattr(Scorer, "score", late)
    assert run()[0].problems == ()
    monkeypatch.setattr(fuzz, "OVERTIME_SECONDS", -60.0)
    assert run()[0].problems == ("took 0 s",)


def test_a_program_that_still_runs_is_found(quick: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Scorer, "score", lambda *_: {"decision": "NEXT"})
    monkeypatch.setattr(fuzz, "_programs", lambda parents: ["ffmpeg"])
    (found,) = run()
    assert found.problems == ("still runs: ffmpeg",)
    monkeypatch.undo()
    assert fuzz._programs([os.getppid()])
