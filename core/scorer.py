"""A scorer that travels: pickled it is a few words, and it loads its networks where the first video comes to it."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from lipgate.core.chosen import Chosen, chosen
from lipgate.core.models import Models
from lipgate.core.pipeline import Options, score
from lipgate.core.report import Report
from lipgate.core.runtime import resolve_device
from lipgate.core.settings import settings


@dataclass
class Scorer:
    """Scores videos, one at a time. May be sent to other processes and machines, for `ray.data` or a pool.

    What is not given comes from the settings of the process it is made in.
    """

    model: str | None = None
    detector: str | None = None
    device: str | None = None
    calibration: Path | None = None
    profile: str | None = None
    threads: int | None = None
    """Of the networks on a CPU; one for each core by default, too many where several processes share them."""
    options: Options = field(default_factory=Options)
    """How each video is scored."""
    _models: Models | None = field(default=None, init=False, repr=False, compare=False)

    def __call__(self, source: str | Path, options: Options | None = None) -> Report:
        """Score a video.

        Args:
            source: a local file.
            options: instead of the scorer's own.

        Raises:
            LipgateError: as `Models.load` and `score`.
        """
        return score(source, self.models, options or self.options)

    @property
    def models(self) -> Models:
        """The networks, loaded when they are first asked for."""
        if self._models is None:
            threads = {} if self.threads is None else {"options": settings().model_copy(update={"threads": self.threads})}
            self._models = Models.load(
                self.model, self.detector, self.device, calibration=self.calibration, profile=self.profile, **threads
            )
        return self._models

    def check(self) -> Chosen:
        """What it will score with; loads nothing.

        Raises:
            LipgateError: it cannot, as `Models.load` would say.
        """
        names = ("model", "detector", "device", "calibration", "profile")
        given = {name: getattr(self, name) for name in names if getattr(self, name) is not None}
        wanted = settings().model_copy(update=given)
        resolve_device(wanted.device)
        return chosen(wanted)

    def __getstate__(self) -> dict[str, Any]:
        return self.__dict__ | {"_models": None}
