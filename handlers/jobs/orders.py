"""What clients do with jobs: make, look at, remove."""

import hashlib
import json
import logging
import time
from dataclasses import dataclass
from pathlib import Path

from lipgate.handlers.admission import check_quota, check_storage, is_valid
from lipgate.handlers.domain.errors import ConflictError, NotFoundError, RefusedError, UnavailableError
from lipgate.handlers.domain.jobs import Idempotency, Job, JobState, Source, is_job_id, new_job_id
from lipgate.handlers.domain.uploads import new_upload_key, owner_of
from lipgate.handlers.jobs.paths import resolve_video_path
from lipgate.handlers.jobs.webhooks import accept_url
from lipgate.handlers.services import Services

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Order:
    """What a client wants done."""

    upload: str | None = None
    """Key of an upload; or `video_path`."""
    video_path: str | None = None
    session_id: str | None = None
    webhook_url: str | None = None


def create_job(services: Services, owner: str, order: Order, idempotency_key: str | None) -> tuple[Job, bool]:
    """Enter a job; it is queued at once where its video is there, else when its upload arrives.

    Args:
        services: of the process.
        owner: who asks and pays.
        order: exactly one of `upload` and `video_path`.
        idempotency_key: as the client sent it.

    Returns:
        The job, and whether it is new.

    Raises:
        RefusedError: bad_request, video_path_refused, file_not_found, webhook_refused, quota_exceeded, compute_exceeded,
            too_many_jobs.
        NotFoundError: upload_not_found, where the upload is somebody else's.
        ConflictError: idempotency_conflict, upload_taken.
        UnavailableError: queue_full, storage_unavailable.
    """
    if (order.upload is None) == (order.video_path is None):
        raise RefusedError("bad_request", "Give one of upload and video_path.")
    idempotency = _idempotency(owner, idempotency_key, order) if idempotency_key is not None else None
    # One that is sent again must find its job, also where its video has gone since, or the quota.
    if idempotency and (first := services.jobs.first(idempotency)):
        return first, False
    url = accept_url(services, owner, order.webhook_url) if order.webhook_url is not None else None
    check_quota(services, owner)
    source = _source(services, owner, order)
    there = source.kind == "file" or services.objects.size(source.name) is not None
    state = JobState.QUEUED if there else JobState.WAITING
    job = _new(services, owner, source, state, order.session_id, url)
    kept, new = services.jobs.create(job, idempotency, services.settings.max_queue, services.settings.max_jobs_per_key)
    if not new:
        return kept, False
    if there:
        _tell_workers(services, job.id, owner)
        return job, True
    # The upload may have come between the look and the entry, when nobody was waiting for it.
    if services.objects.size(source.name) is not None:
        announce_upload(services, source.name)
        return services.jobs.get(job.id) or job, True
    return job, True


def adopt(services: Services, owner: str, video: Path, session_id: str | None, *, received: bool) -> Job:
    """Make a job of a synchronous score that cannot finish in time.

    Args:
        services: of the process.
        owner: who asks and pays.
        video: the file.
        session_id: the client's.
        received: it came with the request, and is moved away; else it lies in the upload folder.

    Raises:
        RefusedError: too_many_jobs, too_many_uploads.
        UnavailableError: queue_full, storage_unavailable.
    """
    if received:
        source = Source("upload", new_upload_key(owner))
        check_storage(services, owner, video.stat().st_size)
        services.objects.put_file(video, source.name)
    else:
        source = Source("file", _relative(services, video))
    job = _new(services, owner, source, JobState.QUEUED, session_id, None)
    try:
        services.jobs.create(job, None, services.settings.max_queue, services.settings.max_jobs_per_key)
    except BaseException:
        if received:
            services.objects.delete(source.name)
        raise
    _tell_workers(services, job.id, owner)
    return job


def receive_upload(services: Services, video: Path, key: str) -> None:
    """Store an upload that came with its ticket, and queue the job that waits for it.

    Raises:
        RefusedError: upload_refused, where the key it was given to was revoked; too_many_uploads.
        ConflictError: upload_taken, where the ticket was used and its job has begun or ended: nobody would remove the video.
        UnavailableError: storage_unavailable.
    """
    owner = owner_of(key) or ""
    if not is_valid(services, owner):
        raise RefusedError("upload_refused", "The API key this ticket was given to is not valid any more.")
    check_storage(services, owner, video.stat().st_size)
    job = services.jobs.of_upload(key)
    if job and job.state is not JobState.WAITING:
        raise ConflictError("upload_taken", "There is a job for this upload already.")
    services.objects.put_file(video, key)
    announce_upload(services, key)


def announce_upload(services: Services, key: str) -> str | None:
    """An upload has arrived: queue the job that waits for it. Returns its id, None where none does."""
    job_id = services.jobs.arrived(key, time.time())
    if job_id is not None:
        _tell_workers(services, job_id, owner_of(key))
    return job_id


def find_job(services: Services, owner: str, job_id: str) -> Job:
    """A job of this caller.

    Raises:
        NotFoundError: job_not_found, also where it is somebody else's.
    """
    job = services.jobs.get(job_id) if is_job_id(job_id) else None
    if job is None or job.owner != owner or (job.expires_at <= time.time() and job.state is not JobState.RUNNING):
        raise NotFoundError("job_not_found", "There is no such job.")
    return job


def delete_job(services: Services, owner: str, job_id: str) -> None:
    """Remove a job with its video, report and all that names a person. A running one is not finished.

    Raises:
        NotFoundError: job_not_found.
        UnavailableError: storage_unavailable; try again, until the job is not found any more.
    """
    remove(services, find_job(services, owner, job_id))


def remove(services: Services, job: Job) -> None:
    """Remove a job and its upload."""
    # The upload first: where that fails, the job is still there to be removed again.
    if job.source.kind == "upload":
        services.objects.delete(job.source.name)
    services.jobs.delete(job.id)


def _tell_workers(services: Services, job_id: str, owner: str | None) -> None:
    try:
        services.queue.send(job_id, owner)
    except UnavailableError as error:
        # The job is queued, and whoever looks at the store finds it: to fail now would have the client make a second one.
        log.warning("queue not told of a job", extra={"job": job_id, "code": error.code})


def _new(services: Services, owner: str, source: Source, state: JobState, session_id: str | None, url: str | None) -> Job:
    now = time.time()
    return Job(new_job_id(), owner, state, source, now, now, now + services.settings.job_expiry_seconds, session_id, url)


def _source(services: Services, owner: str, order: Order) -> Source:
    if order.upload is not None:
        if owner_of(order.upload) != owner:
            raise NotFoundError("upload_not_found", "There is no such upload.")
        return Source("upload", order.upload)
    return Source("file", _relative(services, resolve_video_path(order.video_path or "", services.settings.upload_dir)))


def _relative(services: Services, video: Path) -> str:
    folder = services.settings.upload_dir
    assert folder is not None  # noqa: S101 - the path was resolved in it
    return video.relative_to(folder.resolve()).as_posix()


def _idempotency(owner: str, key: str, order: Order) -> Idempotency:
    asked = json.dumps([order.upload, order.video_path, order.session_id, order.webhook_url])
    return Idempotency(_sha256(f"{owner}\n{key}"), _sha256(asked))


def _sha256(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
