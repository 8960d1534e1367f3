"""An engine in a process of its own: whatever a video does to it (a crash in native code, memory run out, an endless loop), the
process that answers everybody lives on.
"""

import atexit
import logging
import multiprocessing
import os
import secrets
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from multiprocessing.connection import Connection
from multiprocessing.context import SpawnProcess
from pathlib import Path
from typing import Any
from weakref import WeakSet

from lipgate.core.errors import DeadlineError
from lipgate.core.limits import Limits
from lipgate.core.settings import Settings
from lipgate.handlers.domain.errors import ScorerDiedError
from lipgate.handlers.scoring.child import Done, Failed, Load, Ready, Score, Stop, Told, hold_signals, run
from lipgate.handlers.scoring.engine import Interrupted, Progress
from lipgate.handlers.scoring.leftovers import end_marked

log = logging.getLogger(__name__)

POLL_SECONDS = 0.1
"""How often a score that runs is asked whether it is wanted still."""

OVERTIME_SECONDS = 1.0
"""How long after its deadline a score that has not ended by itself is killed."""

STOP_SECONDS = 2.0
"""How long a score that is told to stop may take to do so: it looks once per second of video."""

START_SECONDS = 120.0
"""Longest time to start and to load the networks: a cold disk is slow, but not for ever."""


class ScorerProcess:
    """`lipgate.handlers.scoring.engine.Engine`. It starts with the first use; once it has died it is not `usable` any more."""

    def __init__(self, options: Settings) -> None:
        """Args: options: names the networks, and their threads."""
        self._options = options
        self._mark = secrets.token_hex(16)
        self._process: SpawnProcess | None = None
        self._connection: Connection | None = None
        self._overdue = self._gone = False
        self._busy = False
        """An order is not answered for yet: one that was left in the middle can take no other."""
        _living.add(self)

    @property
    def usable(self) -> bool:
        return not (self._gone or self._overdue or self._busy) and (self._process is None or self._process.is_alive())

    @property
    def pid(self) -> int | None:
        """Its process id; None where there is none yet, or no more."""
        return self._process.pid if self._process and not self._gone else None

    def load(self) -> None:
        with self._killed_after(START_SECONDS):
            self._started()
            self._send(Load())
            self._answer()

    def score(
        self,
        path: Path,
        limits: Limits,
        deadline: float | None,
        interrupted: Callable[[], bool],
        on_progress: Progress | None = None,
    ) -> dict[str, Any]:
        given = None if deadline is None else deadline - time.monotonic()
        if given is not None and given <= 0:
            raise DeadlineError(0.0)
        with self._killed_after(None if given is None else given + OVERTIME_SECONDS):
            try:
                self._started()
                left = None if deadline is None else deadline - time.monotonic()
                self._send(Score(path.absolute(), limits, left, on_progress is not None))
                report = self._answer(interrupted, on_progress)
            except ScorerDiedError:
                if self._overdue:
                    raise DeadlineError(given or 0.0) from None
                raise
        assert report is not None  # noqa: S101
        return report

    def close(self) -> None:
        """It ends by itself when its pipe does, and what it has started with it; what does not is killed."""
        if self._connection:
            self._connection.close()
        process = self._process
        if process and not self._gone:
            process.join(STOP_SECONDS)
            self._bury()

    def kill(self) -> None:
        """End it now, from any thread: whoever waits for it finds it dead."""
        if self._process:
            self._process.kill()

    def _started(self) -> None:
        if self._process is None:
            try:
                self._process, self._connection = _starter.submit(_start, self._options, self._mark).result()
            except OSError as error:
                log.warning("scorer not started", extra={"problem": type(error).__name__})
                raise ScorerDiedError from error
            if self._overdue:  # there was nothing to kill
                self.kill()
            self._receive(Ready)

    def _send(self, order: Load | Score | Stop) -> None:
        assert self._connection is not None  # noqa: S101
        self._busy = True
        try:
            self._connection.send(order)
        except OSError as error:
            raise self._died() from error

    def _answer(
        self, interrupted: Callable[[], bool] = lambda: False, on_progress: Progress | None = None
    ) -> dict[str, Any] | None:
        told = None
        try:
            while True:
                if told is None and interrupted():
                    told = self._timer(STOP_SECONDS)
                    self._send(Stop())
                message = self._receive(Done, Failed, Told, wait=False)
                if isinstance(message, (Done, Failed)):
                    self._busy = False
                if isinstance(message, Done):
                    return message.report
                if isinstance(message, Failed):
                    raise message.exception()
                if isinstance(message, Told) and on_progress:
                    on_progress(message.done, message.total)
        except ScorerDiedError:
            if told and self._overdue:
                raise Interrupted from None
            raise
        finally:
            if told:
                told.cancel()

    def _receive(self, *kinds: type, wait: bool = True) -> Any:
        """The next message; None where there is none for the moment and it is not to be waited for.

        Raises:
            ScorerDiedError: scorer_died, also where it sent anything else.
        """
        assert self._connection is not None  # noqa: S101
        try:
            while not self._connection.poll(POLL_SECONDS):
                if self._overdue:  # killed, and held by the kernel: a disk that does not answer
                    raise EOFError
                if not wait:
                    return None
            message = self._connection.recv()
        except Exception as error:  # the end, or half of a message that cannot be read
            raise self._died() from error
        if not isinstance(message, kinds):
            raise self._died()
        return message

    @contextmanager
    def _killed_after(self, seconds: float | None) -> Iterator[None]:
        """A timer and not a time limit on waiting: half of a message could keep the reader waiting beyond any."""
        timer = None if seconds is None else self._timer(seconds)
        try:
            yield
        except Exception:
            if not self.usable:
                self._bury()
            raise
        finally:
            if timer:
                timer.cancel()

    def _timer(self, seconds: float) -> threading.Timer:
        timer = threading.Timer(seconds, self._expire)
        timer.daemon = True
        timer.start()
        return timer

    def _expire(self) -> None:
        # Said first: whoever finds it dead must be able to tell why.
        self._overdue = True
        self.kill()

    def _died(self) -> ScorerDiedError:
        process = self._process
        assert process is not None  # noqa: S101
        process.kill()  # one that cannot be understood is as good as dead
        process.join(STOP_SECONDS)
        log.warning("scorer died", extra={"pid": process.pid, "status": _said(process.exitcode), "overdue": self._overdue})
        self._bury()
        return ScorerDiedError()

    def _bury(self) -> None:
        """Leave nothing of it behind."""
        self._gone = True
        if self._process:
            self._process.kill()
            self._process.join(STOP_SECONDS)
            end_marked(self._mark)
        if self._connection:
            self._connection.close()


