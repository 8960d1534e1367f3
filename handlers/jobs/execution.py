"""What a worker does with a job: take it up, score its video, end it once."""

import contextlib
import logging
import threading
import time
from collections.abc import Iterator
from concurrent.futures import CancelledError, Future
from enum import StrEnum
from pathlib import Path

from lipgate.core.errors import DeadlineError, LipgateError
from lipgate.handlers.admission import is_valid
from lipgate.handlers.domain.errors import RefusedError, ScorerDiedError, UnavailableError
from lipgate.handlers.domain.fingerprint import content_hash
from lipgate.handlers.domain.jobs import Failure, Job, JobState, Outcome
from lipgate.handlers.domain.public import INTERNAL, public_message, with_session
from lipgate.handlers.jobs.paths import resolve_video_path
from lipgate.handlers.scoring.billed import Scored, check_size, find_cached, score_unless_known
from lipgate.handlers.scoring.pace import Pace
from lipgate.handlers.scoring.slots import Interrupted
from lipgate.handlers.services import Services

log = logging.getLogger(__name__)


class Handled(StrEnum):
    """What became of a job that was taken up."""

    FINISHED = "finished"
    """It is done or failed."""
    SKIPPED = "skipped"
    """There is nothing to do: it is final, waits for its upload, or is gone."""
    BUSY = "busy"
    """Another worker has it, and may die: ask again later."""
    RELEASED = "released"
    """It was given back, or could not be finished for want of a service: ask again later."""


def run_job(services: Services, job_id: str, worker: str, timeout_s: float | None = None) -> Handled:
    """Take up a job and end it. For workers of any kind; called again and again for one job, it is scored and paid once.

    At shutdown `Scorer.close` has it given back.

    Args:
        services: of the process.
        job_id: from the queue.
        worker: name of this worker, of nobody else's.
        timeout_s: longest time; the setting by default.

    Raises:
        UnavailableError: the store cannot be reached; ask again later.
    """
    job = services.jobs.claim(job_id, worker, services.settings.lease_seconds, time.time())
    if job is None:
        known = services.jobs.get(job_id)
        if known and known.state.final:
            # Whoever ended it may not have come to this.
            _drop_upload(services, known)
        return Handled.BUSY if known and known.state is JobState.RUNNING else Handled.SKIPPED
    return work_on(services, job, worker, timeout_s)


def work_on(services: Services, job: Job, worker: str, timeout_s: float | None = None) -> Handled:
    """End a job that this worker has claimed; for the rest see `run_job`."""
    lost = threading.Event()
    try:
        with _held(services, job, worker, lost):
            outcome, scored = _attempt(services, job, timeout_s or services.settings.job_timeout_seconds, lost)
    except (Interrupted, CancelledError, UnavailableError, ScorerDiedError) as error:
        # What ends its process counts as an attempt: it may do so every time.
        services.jobs.release(job.id, worker, time.time(), spent=isinstance(error, ScorerDiedError))
        log.info("job given back", extra={"job": job.id, "code": getattr(error, "code", "interrupted")})
        return Handled.RELEASED
    written = (scored.result, scored.entry, scored.fingerprint) if scored else (None, None, None)
    if services.jobs.complete(job.id, worker, outcome, time.time(), *written):
        code = outcome.failure.code if outcome.failure else None
        log.info("job ended", extra={"job": job.id, "state": str(outcome.state), "attempts": job.attempts, "code": code})
        _drop_upload(services, job)
    return Handled.FINISHED


def _attempt(services: Services, job: Job, timeout_s: float, lost: threading.Event) -> tuple[Outcome, Scored | None]:
    """Outcome of a claimed job; what another attempt could cure is raised instead."""
    if job.attempts > services.settings.max_attempts:
        return _failed("gave_up", f"The process that scored this video ended {job.attempts - 1} times."), None
    deadline = time.monotonic() + timeout_s
    path = None
    try:
        _check_key(services, job)
        with _video(services, job) as path:
            content = content_hash(path)
            scored = find_cached(services, job.owner, content) or _in_slot(services, job, path, content, deadline, lost)
        _check_key(services, job)  # nobody is to pay for what nobody can fetch any more
    except (Interrupted, CancelledError, UnavailableError, ScorerDiedError):
        raise
    except DeadlineError as error:
        return _failed("timeout", error.message), None
    except LipgateError as error:
        log.info("job refused", extra={"job": job.id, "code": error.code})
        return _failed(error.code, public_message(error, path)), None
    except Exception:
        # One hostile or unlucky video must not end the worker, nor be tried for ever.
        log.exception("internal error", extra={"job": job.id})
        return _failed("internal_error", INTERNAL), None
    return Outcome(report=with_session(scored.report, job.session_id)), scored


def _check_key(services: Services, job: Job) -> None:
    if not is_valid(services, job.owner):
        raise RefusedError("key_revoked", "The API key this job was made with is not valid any more.")


def _drop_upload(services: Services, job: Job) -> None:
    if job.source.kind == "upload" and not services.settings.keep_uploads:
        services.objects.delete(job.source.name)


def _failed(code: str, message: str) -> Outcome:
    return Outcome(failure=Failure(code, message))


def _in_slot(services: Services, job: Job, path: Path, content: str, deadline: float, lost: threading.Event) -> Scored:
    def score() -> Scored:
        # Its time begins here, and not while it waits for a slot.
        pace = Pace(lost, services.settings.job_seconds_per_second)
        return score_unless_known(services, job.owner, path, content, deadline, pace)

    task: Future[Scored] = services.scorer.submit(score, job.owner)
    return task.result()


@contextlib.contextmanager
def _video(services: Services, job: Job) -> Iterator[Path]:
    """The video of a job as a local file."""
    most = services.settings.max_upload_bytes
    if job.source.kind == "upload":
        with services.objects.local_copy(job.source.name, most) as path:
            yield path
        return
    path = resolve_video_path(job.source.name, services.settings.upload_dir)
    check_size(path, most)
    yield path


@contextlib.contextmanager
def _held(services: Services, job: Job, worker: str, lost: threading.Event) -> Iterator[None]:
    """Keep the lease of a job while the block runs; `lost` is set where it went to another worker, or was deleted."""
    lease, ended = services.settings.lease_seconds, threading.Event()

    def extend() -> None:
        while not ended.wait(lease / 3):
            # A store that is away for a moment costs a beat; the lease outlasts two.
            with contextlib.suppress(UnavailableError):
                if not services.jobs.extend(job.id, worker, lease, time.time()):
                    lost.set()
                    return

    thread = threading.Thread(target=extend, name=f"lease-{job.id[:8]}", daemon=True)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join()
