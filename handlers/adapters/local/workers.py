"""Workers of `serve`: threads that take jobs from the store, send webhooks, and sweep up what has expired."""

import logging
import threading
import time
from collections.abc import Callable
from functools import partial
from typing import TypeVar

from lipgate.handlers.adapters.local.folder import FolderObjects
from lipgate.handlers.adapters.local.jobs import SqliteJobs, SqliteOutbox, SqliteResults
from lipgate.handlers.adapters.local.process_folder import ProcessFolder
from lipgate.handlers.domain.errors import UnavailableError
from lipgate.handlers.jobs.execution import Handled, work_on
from lipgate.handlers.jobs.orders import remove
from lipgate.handlers.jobs.webhooks import deliver
from lipgate.handlers.services import Services

T = TypeVar("T")

log = logging.getLogger(__name__)

LOOK_SECONDS = 1.0
"""How often the store is looked at without a call: another process may have entered a job."""

SWEEP_SECONDS = 30.0

SENDERS = 4
"""Owners whose webhooks are sent at a time: a receiver that does not answer delays those of its owner, and nobody else's."""

STOP_SECONDS = 5.0
"""How long threads may take to see that they are to stop. A webhook that takes longer is sent again by whoever comes next."""


class LocalWorkers:
    """`lipgate.handlers.ports.JobQueue`: the store is the queue, `send` wakes a thread."""

    def __init__(
        self,
        services: Services,
        jobs: SqliteJobs,
        results: SqliteResults,
        outbox: SqliteOutbox,
        objects: FolderObjects,
        process: ProcessFolder,
    ) -> None:
        self._services = services
        self._jobs = jobs
        self._results = results
        self._outbox = outbox
        self._objects = objects
        self._process = process
        self._bell = threading.Condition()
        self._told: set[str] = set()
        """Owners to whose receivers a webhook is on its way."""
        self._telling = threading.Lock()
        self._stopped = False
        self._ends_at = 0.0
        self._threads: list[threading.Thread] = []

    def send(self, job_id: str, owner: str | None = None) -> None:  # noqa: ARG002 - workers ask the store
        """Wake a worker."""
        with self._bell:
            self._bell.notify_all()

    def start(self) -> None:
        """Take over from processes that have died, then begin."""
        self._guarded(self.sweep)
        duties = [(f"worker-{number}", self._work) for number in range(self._services.settings.workers)]
        duties += [(f"webhooks-{number}", self._send_webhooks) for number in range(SENDERS)]
        duties += [("sweeper", self._keep_sweeping)]
        for name, duty in duties:
            thread = threading.Thread(target=duty, name=name, daemon=True)
            thread.start()
            self._threads.append(thread)

    def retire(self) -> None:
        """Take no more jobs; the grace time begins. Takes no lock: a signal handler may call it."""
        if not self._stopped:
            self._ends_at = time.monotonic() + self._services.settings.grace_seconds
            self._stopped = True

    def stop(self) -> None:
        """Take no more jobs; running ones finish within the grace time or go back to the queue."""
        self.retire()
        with self._bell:
            self._bell.notify_all()
        self._services.scorer.close(max(0.0, self._ends_at - time.monotonic()))
        until = time.monotonic() + STOP_SECONDS
        for thread in self._threads:
            thread.join(max(0.0, until - time.monotonic()))

    def sweep(self) -> None:
        """Give back the jobs of dead processes and remove what has expired. What cannot be removed keeps nothing else from it."""
        now, settings = time.time(), self._services.settings
        for name in self._process.dead():
            given_back = self._jobs.abandon(name, now)
            log.info("took over from a process that died", extra={"jobs": given_back})
        for job in self._jobs.expired(now):
            self._guarded(partial(remove, self._services, job))
        self._results.forget_expired(now)
        for key in self._objects.older_than(now - settings.upload_expiry_seconds):
            user = self._jobs.of_upload(key)
            if user is None or user.state.final:
                self._guarded(partial(self._objects.delete, key))

    def _work(self) -> None:
        worker = f"{self._process.name}/{threading.current_thread().name}"
        while not self._stopped:
            handled = self._guarded(lambda: self._one(worker))
            if handled is not Handled.FINISHED:
                self._rest(LOOK_SECONDS)

    def _one(self, worker: str) -> Handled:
        settings = self._services.settings
        job = self._jobs.claim_next(worker, settings.lease_seconds, time.time(), settings.running_per_key)
        if job is None:
            return Handled.SKIPPED
        handled = work_on(self._services, job, worker)
        if handled is Handled.FINISHED:
            self.send(job.id)
        return handled

    def _send_webhooks(self) -> None:
        while not self._stopped:
            if not self._guarded(self._send_webhook):
                self._rest(LOOK_SECONDS)

    def _send_webhook(self) -> bool:
        """Send the webhook that is due longest, one of an owner at a time. False where there is none."""
        with self._telling:
            due = self._outbox.next_due(time.time(), self._told)
            if due is None:
                return False
            job_id, owner = due
            self._told.add(owner)
        try:
            deliver(self._services, job_id)
        finally:
            with self._telling:
                self._told.remove(owner)
        return True

    def _keep_sweeping(self) -> None:
        while not self._stopped:
            self._rest(SWEEP_SECONDS, woken=False)
            if not self._stopped:
                self._guarded(self.sweep)

    def _guarded(self, step: Callable[[], T]) -> T | None:
        """Whatever happens in one step, the thread goes on."""
        try:
            return step()
        except UnavailableError as error:
            log.warning("storage unavailable", extra={"problem": error.message})
        except Exception:
            log.exception("internal error in a worker")
        return None

    def _rest(self, seconds: float, *, woken: bool = True) -> None:
        end = time.monotonic() + seconds
        with self._bell:
            while not self._stopped and (left := end - time.monotonic()) > 0:
                if self._bell.wait(left) and woken:
                    return
