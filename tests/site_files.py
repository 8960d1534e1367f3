"""Calibration files of a site, as tests need them."""

from datetime import date
from pathlib import Path

from lipgate.core.site_calibration import Evidence, Fit, FittedModel, SiteCalibration
from lipgate.core.weights.store import find


def site_calibration(*, allow: float, next_: float) -> SiteCalibration:
    """The content of a file for the embedded model, with its own calibration and other thresholds."""
    bundle = find("mini")
    assert bundle.calibration is not None
    nothing = Evidence(
        **{"genuine": 1, "fake": 1, "shifted": 1, "persons": None, "promised": False, "in_words": "Of a test."},
        **{"far": 0.0, "far_interval": (0.0, 1.0), "frr": 0.0, "frr_interval": (0.0, 1.0)},
    )
    return SiteCalibration(
        layout=1,
        made=date(2026, 11, 1),
        model=FittedModel(name=bundle.name, version=bundle.version, sha256=bundle.sha256),
        calibration=Fit(**vars(bundle.calibration)),
        allow_threshold=allow,
        next_threshold=next_,
        target_far=0.05,
        evidence=nothing,
    )


def site_file(path: Path, *, allow: float, next_: float) -> Path:
    """Write one."""
    path.write_text(site_calibration(allow=allow, next_=next_).to_json(), encoding="utf-8")
    return path
