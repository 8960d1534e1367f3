"""Scores videos: only so many at a time, each with networks of its own, so that CPU threads are not oversubscribed."""

import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from queue import Empty, LifoQueue
from typing import TYPE_CHECKING, Any, Protocol

from lipgate.core.errors import LipgateError
from lipgate.core.settings import Settings
from lipgate.handlers.domain.errors import StoppingError, UnavailableError
from lipgate.handlers.scoring.engine import Engine, InProcess, Interrupted, Progress
from lipgate.handlers.scoring.turns import Turns
from lipgate.handlers.settings import cores

if TYPE_CHECKING:
    from pathlib import Path

    from lipgate.core.chosen import Chosen
    from lipgate.core.limits import Limits

__all__ = ["Interrupted", "Scorer"]


class Stop(Protocol):
    """Says when a score is to end: a `threading.Event`, or what stands in for one."""

    def is_set(self) -> bool:
        """Whether it is."""
        ...


class Scorer:
    """A bounded number of slots. Nothing heavy is imported, and no process started, before the first score or `load`."""

    def __init__(self, settings: Settings, slots: int, max_waiting: int, *, isolate: bool = True) -> None:
        """Args:
        settings: of the core.
        slots: videos scored at a time.
        max_waiting: most synchronous requests that wait for a slot.
        isolate: score in processes of their own, one per slot, so that no video can end this one. A frozen program then
            calls `multiprocessing.freeze_support()` first of all.
        """
        self.settings = settings.model_copy(update={"threads": settings.threads or max(1, cores() // slots)})
        self._slots = slots
        self._max_waiting = max_waiting
        self._pool = ThreadPoolExecutor(slots, thread_name_prefix="score")
        self._isolate = isolate
        self._idle: LifoQueue[Engine] = LifoQueue()
        self._engines: set[Engine] = set()
        self._lock = threading.Lock()
        self._closing = threading.Condition(self._lock)
        self._open = self._admitted = 0
        self._guests: Counter[str] = Counter()
        """Requests that are admitted, by API key."""
        self._turns: Turns[tuple[Future[Any], Callable[[], Any]]] = Turns()
        self._chosen: Chosen | None = None
        self.stopping = threading.Event()
        """Set: running scores end with `Interrupted`."""
        self.loaded = False
        """Whether models have been loaded."""

    def submit(self, task: Callable[[], Any], owner: str = "") -> "Future[Any]":
        """Run a task in a slot, as soon as one is free and its owner has the turn.

        Raises:
            StoppingError: shutting_down.
        """
        future: Future[Any] = Future()
        with self._lock:
            if self.stopping.is_set():
                raise StoppingError
            self._open += 1
            self._turns.put(owner, (future, task))
            self._pool.submit(self._run_next)
        future.add_done_callback(self._closed)
        return future

    @contextmanager
    def admitted(self, key: str | None = None) -> Iterator[None]:
        """A synchronous request, from before its body is received: neither memory nor disk grows with the number of clients.

        Args:
            key: id of the API key that asks. One key has half of the places at most, so that others find one.

        Raises:
            UnavailableError: queue_full.
        """
        places = self._slots + self._max_waiting
        with self._lock:
            if self._admitted >= places or (key is not None and self._guests[key] >= max(1, places // 2)):
                raise UnavailableError("queue_full", "Too many videos are waiting. Try again later.", retry_after=5)
            self._admitted += 1
            if key is not None:
                self._guests[key] += 1
        try:
            yield
        finally:
            with self._closing:
                self._admitted -= 1
                if key is not None:
                    self._guests[key] -= 1
                    self._guests = +self._guests  # keys without a request are forgotten
                self._closing.notify_all()

    def score(
        self,
        path: "Path",
        deadline: float | None,
        stop: "Stop | None" = None,
        limits: "Limits | None" = None,
        on_progress: Progress | None = None,
    ) -> dict[str, Any]:
        """Score a video; call it in a task of `submit`.

        Args:
            path: of the video.
            deadline: `time.monotonic()` at which to give up. A process that does not is killed a second later.
            stop: a score ends with `Interrupted` soon after this is set.
            limits: what this one is judged by, instead of the scorer's. Model, detector, device, threads and the site's
                calibration are always those of the scorer.
            on_progress: told seconds of video done and, where known, in all, once per second of video.

        Returns:
            The report's JSON, without the name of the file.

        Raises:
            LipgateError: as `lipgate.core.pipeline.score`; scorer_died where its process ended.
            Interrupted: at shutdown.
        """

        def interrupted() -> bool:
            return self.stopping.is_set() or (stop is not None and stop.is_set())

        if interrupted():
            raise Interrupted
        limits = limits or self.limits()
        with self._engine() as engine:
            report = engine.score(path, limits, deadline, interrupted, on_progress)
            self.loaded = True
            return report

    def load(self) -> None:
        """Load the networks of one slot, unless some are loaded.

        Raises:
            LipgateError: the weights or the device are not there; scorer_died.
        """
        if not self.loaded:
            with self._engine() as engine:
                engine.load()
                self.loaded = True

    def ready(self) -> bool:
        """Whether a video could be scored: models are loaded, or their weights are in place. Loads nothing."""
        if self.loaded:
            return True
        try:
            self.chosen()
        except LipgateError:
            return False
        return True

    def model(self) -> dict[str, Any]:
        """The sync model that scores: name, version, sha256, verified.

        Raises:
            LipgateError: as `chosen`.
        """
        sync = self.chosen().sync
        return {"name": sync.name, "version": sync.version, "sha256": sync.sha256, "verified": sync.verified}

    def identity(self) -> dict[str, Any]:
        """What weights and calibration scores come from.

        Raises:
            LipgateError: as `chosen`.
        """
        return self.chosen().identity

    def limits(self) -> "Limits":
        """What is judged by: limits of the settings and of the site's file; one person who speaks, unless the settings say else.

        Raises:
            LipgateError: as `chosen`.
        """
        return self.chosen().limits.of_person

    def chosen(self) -> "Chosen":
        """What scores come from; looked up once.

        Raises:
            WeightsError: weights are not there.
            CalibrationError: the site's file cannot be used.
            SettingsError: its thresholds do not go with those that are set.
        """
        if self._chosen is None:
            from lipgate.core.chosen import chosen

            self._chosen = chosen(self.settings)
        return self._chosen

    def close(self, grace_s: float = 0.0) -> None:
        """Let what was admitted finish for so long, then interrupt it, take nothing more, and end the processes.

        Called again, from another thread too, it ends with the shorter of the times.
        """
        end = time.monotonic() + grace_s
        with self._closing:
            while (self._open or self._admitted) and not self.stopping.is_set() and (left := end - time.monotonic()) > 0:
                self._closing.wait(left)
            self.stopping.set()
            self._closing.notify_all()
        self._pool.shutdown(wait=True, cancel_futures=True)
        while turn := self._turns.take():
            turn[0].cancel()
            turn[0].set_running_or_notify_cancel()
        for engine in list(self._engines):
            self._retire(engine)

    @property
    def pids(self) -> list[int]:
        """Ids of the processes that score."""
        with self._lock:
            return [pid for engine in self._engines if (pid := getattr(engine, "pid", None)) is not None]

    def _run_next(self) -> None:
        """There are as many calls as tasks; each does one, not the one it came with."""
        turn = self._turns.take()
        if turn is None:
            return
        future, task = turn
        if not future.set_running_or_notify_cancel():
            return
        try:
            result = task()
        except BaseException as error:
            future.set_exception(error)
        else:
            future.set_result(result)

    def _closed(self, _: "Future[Any]") -> None:
        with self._closing:
            self._open -= 1
            self._closing.notify_all()

    @contextmanager
    def _engine(self) -> Iterator[Engine]:
        """One that nobody else uses; one that has come to harm is not used again."""
        engine = self._borrowed()
        try:
            yield engine
        finally:
            if engine.usable:
                self._idle.put(engine)
            else:
                self._retire(engine)

    def _borrowed(self) -> Engine:
        while True:
            try:
                engine = self._idle.get_nowait()
            except Empty:
                break
            if engine.usable:
                return engine
            self._retire(engine)  # it died while it had nothing to do
        made = self._made()
        with self._lock:
            self._engines.add(made)
        return made

    def _made(self) -> Engine:
        if not self._isolate:
            return InProcess(self.settings)
        from lipgate.handlers.scoring.process import ScorerProcess

        return ScorerProcess(self.settings)

    def _retire(self, engine: Engine) -> None:
        with self._lock:
            if engine not in self._engines:  # somebody else closes too
                return
            self._engines.remove(engine)
        engine.close()
