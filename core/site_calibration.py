"""A calibration file: the score and the thresholds as a site fitted them to clips of its own (`lipgate calibrate`)."""

import hashlib
from datetime import date
from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from lipgate.core.calibration import Calibration
from lipgate.core.errors import CalibrationError

Share = Annotated[float, Field(ge=0, le=1)]
Threshold = Annotated[float, Field(gt=0, le=1)]
"""At 0 every score would reach it, and the decision below it were abolished."""
Count = Annotated[int, Field(ge=0)]


class _Strict(BaseModel):
    """Every field must be there, of its type and finite, and nothing else."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True, allow_inf_nan=False, populate_by_name=True)


class FittedModel(_Strict):
    """The weights that were measured with. Others give other numbers."""

    name: str
    version: str
    sha256: str


class Fit(_Strict):
    """The fields of `lipgate.core.calibration.Calibration`."""

    midpoint: float
    scale: float = Field(gt=0)
    distance: float
    shortness: float


class Evidence(_Strict):
    """What the thresholds rest on."""

    genuine: Count
    fake: Count
    shifted: Count
    """Clips scored."""

    persons: Count | None
    """None: the manifest named nobody, each clip counted as a person."""

    far: Share
    """False accept rate at the ALLOW threshold, out of sample, of the kind (fake or shifted) that has the higher one."""

    far_interval: tuple[Share, Share]
    frr: Share
    """False reject rate, out of sample."""

    frr_interval: tuple[Share, Share]
    """95 % intervals."""

    promised: bool
    """Whether the upper end of the interval lies at or below `target_far`, for fakes and for shifted clips."""

    in_words: str
    """What can be promised, for a person."""


class SiteCalibration(_Strict):
    """The file's content."""

    layout: Literal[1] = Field(alias="schema")
    made: date
    model: FittedModel
    calibration: Fit
    allow_threshold: Threshold
    next_threshold: Threshold
    target_far: float = Field(gt=0, lt=1)
    evidence: Evidence

    @model_validator(mode="after")
    def _ordered(self) -> Self:
        if self.next_threshold > self.allow_threshold:
            raise ValueError("next_threshold lies above allow_threshold")
        return self

    def to_json(self) -> str:
        """The text of a calibration file."""
        return self.model_dump_json(by_alias=True, indent=2) + "\n"


class SiteFile:
    """A calibration file that was read and found to belong to the weights in use."""

    def __init__(self, content: SiteCalibration, name: str, sha256: str) -> None:
        """Args: name: of the file, without its folder; sha256: of its bytes."""
        self.content = content
        self.name = name
        self.sha256 = sha256

    @property
    def calibration(self) -> Calibration:
        """What takes the place of the embedded calibration."""
        return Calibration(**self.content.calibration.model_dump())

    @property
    def thresholds(self) -> dict[str, float]:
        """Limits that the file gives, by name."""
        return {name: getattr(self.content, name) for name in ("allow_threshold", "next_threshold")}

    @property
    def in_words(self) -> str:
        """What is in force, in a line: the file, its day, what it promises."""
        promised = f"at most {100 * self.content.target_far:g} % false accepts promised"
        said = promised if self.content.evidence.promised else "nothing promised"
        return f"{self.name} of {self.content.made.isoformat()}, {said}"

    def origin(self) -> dict[str, Any]:
        """What a report says of it."""
        return {"origin": "site", "file": self.name, "sha256": self.sha256, "target_far": self.content.target_far}


def read_site_file(path: Path, model: str, sha256: str) -> SiteFile:
    """Read a calibration file.

    Args:
        path: of the file.
        model: name of the sync model in use.
        sha256: of its weights.

    Raises:
        CalibrationError: calibration_unreadable; calibration_mismatch, where it was made for another model or other weights.
    """
    try:
        raw = path.read_bytes()
        content = SiteCalibration.model_validate_json(raw.decode("utf-8-sig"))
    except ValidationError as error:
        problem = error.errors()[0]
        place = ".".join(map(str, problem["loc"]))
        raise _unreadable(path, f"{place}: {problem['msg']}" if place else problem["msg"]) from error
    except (OSError, ValueError) as error:
        raise _unreadable(path, getattr(error, "strerror", None) or str(error)) from error
    made_for = content.model
    if (made_for.name, made_for.sha256) != (model, sha256):
        raise CalibrationError(
            "calibration_mismatch",
            f"{path} was made for '{made_for.name}' {made_for.version} ({made_for.sha256[:12]}), but the model in use is "
            f"'{model}' ({sha256[:12]}). Make a new one with: ./lipgate calibrate",
        )
    return SiteFile(content, path.name, hashlib.sha256(raw).hexdigest())


def _unreadable(path: Path, why: str) -> CalibrationError:
    return CalibrationError("calibration_unreadable", f"The calibration file {path} cannot be read: {why}.")
