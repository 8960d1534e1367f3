"""Scores in processes of their own: what kills, stops or hangs one costs that score and nothing else."""

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, wait
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

import lipgate.core.errors
from lipgate.core.errors import DeadlineError, InputError, LipgateError, NotJudgedError, WeightsError
from lipgate.core.limits import Limits
from lipgate.core.settings import Settings
from lipgate.handlers.domain.errors import ScorerDiedError
from lipgate.handlers.scoring import process as scorer_process
from lipgate.handlers.scoring.child import Failed
from lipgate.handlers.scoring.engine import InProcess
from lipgate.handlers.scoring.slots import Interrupted, Scorer
from tests.processes import alive, descendants, ffmpegs, until

pytestmark = [
    pytest.mark.skipif(sys.platform != "linux", reason="looks into /proc"),
    pytest.mark.timeout(120),
]

SAMPLE = Path(__file__).parents[3] / "samples" / "in_sync.mp4"


@pytest.fixture
def scorer() -> Iterator[Scorer]:
    scorer = Scorer(Settings(_env_file=None, threads=1), 2, 4)
    yield scorer
    pids = [*scorer.pids, *(pid for child in scorer.pids for pid in descendants(child))]
    scorer.close()
    assert scorer.pids == []
    assert not any(map(alive, pids))


@pytest.fixture
def long_video(puppet: Callable[..., Path]) -> Path:
    """Takes some seconds to score."""
    return puppet(seconds=24.0, size=(320, 180), face_px=90, preset="ultrafast")


def begun(scorer: Scorer, video: Path, **asked: Any) -> tuple["Future[dict[str, Any]]", int, list[int]]:
    """A score that runs; its process, and that one's ffmpeg."""
    usual = {"deadline": None, **asked}
    task = scorer.submit(lambda: scorer.score(video, **usual))
    (pid,) = until(lambda: scorer.pids)
    return task, pid, until(lambda: ffmpegs(pid))


def test_no_process_is_started_before_it_is_needed_and_one_is_used_for_many_videos(scorer: Scorer) -> None:
    assert scorer.ready()
    assert scorer.pids == []
    scorer.load()
    (pid,) = scorer.pids
    reports = [scorer.score(SAMPLE, None) for _ in range(2)]
    assert scorer.pids == [pid]
    assert reports[0]["offset_frames"] == reports[1]["offset_frames"] == 0
    assert "file" not in reports[0]["video"]


def test_the_report_is_that_of_a_score_in_this_process(scorer: Scorer) -> None:
    here, there = InProcess(scorer.settings).score(SAMPLE, scorer.limits(), None, lambda: False), scorer.score(SAMPLE, None)
    for report in (here, there):
        del report["processing_time_ms"], report["debug"]["timings_ms"]
    assert here == there


def test_a_process_has_no_more_threads_for_its_networks_than_it_was_given(scorer: Scorer) -> None:
    """As many more as there are cores would run against those of the other slots."""
    scorer.score(SAMPLE, None)
    (pid,) = scorer.pids
    # The one that scores, and the one that takes orders.
    until(lambda: len(list(Path(f"/proc/{pid}/task").iterdir())) == 2)


# What ends a process


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGSEGV, signal.SIGABRT, signal.SIGBUS], ids=lambda value: value.name)
def test_a_process_that_dies_costs_its_score_only(number: signal.Signals, scorer: Scorer, long_video: Path) -> None:
    task, pid, decoders = begun(scorer, long_video)
    os.kill(pid, number)
    with pytest.raises(ScorerDiedError) as caught:
        task.result(20)
    assert caught.value.code == "scorer_died"
    until(lambda: not any(map(alive, [pid, *decoders])))
    assert scorer.score(SAMPLE, None)["offset_frames"] == 0
    assert pid not in scorer.pids


def test_an_ffmpeg_that_hangs_ends_with_the_process_that_started_it(scorer: Scorer, long_video: Path) -> None:
    task, pid, decoders = begun(scorer, long_video)
    for decoder in decoders:
        os.kill(decoder, signal.SIGSTOP)
    os.kill(pid, signal.SIGKILL)
    with pytest.raises(ScorerDiedError):
        task.result(20)
    until(lambda: not any(map(alive, decoders)))


