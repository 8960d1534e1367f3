"""Scores videos in threads: only so many at a time, each with models of its own, so that CPU threads are not oversubscribed."""

import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from queue import Empty, LifoQueue
from typing import TYPE_CHECKING, Any

from core.errors import DeadlineError, LipgateError, WeightsError
from core.settings import Settings
from handlers.domain.errors import UnavailableError
from handlers.settings import cores

if TYPE_CHECKING:
    from pathlib import Path

    from core.models import Models


class Interrupted(Exception):  # noqa: N818 - nobody's error: the process ends
    """A score was given up because the process shuts down."""


class Scorer:
    """A bounded number of slots. Nothing heavy is imported before the first score or `load`."""

    def __init__(self, limits: Settings, slots: int, max_waiting: int) -> None:
        """Args:
        limits: settings of the core.
        slots: videos scored at a time.
        max_waiting: most synchronous requests that wait for a slot.
        """
        self.limits = limits.model_copy(update={"threads": limits.threads or max(1, cores() // slots)})
        self._slots = slots
        self._max_waiting = max_waiting
        self._pool = ThreadPoolExecutor(slots, thread_name_prefix="score")
        self._idle: LifoQueue[Models] = LifoQueue()
        self._lock = threading.Lock()
        self._open = self._admitted = 0
        self._identity: dict[str, Any] | None = None
        self.stopping = threading.Event()
        """Set: running scores end with `Interrupted`."""
        self.loaded = False
        """Whether models have been loaded."""

    def submit(self, task: Callable[[], Any]) -> "Future[Any]":
        """Run a task in a slot, as soon as one is free.

        Raises:
            UnavailableError: shutting_down.
        """
        with self._lock:
            if self.stopping.is_set():
                raise UnavailableError("shutting_down", "This server is about to stop. Try again.", retry_after=1)
            self._open += 1
            future = self._pool.submit(task)
        future.add_done_callback(self._closed)
        return future

    @contextmanager
    def admitted(self) -> Iterator[None]:
        """A synchronous request, from before its body is received: neither memory nor disk grows with the number of clients.

        Raises:
            UnavailableError: queue_full.
        """
        with self._lock:
            if self._admitted >= self._slots + self._max_waiting:
                raise UnavailableError("queue_full", "Too many videos are waiting. Try again later.", retry_after=5)
            self._admitted += 1
        try:
            yield
        finally:
            with self._lock:
                self._admitted -= 1

    def score(
        self, path: "Path", deadline: float | None, stop: threading.Event | None = None, limits: Settings | None = None
    ) -> dict[str, Any]:
        """Score a video; call it in a task of `submit`.

        Args:
            path: of the video.
            deadline: `time.monotonic()` at which to give up.
            stop: a score ends with `Interrupted` soon after this is set.
            limits: thresholds of this score; those of the scorer by default.

        Returns:
            The report's JSON, without the name of the file.

        Raises:
            LipgateError: as `core.pipeline.score`.
            Interrupted: at shutdown.
        """
        from core.pipeline import Options, score

        def check(*_: object) -> None:
            if self.stopping.is_set() or (stop is not None and stop.is_set()):
                raise Interrupted

        check()
        models = self._borrow()
        try:
            left = None if deadline is None else deadline - time.monotonic()
            if left is not None and left <= 0:
                raise DeadlineError(0.0)
            report = score(path, models, Options(deadline_s=left, on_progress=check), limits or self.limits).to_dict()
        finally:
            self._idle.put(models)
        del report["video"]["file"]
        return report

    def load(self) -> None:
        """Load the models of one slot, unless some are loaded.

        Raises:
            LipgateError: the weights or the device are not there.
        """
        if not self.loaded:
            self._idle.put(self._borrow())

    def ready(self) -> bool:
        """Whether a video could be scored: models are loaded, or their weights are in place. Loads nothing."""
        if self.loaded:
            return True
        try:
            self.identity()
        except LipgateError:
            return False
        return True

    def identity(self) -> dict[str, Any]:
        """What weights and calibration scores come from.

        Raises:
            WeightsError: they are not there.
            CalibrationError: the site's file cannot be used.
        """
        if self._identity is None:
            self._identity = _identity(self.limits)
        return self._identity

    def close(self, grace_s: float = 0.0) -> None:
        """Take nothing more, let running scores finish for so long, then interrupt them."""
        end = time.monotonic() + grace_s
        while self._open and time.monotonic() < end:
            time.sleep(0.02)
        self.stopping.set()
        self._pool.shutdown(wait=True, cancel_futures=True)

    def _closed(self, _: "Future[Any]") -> None:
        with self._lock:
            self._open -= 1

    def _borrow(self) -> "Models":
        try:
            return self._idle.get_nowait()
        except Empty:
            from core.models import Models

            models = Models.load(options=self.limits)
            self.loaded = True
            return models


def _identity(limits: Settings) -> dict[str, Any]:
    from core.models import EMBEDDED_DETECTOR, EMBEDDED_SYNC
    from core.site_calibration import read_site_file
    from core.weights.store import find

    model = find(EMBEDDED_SYNC if limits.model == "auto" else limits.model)
    detector = find(EMBEDDED_DETECTOR if limits.detector == "auto" else limits.detector)
    if model.calibration is None:
        raise WeightsError("weights_unreadable", f"The manifest holds no calibration of '{model.name}'.")
    site = read_site_file(limits.calibration, model.name, model.sha256).sha256 if limits.calibration else None
    embedded = [model.calibration.midpoint, model.calibration.scale, model.calibration.distance, model.calibration.shortness]
    return {
        "model": [model.name, model.version, model.sha256],
        "detector": [detector.name, detector.version, detector.sha256],
        "others": [find(name).sha256 for name in ("silero_vad", "mouth")],
        "calibration": site or embedded,
    }
