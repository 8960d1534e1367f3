"""One machine: SQLite, a folder, and workers in this process."""

from pathlib import Path

from lipgate.handlers.adapters.local.database import PATIENT_SECONDS, Database
from lipgate.handlers.adapters.local.folder import FolderObjects
from lipgate.handlers.adapters.local.jobs import SqliteJobs, SqliteOutbox, SqliteResults
from lipgate.handlers.adapters.local.keys import SqliteKeys
from lipgate.handlers.adapters.local.process_folder import ProcessFolder
from lipgate.handlers.adapters.local.workers import LocalWorkers
from lipgate.handlers.services import Services, make_scorer
from lipgate.handlers.settings import ServiceSettings, service_settings


def local_services(settings: ServiceSettings | None = None) -> Services:
    """SQLite, a folder, and workers in this process.

    Raises:
        UnavailableError: storage_unavailable.
    """
    settings = settings or service_settings()
    home = settings.data_dir
    database = Database(database_file(settings), patience_s=PATIENT_SECONDS)
    process = ProcessFolder(home / "processes")
    jobs = SqliteJobs(database, blames_video=not settings.isolate_scoring)
    results, outbox = SqliteResults(database), SqliteOutbox(database)
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
    services.workers = services.queue = LocalWorkers(services, jobs, results, outbox, objects, process)
    return services


def database_file(settings: ServiceSettings) -> Path:
    """The SQLite file of `serve`."""
    return settings.data_dir / "lipgate.sqlite3"


class _Bell:
    """Stands in for the queue until the workers are there: the store itself is the queue."""

    def send(self, job_id: str, owner: str | None = None) -> None:
        """Nothing to do."""