def test_a_process_that_hangs_is_killed_soon_after_its_deadline(scorer: Scorer, long_video: Path) -> None:
    scorer.load()  # the deadline is of the score, however long a process takes to start on a busy machine
    began = time.monotonic()
    task, pid, decoders = begun(scorer, long_video, deadline=began + 2)
    os.kill(pid, signal.SIGSTOP)
    with pytest.raises(DeadlineError):
        task.result(20)
    assert time.monotonic() - began >= 2 + scorer_process.OVERTIME_SECONDS
    until(lambda: not any(map(alive, [pid, *decoders])))
    assert scorer.score(SAMPLE, None)["offset_frames"] == 0


def test_a_process_that_hangs_while_it_starts_is_killed(scorer: Scorer) -> None:
    task = scorer.submit(lambda: scorer.score(SAMPLE, time.monotonic() + 0.5))
    (pid,) = until(lambda: scorer.pids)
    os.kill(pid, signal.SIGSTOP)
    with pytest.raises(DeadlineError):
        task.result(20)
    until(lambda: not alive(pid))


def test_a_process_that_died_at_rest_is_replaced_unnoticed(scorer: Scorer) -> None:
    scorer.load()
    (pid,) = scorer.pids
    os.kill(pid, signal.SIGKILL)
    os.waitid(os.P_PID, pid, os.WEXITED | os.WNOWAIT)  # with all its threads
    assert scorer.score(SAMPLE, None)["offset_frames"] == 0
    assert scorer.pids != [pid]


def test_a_process_that_runs_out_of_memory_costs_its_score_only(scorer: Scorer, long_video: Path) -> None:
    import resource

    scorer.load()
    task, pid, _ = begun(scorer, long_video, deadline=time.monotonic() + 5)
    resource.prlimit(pid, resource.RLIMIT_AS, (1 << 20, 1 << 20))
    with pytest.raises(LipgateError) as caught:
        task.result(60)
    # A thread that cannot begin for want of memory is waited for without end: then it is the deadline that ends it.
    assert caught.value.code in ("scorer_died", "internal_error", "timeout")
    if pid in scorer.pids:  # it lived to say so, with a limit that would meet the next one too
        os.kill(pid, signal.SIGKILL)
        os.waitid(os.P_PID, pid, os.WEXITED | os.WNOWAIT)
    assert scorer.score(SAMPLE, None)["offset_frames"] == 0


def test_what_is_meant_for_the_parent_does_not_end_a_score(scorer: Scorer, long_video: Path) -> None:
    """Ctrl-C goes to every process of a terminal, and a service manager may tell all of a service to end."""
    task, pid, _ = begun(scorer, long_video)
    while not wait([task], 0.05).done:
        for process in (pid, *descendants(pid)):
            with suppress(ProcessLookupError):
                os.kill(process, signal.SIGINT)
                os.kill(process, signal.SIGTERM)
    report = task.result(60)
    assert report["debug"]["all_results"][0]["end_s"] > 23  # and none ends what was decoded before its time
    assert scorer.pids == [pid]


PROGRAM = """
import sys
from lipgate.core.limits import Limits
from lipgate.core.settings import Settings
from lipgate.handlers.scoring.slots import Scorer

if __name__ == "__main__":
    scorer = Scorer(Settings(_env_file=None, threads=1), 1, 1)
    scorer.load()
    print(*scorer.pids)
    sys.exit(3)
"""


def test_a_program_that_ends_without_closing_ends_at_once_and_leaves_no_process(tmp_path: Path) -> None:
    program = tmp_path / "program.py"
    program.write_text(PROGRAM)
    environment = {**os.environ, "PYTHONPATH": str(SAMPLE.parents[1])}
    done = subprocess.run([sys.executable, program], env=environment, capture_output=True, text=True, timeout=60, check=False)
    assert (done.returncode, done.stderr) == (3, "")
    until(lambda: not alive(int(done.stdout)))


# Interruption, errors, settings


