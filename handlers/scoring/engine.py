"""What scores one video at a time: networks in this process, or (`lipgate.handlers.scoring.process`) in one of their own."""

import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Protocol

from lipgate.core.errors import DeadlineError
from lipgate.core.limits import Limits
from lipgate.core.settings import Settings

if TYPE_CHECKING:
    from pathlib import Path

    from lipgate.core.models import Models

Progress = Callable[[float, float | None], None]
"""Told seconds of video done and, where known, in all."""


class Interrupted(Exception):  # noqa: N818 - nobody's error: the process ends
    """A score was given up because the process shuts down, or nobody wants it any more."""


class Engine(Protocol):
    """Used by one thread at a time. Made without effect; what is heavy comes with `load` or the first score."""

    def load(self) -> None:
        """Load the networks, unless they are loaded.

        Raises:
            LipgateError: the weights or the device are not there; scorer_died.
        """
        ...

    def score(
        self,
        path: "Path",
        limits: Limits,
        deadline: float | None,
        interrupted: Callable[[], bool],
        on_progress: Progress | None = None,
    ) -> dict[str, Any]:
        """Score a video; see `lipgate.handlers.scoring.slots.Scorer.score`.

        Args:
            path: of the video.
            limits: what it is judged by. Which networks there are was said when the engine was made.
            deadline: `time.monotonic()` at which to give up.
            interrupted: asked now and then: true ends the score.
            on_progress: called from the thread that waits.

        Raises:
            LipgateError: as `lipgate.core.pipeline.score`; scorer_died.
            Interrupted: it was.
        """
        ...

    @property
    def usable(self) -> bool:
        """Whether another video can be scored."""
        ...

    def close(self) -> None:
        """Give back what it holds. Safe to call twice."""
        ...


class InProcess:
    """`Engine` with the networks in this process: what ends one score for good ends the process."""

    usable = True

    def __init__(self, options: Settings) -> None:
        """Args: options: names the networks, and their threads."""
        self._options = options
        self._models: Models | None = None

    def load(self) -> None:
        self._loaded()

    def score(
        self,
        path: "Path",
        limits: Limits,
        deadline: float | None,
        interrupted: Callable[[], bool],
        on_progress: Progress | None = None,
    ) -> dict[str, Any]:
        from lipgate.core.pipeline import Options, score

        def check(done: float, total: float | None) -> None:
            if interrupted():
                raise Interrupted
            if on_progress:
                on_progress(done, total)

        models = self._loaded()
        left = None if deadline is None else deadline - time.monotonic()
        if left is not None and left <= 0:
            raise DeadlineError(0.0)
        report = score(path, models, Options(deadline_s=left, on_progress=check), limits).to_dict()
        del report["video"]["file"]
        return report

    def close(self) -> None:
        self._models = None

    def _loaded(self) -> "Models":
        if self._models is None:
            from lipgate.core.models import Models

            self._models = Models.open(self._options)
        return self._models
