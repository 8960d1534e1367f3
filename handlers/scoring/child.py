"""The process that scores for another one: takes orders from a pipe, and ends with it.

Whatever the pipe's other end does not survive this process does not either: a thread waits for its end, and where the kernel can
be asked (Linux) it ends this process with its parent, also where that thread could not run any more.
"""

import logging
import os
import queue
import signal
import sys
import threading
import time
from contextlib import suppress
from dataclasses import dataclass, field
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any, NoReturn

import lipgate.core.errors
from lipgate.core.errors import LipgateError
from lipgate.core.limits import Limits
from lipgate.core.settings import Settings
from lipgate.handlers.logs import log_json
from lipgate.handlers.scoring.engine import InProcess, Interrupted
from lipgate.handlers.scoring.leftovers import MARK, end_marked

log = logging.getLogger(__name__)

EXPENDABLE = "500"
"""Where memory runs out the kernel ends this process, or an ffmpeg of it, rather than the one that answers everybody."""

ENDING = (signal.SIGINT, signal.SIGTERM)
"""What a terminal or a service manager sends to every process of a service."""

_DIE_WITH_PARENT = 1
"""PR_SET_PDEATHSIG of Linux."""


# From the parent


@dataclass(frozen=True)
class Load:
    """Load the networks; answered with `Done`."""


@dataclass(frozen=True)
class Score:
    """Score a video; answered with `Done` or `Failed`, and `Told` before."""

    path: Path
    limits: Limits
    seconds: float | None
    """Time it may take."""
    progress: bool
    """Whether progress is told."""


@dataclass(frozen=True)
class Stop:
    """Give up what is being scored; answered with `Failed`, or with `Done` where it came too late."""


# From the child


@dataclass(frozen=True)
class Ready:
    """Takes orders now."""


@dataclass(frozen=True)
class Told:
    """Seconds of video done and, where known, in all."""

    done: float
    total: float | None


@dataclass(frozen=True)
class Done:
    """The report; None for `Load`."""

    report: dict[str, Any] | None = None


@dataclass(frozen=True)
class Failed:
    """What was raised. The exception itself would not come over whole: it is made of other arguments than it keeps."""

    kind: str
    """Class in `lipgate.core.errors`, or `Interrupted`."""
    code: str = ""
    message: str = ""

    @classmethod
    def of(cls, error: LipgateError) -> "Failed":
        """An error raised on purpose."""
        return cls(type(error).__name__, error.code, error.message)

    def exception(self) -> Exception:
        """To be raised on the other side."""
        if self.kind == Interrupted.__name__:
            return Interrupted()
        kind = getattr(lipgate.core.errors, self.kind, LipgateError)
        error: LipgateError = kind.__new__(kind)
        LipgateError.__init__(error, self.code, self.message)
        return error


def hold_signals() -> None:
    """Let nothing that this thread starts be ended by `ENDING`: ffmpeg would not ignore them, but end its work early."""
    if hasattr(signal, "pthread_sigmask"):
        signal.pthread_sigmask(signal.SIG_BLOCK, ENDING)


def run(connection: Connection, options: Settings, mark: str, parent: int) -> None:
    """Serve one parent, until it has gone.

    Args:
        connection: to it.
        options: names the networks.
        mark: in the environment of what this process starts, so that it can be found.
        parent: its process id.
    """
    for number in ENDING:
        # Meant for the parent, which ends this process when what is being scored has had its time.
        signal.signal(number, signal.SIG_IGN)
    hold_signals()
    os.environ[MARK] = mark
    if sys.platform == "linux":
        _tie_to(parent)
    log_json(options.log_level)
    _share_cores(options.threads)
    _Child(connection, options, mark).work()


@dataclass(frozen=True)
class _Ordered:
    order: Load | Score
    stopped: threading.Event = field(default_factory=threading.Event)


class _Child:
    def __init__(self, connection: Connection, options: Settings, mark: str) -> None:
        self._connection = connection
        self._mark = mark
        self._engine = InProcess(options)
        self._orders: queue.SimpleQueue[_Ordered] = queue.SimpleQueue()

    def work(self) -> NoReturn:
        # What importing the pipeline takes is not to be part of the first video's time.
        import lipgate.core.pipeline  # noqa: F401

        threading.Thread(target=self._listen, name="orders", daemon=True).start()
        self._tell(Ready())
        while True:
            self._tell(self._done(self._orders.get()))

    def _listen(self) -> None:
        current: _Ordered | None = None
        while True:
            try:
                order = self._connection.recv()
            except (EOFError, OSError):
                self._end()
            if isinstance(order, Stop):
                if current:
                    current.stopped.set()
            else:
                current = _Ordered(order)
                self._orders.put(current)

    def _done(self, ordered: _Ordered) -> Done | Failed:
        order = ordered.order
        try:
            if isinstance(order, Load):
                self._engine.load()
                return Done()
            deadline = None if order.seconds is None else time.monotonic() + order.seconds
            progress = (lambda *told: self._tell(Told(*told))) if order.progress else None
            return Done(self._engine.score(order.path, order.limits, deadline, ordered.stopped.is_set, progress))
        except Interrupted:
            return Failed(Interrupted.__name__)
        except LipgateError as error:
            return Failed.of(error)
        except Exception:
            log.exception("internal error")
            return Failed(LipgateError.__name__, "internal_error", "The video could not be scored because of a fault in Lipgate.")

    def _tell(self, message: Ready | Told | Done | Failed) -> None:
        try:
            self._connection.send(message)
        except OSError:
            self._end()

    def _end(self) -> NoReturn:
        end_marked(self._mark)
        # Not by the usual way out: the main thread may be anywhere, and nothing here is to be kept.
        os._exit(0)


def _share_cores(threads: int) -> None:
    """Other libraries than ONNX Runtime, too, would start a thread per core in every process. To be called before they load."""
    os.environ.setdefault("OMP_NUM_THREADS", str(threads))
    import cv2

    cv2.setNumThreads(threads)


def _tie_to(parent: int) -> None:
    """Be killed with the parent, and before it where memory runs out."""
    import ctypes

    with suppress(OSError):
        Path("/proc/self/oom_score_adj").write_text(EXPENDABLE)
    ctypes.CDLL(None).prctl(_DIE_WITH_PARENT, signal.SIGKILL)
    if os.getppid() != parent:  # it has gone before the kernel was asked
        os._exit(0)
