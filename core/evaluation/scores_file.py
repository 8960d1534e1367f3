"""Keeps what was measured on each clip, a line of JSON each, so that an evaluation of hours can be stopped and taken up again."""

import hashlib
import json
from pathlib import Path
from typing import Any

from lipgate.core import __version__
from lipgate.core.errors import OutputError
from lipgate.core.evaluation.results import Measured
from lipgate.core.models import Models


def conditions(models: Models, vshift: int) -> str:
    """A short hash of all that what is measured and decided depends on, beside the clip: weights, calibration, limits, range.

    Thresholds are among the limits: the decision of a video is by all of it, and cannot be made again from what is kept.
    """
    what: dict[str, Any] = {
        "lipgate": __version__,
        "identity": models.chosen.identity,
        "vshift": vshift,
        "limits": models.limits.sha256,
    }
    return hashlib.sha256(json.dumps(what, sort_keys=True).encode()).hexdigest()[:16]


class ScoresFile:
    """A file of kept results. Lines of other conditions stay and are passed over; so are lines that were cut off."""

    def __init__(self, path: Path, under: str) -> None:
        """Read what is there.

        Args:
            path: of the file; need not exist.
            under: the `conditions` of this run.

        Raises:
            OutputError: output_failed, where it is there but cannot be read.
        """
        self._path = path
        self._under = under
        self._known: dict[str, Measured] = {}
        self._torn = False
        try:
            content = path.read_text(encoding="utf-8", errors="replace") if path.exists() else ""
        except OSError as error:
            raise OutputError("output_failed", f"{path} cannot be read: {error.strerror}.") from error
        self._torn = bool(content) and not content.endswith("\n")
        for line in content.splitlines():
            self._take(line)

    def get(self, sha256: str) -> Measured | None:
        """What was measured on the file with this hash, under the same conditions."""
        return self._known.get(sha256)

    def add(self, sha256: str, name: str, measured: Measured) -> None:
        """Keep a result; it is on the disk when this returns.

        Raises:
            OutputError: output_failed.
        """
        self._known[sha256] = measured
        line = json.dumps({"clip": name, "sha256": sha256, "conditions": self._under, **measured.to_dict()}, allow_nan=False)
        try:
            with self._path.open("a", encoding="utf-8") as file:
                file.write("\n" * self._torn + line + "\n")
        except (OSError, ValueError) as error:
            why = getattr(error, "strerror", None) or error
            raise OutputError("output_failed", f"{self._path} cannot be written: {why}.") from error
        self._torn = False

    def _take(self, line: str) -> None:
        try:
            fields = json.loads(line)
            if fields.pop("conditions") == self._under:
                sha256 = str(fields.pop("sha256"))
                fields.pop("clip")
                self._known[sha256] = Measured.from_dict(fields)
        except (ValueError, TypeError, KeyError, AttributeError):
            return
