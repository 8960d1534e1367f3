"""Made-up results of evaluations, so that figures can be held against what was put in."""

from pathlib import Path
from typing import Any

import numpy as np

from lipgate.core.calibration import Calibration
from lipgate.core.evaluation.manifest import OPTIONAL, Entry, Label
from lipgate.core.evaluation.results import Measured, Result
from lipgate.core.evaluation.sample import Sample
from lipgate.core.limits import Limits

LIMITS = Limits()
UNIT = Calibration(midpoint=0.0, scale=1.0)
"""Confidence is evidence."""


def result(
    label: str, evidence: float | None, *, offset: int = 0, person: str | None = None, name: str = "clip.mp4", **fields: Any
) -> Result:
    """A clip; not judged where there is no evidence. Fields are those of `Entry` and of `Measured`."""
    known = {name: fields.pop(name) for name in OPTIONAL if name in fields}
    reason = fields.pop("reason", "no_face")
    about = {"duration_s": 4.0, "fps": 25.0, "face_px": 100.0, **fields}
    if evidence is None:
        measured = Measured(**about, reason=reason)
    else:
        measured = Measured(**about, reason=None, offset_frames=offset, confidence=evidence, min_dist=8.0, windows=96)
    return Result(Entry(Path(name), name, Label(label), person, **known), measured)


def sample(*results: Result, calibration: Calibration = UNIT, limits: Limits = LIMITS) -> Sample:
    """Judged by `UNIT` unless told otherwise."""
    return Sample.of(results, calibration, limits)


def normal(genuine: int, fake: int, *, apart: float, seed: int = 0, slope: float = 1.0, bias: float = 0.0) -> Sample:
    """Two normal classes whose logarithm of the odds is `bias + slope * evidence`: what a logistic should find."""
    rng = np.random.default_rng(seed)
    # Normal classes at +-apart/2 with variance apart have true log odds x.
    odds = [rng.normal(apart / 2, apart**0.5, genuine), rng.normal(-apart / 2, apart**0.5, fake)]
    pairs = zip(("genuine", "fake"), odds, strict=True)
    return sample(
        *[
            result(label, float((value - bias) / slope), name=f"{label}{at}")
            for label, values in pairs
            for at, value in enumerate(values)
        ]
    )
