"""Puts the parts together: what the routes and the workers are given."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from core.settings import settings as core_settings
from handlers.ports import JobQueue, JobStore, KeyStore, Ledger, ObjectStore, Outbox, Results
from handlers.scoring import Scorer
from handlers.settings import ServiceSettings, service_settings

if TYPE_CHECKING:
    from handlers.adapters.local.folder import FolderObjects
    from handlers.worker import LocalWorkers


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
    receiver: "FolderObjects | None" = None
    """Takes uploads itself, where no other service does."""
    workers: "LocalWorkers | None" = None
    """Threads that work on jobs in this process; started and stopped with the app."""
    close: Callable[[], None] = lambda: None
    """Called once, at the end."""


def make_scorer(settings: ServiceSettings | None = None, *, isolate: bool | None = None) -> Scorer:
    """A scorer with the settings of this process.

    Args:
        settings: of the service.
        isolate: score in processes of their own; the setting by default.
    """
    settings = settings or service_settings()
    isolate = settings.isolate_scoring if isolate is None else isolate
    return Scorer(core_settings(), settings.slots, settings.max_queue, isolate=isolate)


def local_services(settings: ServiceSettings | None = None) -> Services:
    """SQLite, a folder, and workers in this process.

    Raises:
        UnavailableError: storage_unavailable.
    """
    from handlers.adapters.local.database import Database
    from handlers.adapters.local.folder import FolderObjects
    from handlers.adapters.local.jobs import SqliteJobs, SqliteOutbox, SqliteResults
    from handlers.adapters.local.keys import SqliteKeys
    from handlers.adapters.local.process_folder import ProcessFolder
    from handlers.worker import LocalWorkers

    settings = settings or service_settings()
    home = settings.data_dir
    database = Database(database_file(settings))
    process = ProcessFolder(home / "processes")
    jobs, results, outbox = SqliteJobs(database), SqliteResults(database), SqliteOutbox(database)
    objects = FolderObjects(home / "objects")
    services = Services(
        settings=settings,
        jobs=jobs,
        results=results,
        ledger=results,
        keys=SqliteKeys(database),
        outbox=outbox,
        objects=objects,
        queue=_Bell(),
        scorer=make_scorer(settings),
        temporary=process.path,
        receiver=objects,
        close=process.close,
    )
    services.workers = LocalWorkers(services, jobs, results, outbox, objects, process)
    services.queue = services.workers
    return services


def database_file(settings: ServiceSettings) -> Path:
    """The SQLite file of `serve`."""
    return settings.data_dir / "lipgate.sqlite3"


class _Bell:
    """Stands in for the queue until the workers are there: the store itself is the queue."""

    def send(self, job_id: str) -> None:
        """Nothing to do."""
