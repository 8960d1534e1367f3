"""The networks a score needs, loaded once: sync model, face detector, speech detector, mouth detector, what hears joints."""

from dataclasses import dataclass
from pathlib import Path

from lipgate.core.calibration import Calibration
from lipgate.core.chosen import Chosen, chosen
from lipgate.core.errors import WeightsError
from lipgate.core.faces.detection import Detector
from lipgate.core.limits import Limits
from lipgate.core.report import ModelInfo
from lipgate.core.runtime import Device, OnnxNetwork, resolve_device
from lipgate.core.settings import Settings, settings
from lipgate.core.site_calibration import SiteFile
from lipgate.core.sync.model import SyncModel
from lipgate.core.weights.at_start import install_named
from lipgate.core.weights.bundle import Bundle


@dataclass(frozen=True)
class Models:
    """Loaded networks and what to say of them in a report."""

    sync: SyncModel
    sync_info: ModelInfo
    detector: Detector
    detector_info: ModelInfo
    speech: OnnxNetwork
    visibility: OnnxNetwork
    """Tells hidden mouths."""
    splices: OnnxNetwork
    """Hears where sound is put together."""
    device: Device
    chosen: Chosen
    """What they were loaded from."""

    @property
    def calibration(self) -> Calibration:
        """The embedded one, or the site's."""
        return self.chosen.calibration

    @property
    def site(self) -> SiteFile | None:
        """The site's file; None: embedded calibration, thresholds of the settings."""
        return self.chosen.site

    @property
    def limits(self) -> Limits:
        """Of the settings; the site's file gives the thresholds that nobody set."""
        return self.chosen.limits

    @classmethod
    def load(
        cls,
        model: str | None = None,
        detector: str | None = None,
        device: str | None = None,
        options: Settings | None = None,
        calibration: Path | None = None,
        profile: str | None = None,
    ) -> "Models":
        """Load by name, at the start of a program: an official file that MODEL_PATH or DETECTOR_PATH holds is installed first.

        What is not given comes from the settings. `auto` is what is embedded.

        Args:
            model: sync model.
            detector: face detector.
            device: auto, cpu or cuda.
            options: the process's settings by default.
            calibration: file of the site.
            profile: auto, person or media.

        Raises:
            CalibrationError: calibration_unreadable, calibration_mismatch.
            SettingsError: bad_setting, thresholds of settings and site that do not go together.
            WeightsError: weights_unknown, weights_missing, weights_mismatch, weights_unreadable.
            DeviceError: cuda_unavailable, torch_missing.
            OutputError: output_failed, where a file that must be converted cannot be stored.
        """
        given = {"model": model, "detector": detector, "device": device, "calibration": calibration, "profile": profile}
        options = (options or settings()).model_copy(update={name: value for name, value in given.items() if value is not None})
        install_named(options)
        return cls.open(options)

    @classmethod
    def open(cls, options: Settings | None = None) -> "Models":
        """Load what is in force; converts nothing and writes nothing.

        Args:
            options: the process's settings by default.

        Raises:
            LipgateError: as `load`.
        """
        options = options or settings()
        place = resolve_device(options.device)
        found = chosen(options)
        return cls(
            sync=_sync_model(found, place, options.threads),
            sync_info=_info(found.sync),
            detector=_detector(found.detector, place, options),
            detector_info=_info(found.detector),
            speech=OnnxNetwork(found.speech.read_branch("speech"), threads=1),
            # On CPU always: a picture this small is done before a GPU has been asked.
            visibility=OnnxNetwork(found.visibility.read_branch("covered"), threads=1),
            splices=OnnxNetwork(found.splices.read_branch("joints"), threads=1),
            device=place,
            chosen=found,
        )


def _info(bundle: Bundle) -> ModelInfo:
    return ModelInfo(bundle.name, bundle.version, bundle.sha256, bundle.verified)


def _sync_model(found: Chosen, device: Device, threads: int) -> SyncModel:
    bundle = found.sync
    match bundle.name:
        case "mini":
            from lipgate.core.sync.mini import MiniModel

            return MiniModel.load(bundle, found.hearing, device, threads)
        case "syncnet":
            from lipgate.core.sync.syncnet import SyncNetModel

            return SyncNetModel.load(bundle, device, threads)
    raise WeightsError("weights_unknown", f"'{bundle.name}' is not a sync model. Choose mini or syncnet.")


def _detector(bundle: Bundle, device: Device, options: Settings) -> Detector:
    match bundle.name:
        case "yunet":
            from lipgate.core.faces.yunet import Yunet

            return Yunet(bundle.read_branch("faces"))
        case "s3fd":
            from lipgate.core.faces.s3fd import S3fd

            return S3fd.load(bundle, device, options.threads, scale=options.s3fd_scale)
    raise WeightsError("weights_unknown", f"'{bundle.name}' is not a face detector. Choose yunet or s3fd.")
