"""Scores many files, in this process or in several. Whatever becomes of one costs the others nothing."""

import logging
import os
import signal
from collections import deque
from collections.abc import Callable, Generator, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass, replace
from multiprocessing import get_context
from pathlib import Path

from lipgate.core.errors import LipgateError
from lipgate.core.files import hash_file
from lipgate.core.pipeline import Options
from lipgate.core.scorer import Scorer
from lipgate.desktop.batch.beside import joined
from lipgate.desktop.outcome import FileOutcome, outcome_of


@dataclass(frozen=True)
class Task:
    """A file to score."""

    file: str
    options: Options
    sound: Path | None = None
    """Its sound, where that lies in a file of its own."""


Progress = Callable[[float, float | None], None]


def outcomes(
    tasks: Sequence[Task], scorer: Scorer, jobs: int, on_progress: Progress | None = None
) -> Iterator[tuple[int, FileOutcome]]:
    """Score files.

    Args:
        tasks: of any number; no more than a few a process are under way.
        scorer: sent to each process.
        jobs: processes; with 1 this one does it.
        on_progress: with one process told of the file in hand, as `Options.on_progress`.

    Yields:
        The place of a task, and what became of it, as they are done.
    """
    if jobs <= 1:
        for number, task in enumerate(tasks):
            yield number, score_task(replace(task, options=replace(task.options, on_progress=on_progress)), scorer)
        return
    threads = scorer.threads or max(1, (os.cpu_count() or 1) // jobs)
    scorer = replace(scorer, threads=threads)
    waiting = deque(range(len(tasks)))
    while waiting:
        suspects = yield from _until_broken(tasks, waiting, scorer, jobs)
        # A process has died, by the system's hand or by a fault in a library, and took the pool with it: whose file it was is
        # found by scoring those that were under way one at a time.
        for number in suspects:
            yield number, _alone(tasks[number], scorer)


def score_task(task: Task, scorer: Scorer) -> FileOutcome:
    """Score one file, with its sound."""
    if task.sound is None:
        return outcome_of(task.file, scorer.models, task.options)
    try:
        with joined(Path(task.file), task.sound) as path:
            outcome = outcome_of(path, scorer.models, task.options)
        if outcome.report is None:
            return replace(outcome, file=task.file)
        clip = replace(outcome.report.clip, path=Path(task.file), sha256=hash_file(Path(task.file)))
        return FileOutcome(task.file, report=replace(outcome.report, clip=clip))
    except LipgateError as error:
        return FileOutcome(task.file, error=error)


def _until_broken(
    tasks: Sequence[Task], waiting: deque[int], scorer: Scorer, jobs: int
) -> Generator[tuple[int, FileOutcome], None, list[int]]:
    """Take from `waiting` until it is empty or a process dies; returns those that were under way then."""
    under_way: dict[Future[FileOutcome], int] = {}
    pool = _pool(scorer, jobs)
    try:
        while waiting or under_way:
            while waiting and len(under_way) < 2 * jobs:
                number = waiting[0]
                under_way[pool.submit(_in_process, tasks[number])] = number
                waiting.popleft()
            finished, _ = wait(under_way, return_when=FIRST_COMPLETED)
            for future in finished:
                outcome = future.result()
                yield under_way.pop(future), outcome
    except BrokenProcessPool:
        return sorted(under_way.values())
    except BaseException:
        _end(pool)
        raise
    finally:
        pool.shutdown(wait=True, cancel_futures=True)
    return []


def _end(pool: ProcessPoolExecutor) -> None:
    """Nobody waits for the videos that are under way."""
    for process in list((getattr(pool, "_processes", None) or {}).values()):
        process.terminate()


def _alone(task: Task, scorer: Scorer) -> FileOutcome:
    with _pool(scorer, 1) as pool:
        try:
            return pool.submit(_in_process, task).result()
        except BrokenProcessPool:
            said = "The process that scored it died; there may be too little memory."
            return FileOutcome(task.file, error=LipgateError("scorer_died", said))


def _pool(scorer: Scorer, jobs: int) -> ProcessPoolExecutor:
    level = logging.getLogger("lipgate").level
    return ProcessPoolExecutor(jobs, get_context("spawn"), initializer=_begin, initargs=(scorer, level))


_scorer: Scorer
"""Of this process, where it is one of a pool."""


def _begin(scorer: Scorer, level: int) -> None:
    global _scorer  # noqa: PLW0603 - what a process of a pool is given can be kept nowhere else
    _scorer = scorer
    # Ctrl-C reaches all processes of a terminal; the one that was started ends the others.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    logging.getLogger("lipgate").setLevel(level)


def _in_process(task: Task) -> FileOutcome:
    return score_task(task, _scorer)