_living: WeakSet[ScorerProcess] = WeakSet()


@atexit.register
def _end_all() -> None:
    """At exit `multiprocessing` asks its processes to end and waits: too politely for those that do not listen."""
    for engine in list(_living):
        engine.kill()


def _prepare_to_start() -> None:
    """A signal meant for the parent must not meet a process that has not begun to ignore it."""
    if sys.platform != "win32":
        from multiprocessing import resource_tracker

        # It comes with the first process else, and lets go of signals that its starter holds.
        resource_tracker.ensure_running()
    hold_signals()


_starter = ThreadPoolExecutor(1, thread_name_prefix="starter", initializer=_prepare_to_start)
"""The one thread that starts all of them: on Linux they end with the thread that started them, and not with its process."""


def _start(options: Settings, mark: str) -> tuple[SpawnProcess, Connection]:
    context = multiprocessing.get_context("spawn")
    here, there = context.Pipe()
    process = context.Process(target=run, args=(there, options, mark, os.getpid()), name="lipgate-scorer", daemon=True)
    try:
        process.start()
    except BaseException:
        here.close()
        raise
    finally:
        # Held by nobody else, so that its end is seen when it dies.
        there.close()
    return process, here


def _said(exitcode: int | None) -> str:
    """What an exit status means: the name of the signal, where it was one."""
    with suppress(ValueError):  # one without a name
        if exitcode is not None and exitcode < 0:
            return signal.Signals(-exitcode).name
    return str(exitcode)
