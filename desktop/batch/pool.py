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
from typing import Any, Protocol, Self, TypeVar

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

Result = TypeVar("Result")
Done_co = TypeVar("Done_co", covariant=True)


class Work(Protocol[Done_co]):
    """What is done with each file. It is sent to every process, so it can be pickled."""

    def __call__(self, task: Task) -> Done_co:
        """Do it; what goes wrong with the file is a result too."""

    def died(self, task: Task) -> Done_co:
        """The result where the process that did it died."""

    def with_threads(self, count: int) -> Self:
        """The same with so many threads, where nobody has set another number."""


@dataclass(frozen=True)
class Scored:
    """Scores a file."""

    scorer: Scorer

    def __call__(self, task: Task) -> FileOutcome:
        """Score it."""
        return score_task(task, self.scorer)

    def died(self, task: Task) -> FileOutcome:
        """An error of that file."""
        said = "The process that scored it died; there may be too little memory."
        return FileOutcome(task.file, error=LipgateError("scorer_died", said))

    def with_threads(self, count: int) -> "Scored":
        """The same with so many threads."""
        return Scored(replace(self.scorer, threads=self.scorer.threads or count))


def results(
    tasks: Sequence[Task], work: Work[Result], jobs: int, on_progress: Progress | None = None
) -> Iterator[tuple[int, Result]]:
    """Work through files.

    Args:
        tasks: of any number; no more than a few a process are under way.
        work: sent to each process.
        jobs: processes; with 1 this one does it.
        on_progress: with one process told of the file in hand, as `Options.on_progress`.

    Yields:
        The place of a task, and what became of it, as they are done.
    """
    if jobs <= 1:
        for number, task in enumerate(tasks):
            yield number, work(replace(task, options=replace(task.options, on_progress=on_progress)))
        return
    work = work.with_threads(max(1, (os.cpu_count() or 1) // jobs))
    waiting = deque(range(len(tasks)))
    while waiting:
        suspects = yield from _until_broken(tasks, waiting, work, jobs)
        # A process has died, by the system's hand or by a fault in a library, and took the pool with it: whose file it was is
        # found by taking those that were under way one at a time.
        for number in suspects:
            yield number, _alone(tasks[number], work)


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
    tasks: Sequence[Task], waiting: deque[int], work: Work[Result], jobs: int
) -> Generator[tuple[int, Result], None, list[int]]:
    """Take from `waiting` until it is empty or a process dies; returns those that were under way then."""
    under_way: dict[Future[Result], int] = {}
    pool = _pool(work, jobs)
    try:
        while waiting or under_way:
            while waiting and len(under_way) < 2 * jobs:
                number = waiting[0]
                under_way[pool.submit(_in_process, tasks[number])] = number
                waiting.popleft()
            finished, _ = wait(under_way, return_when=FIRST_COMPLETED)
            for future in finished:
                result: Result = future.result()
                yield under_way.pop(future), result
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


def _alone(task: Task, work: Work[Result]) -> Result:
    with _pool(work, 1) as pool:
        try:
            result: Result = pool.submit(_in_process, task).result()
        except BrokenProcessPool:
            return work.died(task)
        return result


def _pool(work: Work, jobs: int) -> ProcessPoolExecutor:
    level = logging.getLogger("lipgate").level
    return ProcessPoolExecutor(jobs, get_context("spawn"), initializer=_begin, initargs=(work, level))


_work: Work
"""Of this process, where it is one of a pool."""


def _begin(work: Work, level: int) -> None:
    global _work  # noqa: PLW0603 - what a process of a pool is given can be kept nowhere else
    _work = work
    # Ctrl-C reaches all processes of a terminal; the one that was started ends the others.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    logging.getLogger("lipgate").setLevel(level)


def _in_process(task: Task) -> Any:
    return _work(task)
