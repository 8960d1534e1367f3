"""What is in force: weights, calibration and limits, by the settings and by what lies in the weights folder. Loads nothing."""

from dataclasses import astuple, dataclass
from typing import Any

from lipgate.core.calibration import Calibration
from lipgate.core.errors import WeightsError
from lipgate.core.limits import Limits
from lipgate.core.settings import Settings
from lipgate.core.site_calibration import SiteFile, read_site_file
from lipgate.core.weights.bundle import Bundle
from lipgate.core.weights.manifest import Kind
from lipgate.core.weights.store import find

EMBEDDED_SYNC, EMBEDDED_DETECTOR = "mini", "yunet"


@dataclass(frozen=True)
class Chosen:
    """What a score comes from, beside the video."""

    sync: Bundle
    hearing: Bundle
    """Encoder of the sound that `mini` learnt on."""
    detector: Bundle
    speech: Bundle
    visibility: Bundle
    """Tells hidden mouths."""
    splices: Bundle
    """Hears where sound is put together."""
    calibration: Calibration
    """The embedded one, or the site's."""
    site: SiteFile | None
    """Where calibration and thresholds come from; None: embedded calibration, thresholds of the settings."""
    limits: Limits
    """Of the settings; the site's file gives the thresholds that nobody set."""
    s3fd_scale: float

    @property
    def identity(self) -> dict[str, Any]:
        """What tells it from another choice, the limits aside; plain values."""
        return {
            "model": [self.sync.name, self.sync.version, self.sync.sha256],
            "detector": [self.detector.name, self.detector.version, self.detector.sha256, self.s3fd_scale],
            "others": [self.hearing.sha256, self.speech.sha256, self.visibility.sha256, self.splices.sha256],
            "calibration": self.site.sha256 if self.site else list(astuple(self.calibration)),
        }


def chosen(settings: Settings) -> Chosen:
    """What the settings choose.

    Raises:
        CalibrationError: calibration_unreadable, calibration_mismatch.
        SettingsError: bad_setting, the thresholds of settings and site do not go together.
        WeightsError: weights_unknown, weights_missing, weights_mismatch, weights_unreadable.
    """
    sync = _named(settings.model, EMBEDDED_SYNC, "sync", "a sync model. Choose mini or syncnet")
    detector = _named(settings.detector, EMBEDDED_DETECTOR, "faces", "a face detector. Choose yunet or s3fd")
    if sync.calibration is None:
        raise WeightsError("weights_unreadable", f"The manifest holds no calibration of '{sync.name}'.")
    site = read_site_file(settings.calibration, sync.name, sync.sha256) if settings.calibration else None
    return Chosen(
        sync=sync,
        hearing=find("whisper"),
        detector=detector,
        speech=find("silero_vad"),
        visibility=find("mouth"),
        splices=find("splices"),
        calibration=site.calibration if site else sync.calibration,
        site=site,
        limits=Limits.of(settings, site),
        s3fd_scale=settings.s3fd_scale,
    )


def _named(name: str, embedded: str, kind: Kind, what: str) -> Bundle:
    bundle = find(embedded if name == "auto" else name)
    if bundle.kind != kind:
        raise WeightsError("weights_unknown", f"'{name}' is not {what}.")
    return bundle
