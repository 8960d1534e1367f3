"""What the routes and the workers are given. `adapters.local.assembly` and `adapters.aws` put it together."""

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from lipgate.core.errors import CalibrationError, WeightsError
from lipgate.core.settings import settings as core_settings
from lipgate.core.weights.at_start import install_named
from lipgate.handlers.ports import JobQueue, JobStore, KeyStore, Ledger, ObjectStore, Outbox, Results, UploadReceiver, Workers
from lipgate.handlers.scoring.slots import Scorer
from lipgate.handlers.settings import ServiceSettings, service_settings


@dataclass
class Services:
    """Everything a request or a job needs. Made once per process."""

    settings: ServiceSettings
    jobs: JobStore
    results: Results
    ledger: Ledger
    keys: KeyStore
    outbox: Outbox
    objects: ObjectStore
    queue: JobQueue
    scorer: Scorer
    temporary: Path | None = None
    """Private folder for bodies being received; None: the system's."""
    receiver: UploadReceiver | None = None
    """Takes uploads itself, where no other service does."""
    workers: Workers | None = None
    """Threads that work on jobs in this process; started and stopped with the app."""
    close: Callable[[], None] = lambda: None
    """Called once, at the end."""


def make_scorer(settings: ServiceSettings | None = None, *, isolate: bool | None = None) -> Scorer:
    """A scorer with the settings of this process. Made at the start: official files that they name are installed here.

    Args:
        settings: of the service.
        isolate: score in processes of their own; the setting by default.

    Raises:
        SettingsError: bad_setting, thresholds of settings and site that do not go together.
        LipgateError: a file that MODEL_PATH or DETECTOR_PATH names cannot be installed.
    """
    settings = settings or service_settings()
    isolate = settings.isolate_scoring if isolate is None else isolate
    install_named(core_settings())
    scorer = Scorer(core_settings(), settings.slots, settings.max_queue, isolate=isolate)
    if scorer.settings.calibration:
        # Whether the thresholds that are set go with the file's is to be known now; what else may be amiss /health tells.
        with suppress(CalibrationError, WeightsError):
            scorer.limits()
    return scorer