def test_a_score_that_is_told_to_stop_leaves_its_process_fit_for_the_next(scorer: Scorer, long_video: Path) -> None:
    stop = threading.Event()
    task, pid, _ = begun(scorer, long_video, stop=stop)
    stop.set()
    with pytest.raises(Interrupted):
        task.result(20)
    assert scorer.score(SAMPLE, None)["offset_frames"] == 0
    assert scorer.pids == [pid]


def test_a_process_that_does_not_stop_is_killed(scorer: Scorer, long_video: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(scorer_process, "STOP_SECONDS", 0.2)
    stop = threading.Event()
    task, pid, _ = begun(scorer, long_video, stop=stop)
    os.kill(pid, signal.SIGSTOP)
    stop.set()
    with pytest.raises(Interrupted):
        task.result(20)
    until(lambda: not alive(pid))


def test_closing_interrupts_and_leaves_no_process(scorer: Scorer, long_video: Path) -> None:
    task, pid, decoders = begun(scorer, long_video)
    scorer.close()
    with pytest.raises(Interrupted):
        task.result(20)
    until(lambda: not any(map(alive, [pid, *decoders])))


def test_a_listener_that_fails_ends_the_score_and_not_the_scorer(scorer: Scorer, long_video: Path) -> None:
    def fail(*_: object) -> None:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        scorer.score(long_video, None, on_progress=fail)
    assert scorer.score(SAMPLE, None)["offset_frames"] == 0


def test_progress_is_told(scorer: Scorer) -> None:
    told: list[tuple[float, float | None]] = []
    scorer.score(SAMPLE, None, on_progress=lambda *progress: told.append(progress))
    assert [done for done, _ in told][:3] == [1.0, 2.0, 3.0]


def test_thresholds_can_differ_from_score_to_score(scorer: Scorer) -> None:
    lenient = Limits(allow_threshold=0.0, next_threshold=0.0, worst_threshold=0.0, max_mouth_shaking=9.0)
    decisions = [scorer.score(SAMPLE, None, limits=limits)["decision"] for limits in (None, lenient, None)]
    assert decisions == ["NEXT", "ALLOW", "NEXT"]
    assert len(scorer.pids) == 1


def test_a_score_that_sees_its_deadline_itself_says_so(scorer: Scorer, long_video: Path) -> None:
    scorer.load()
    with pytest.raises(DeadlineError):
        scorer.score(long_video, time.monotonic() + 0.2)


def test_what_cannot_be_scored_is_said_as_ever(scorer: Scorer, tmp_path: Path) -> None:
    bad = tmp_path / "a.mp4"
    bad.write_bytes(b"no video" * 99)
    for video, deadline, kind, code in (
        (bad, None, InputError, "not_a_video"),
        (tmp_path / "none", None, InputError, "file_not_found"),
        (SAMPLE, time.monotonic() - 1, DeadlineError, "timeout"),
    ):
        with pytest.raises(kind) as caught:
            scorer.score(video, deadline)
        assert (type(caught.value), caught.value.code) == (kind, code)
    assert len(scorer.pids) == 1, "the same process through all of it"


def test_weights_that_are_not_there_are_said_as_ever() -> None:
    scorer = Scorer(Settings(_env_file=None).model_copy(update={"model": "nothing"}), 1, 1)
    with pytest.raises(WeightsError) as caught:
        scorer.load()
    assert caught.value.code == "weights_unknown"
    assert not scorer.loaded
    scorer.close()


KINDS = [kind for kind in (LipgateError, *LipgateError.__subclasses__()) if kind.__init__ is LipgateError.__init__]


@pytest.mark.parametrize(
    "error",
    [*(kind("a_code", "what") for kind in KINDS), DeadlineError(3.0), NotJudgedError("nothing was measured")],
    ids=lambda error: type(error).__name__,
)
def test_errors_cross_between_processes_whole(error: LipgateError) -> None:
    arrived = Failed.of(error).exception()
    assert isinstance(arrived, LipgateError)
    kind = type(error) if hasattr(lipgate.core.errors, type(error).__name__) else LipgateError
    assert (type(arrived), arrived.code, arrived.message, str(arrived)) == (kind, error.code, error.message, error.message)
