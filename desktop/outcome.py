"""What became of one file of several."""

import logging
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lipgate.core.errors import LipgateError

log = logging.getLogger(__name__)

if TYPE_CHECKING:
    from lipgate.core.models import Models
    from lipgate.core.pipeline import Options
    from lipgate.core.report import Report
    from lipgate.core.tolerance import Tolerance


@dataclass(frozen=True)
class FileOutcome:
    """What became of one file: a report or an error."""

    file: str
    report: "Report | None" = None
    error: LipgateError | None = None

    def to_dict(self, tolerance: "Tolerance | None" = None) -> dict[str, Any]:
        """The report's JSON with the file's name; or the error.

        Args:
            tolerance: grades the segments, in a field of its name.
        """
        if self.report is not None:
            document = {"file": self.file, **self.report.to_dict()}
            if tolerance is not None:
                from lipgate.desktop.exports.graded import told

                document["tolerance"] = told(self.report, tolerance)
            return document
        assert self.error is not None  # noqa: S101
        return {"file": self.file, "error": {"code": self.error.code, "message": self.error.message}}


def outcome_of(file: str | Path, models: "Models", options: "Options") -> FileOutcome:
    """Score one file of several: whatever goes wrong costs this one only."""
    from lipgate.core.pipeline import score

    try:
        return FileOutcome(str(file), report=score(file, models, options))
    except LipgateError as error:
        return FileOutcome(str(file), error=error)
    except Exception as error:  # a fault of ours must not cost the results of the other files
        log.debug("internal error", exc_info=error)
        problem = LipgateError("internal_error", f"{type(error).__name__}: {error} (LOG_LEVEL=DEBUG shows where)")
        return FileOutcome(str(file), error=problem)
