"""The networks a score needs, loaded once: sync model, face detector, speech detector, mouth detector."""

from dataclasses import dataclass
from pathlib import Path

from core.calibration import Calibration
from core.errors import WeightsError
from core.faces.detection import Detector
from core.report import ModelInfo
from core.runtime import Device, OnnxNetwork, resolve_device
from core.settings import Settings, settings
from core.site_calibration import SiteFile, read_site_file
from core.sync.model import SyncModel
from core.weights.store import Bundle, find

EMBEDDED_SYNC, EMBEDDED_DETECTOR = "mini", "yunet"


@dataclass(frozen=True)
class Models:
    """Loaded networks and what to say of them in a report."""

    sync: SyncModel
    sync_info: ModelInfo
    calibration: Calibration
    """The embedded one, or the site's."""
    detector: Detector
    detector_info: ModelInfo
    speech: OnnxNetwork
    visibility: OnnxNetwork
    """Tells hidden mouths."""
    device: Device
    site: SiteFile | None = None
    """Where `calibration` and the thresholds come from; None: embedded calibration, thresholds of the settings."""

    def limits(self, limits: Settings) -> Settings:
        """The settings with the site's thresholds, where there is a site file and nobody set others."""
        return self.site.limits(limits) if self.site else limits

    @classmethod
    def load(
        cls,
        model: str | None = None,
        detector: str | None = None,
        device: str | None = None,
        options: Settings | None = None,
        calibration: Path | None = None,
    ) -> "Models":
        """Load by name; what is not given comes from the settings. `auto` is what is embedded.

        Args:
            model: sync model.
            detector: face detector.
            device: auto, cpu or cuda.
            options: the process's settings by default.
            calibration: file of the site.

        Raises:
            CalibrationError: calibration_unreadable, calibration_mismatch.
            WeightsError: weights_unknown, weights_missing, weights_mismatch, weights_unreadable.
            DeviceError: cuda_unavailable, torch_missing.
        """
        options = options or settings()
        place = resolve_device(device or options.device)
        sync_bundle = find(_named(model or options.model, EMBEDDED_SYNC))
        faces_bundle = find(_named(detector or options.detector, EMBEDDED_DETECTOR))
        sync = _sync_model(sync_bundle, place, options.threads)
        if sync_bundle.calibration is None:
            raise WeightsError("weights_unreadable", f"The manifest holds no calibration of '{sync_bundle.name}'.")
        file = calibration or options.calibration
        site = read_site_file(file, sync_bundle.name, sync_bundle.sha256) if file else None
        return cls(
            sync=sync,
            sync_info=_info(sync_bundle),
            calibration=site.calibration if site else sync_bundle.calibration,
            detector=_detector(faces_bundle, place, options),
            detector_info=_info(faces_bundle),
            speech=OnnxNetwork(find("silero_vad").read_branch("speech"), threads=1),
            # On CPU always: a picture this small is done before a GPU has been asked.
            visibility=OnnxNetwork(find("mouth").read_branch("covered"), threads=1),
            device=place,
            site=site,
        )


def _named(name: str, embedded: str) -> str:
    return embedded if name == "auto" else name


def _info(bundle: Bundle) -> ModelInfo:
    return ModelInfo(bundle.name, bundle.version, bundle.sha256, bundle.verified)


def _sync_model(bundle: Bundle, device: Device, threads: int) -> SyncModel:
    match bundle.name:
        case "mini":
            from core.sync.mini import MiniModel

            return MiniModel.load(bundle, device, threads)
        case "syncnet":
            from core.sync.syncnet import SyncNetModel

            return SyncNetModel.load(bundle, device, threads)
    raise WeightsError("weights_unknown", f"'{bundle.name}' is not a sync model. Choose mini or syncnet.")


def _detector(bundle: Bundle, device: Device, options: Settings) -> Detector:
    match bundle.name:
        case "yunet":
            from core.faces.yunet import Yunet

            return Yunet(bundle.read_branch("faces"))
        case "s3fd":
            from core.faces.s3fd import S3fd

            return S3fd.load(bundle, device, options.threads, scale=options.s3fd_scale)
    raise WeightsError("weights_unknown", f"'{bundle.name}' is not a face detector. Choose yunet or s3fd.")
