"""What the service needs from outside. Two sets of adapters have it: `adapters.local` and `adapters.aws`.

Every method may be called from several threads and processes at a time. "Atomic" means: of callers at the same time, the
outcome is as if they had come one after another, and after a crash at any point all of a method's effects are there or none.
Times are seconds since 1970 and come from the caller. A store that cannot be reached, throttles or fails raises
`UnavailableError("storage_unavailable", ...)` and has then changed nothing, or all.
"""

from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Protocol

from lipgate.handlers.domain.jobs import Idempotency, Job, Outcome
from lipgate.handlers.domain.keys import ApiKey
from lipgate.handlers.domain.uploads import Delivery, UploadTicket
from lipgate.handlers.domain.usage import CachedResult, LedgerEntry, Usage


class ObjectStore(Protocol):
    """Uploaded videos, by key (`uploads/<owner>/<id>`). They expire, whatever happens."""

    def presign(self, key: str, content_type: str, max_bytes: int, expires_s: int, now: float) -> UploadTicket:
        """Allow one upload of 1 to `max_bytes` bytes with this content type. The adapter enforces all three."""
        ...

    def put_file(self, path: Path, key: str) -> None:
        """Store a file. The object is there whole or not at all. `path` may be gone afterwards (moved)."""
        ...

    def size(self, key: str) -> int | None:
        """Bytes of an object; None where there is none (yet)."""
        ...

    def stored(self, owner: str) -> tuple[int, int]:
        """How many uploads of an owner are there, and their bytes; counted up to a thousand uploads."""
        ...

    def local_copy(self, key: str, max_bytes: int) -> AbstractContextManager[Path]:
        """A file to read: the object itself, or a download into `tempfile.gettempdir()` that is removed at the end, always.

        Raises (on entry):
            NotFoundError: upload_not_found.
            TooLargeError: body_too_large; no more than `max_bytes` have been written to disk then.
        """
        ...

    def delete(self, key: str) -> None:
        """Remove an object; nothing where there is none."""
        ...


class UploadReceiver(Protocol):
    """An object store whose uploads come through this service: it knows the tickets it has given."""

    def check(self, fields: Mapping[str, str], now: float) -> tuple[str, int]:
        """Key and largest size of a ticket that a client presents.

        Raises:
            RefusedError: upload_refused.
        """
        ...


class JobStore(Protocol):
    """Jobs, and the one transaction that ends them."""

    def create(
        self, job: Job, idempotency: Idempotency | None, max_queued: int, max_pending: int | None = None
    ) -> tuple[Job, bool]:
        """Atomic: enter a job that is `waiting` or `queued`.

        With an idempotency key seen before (and its job still there, and not expired), the first job is given back as it is now,
        and nothing is entered. Idempotency records end with their job.

        Args:
            max_queued: refuse where so many jobs are queued already; an approximate count will do. Those that wait for
                an upload do not count: it may never come.
            max_pending: refuse where so many jobs of the same owner wait (also for an upload), are queued or run; an approximate
                count will do.

        Returns:
            The job, and whether it is new.

        Raises:
            ConflictError: idempotency_conflict (same key, other request); upload_taken (the upload belongs to another job).
            RefusedError: too_many_jobs.
            UnavailableError: queue_full.
        """
        ...

    def first(self, idempotency: Idempotency) -> Job | None:
        """The job of an earlier request under this key, as it is now; None where there is none (any more).

        Raises:
            ConflictError: idempotency_conflict.
        """
        ...

    def get(self, job_id: str) -> Job | None:
        """The job with its outcome; None where there is none (any more). Whether it has expired is for the caller to see."""
        ...

    def of_upload(self, upload_key: str) -> Job | None:
        """The job an upload belongs to; None where there is none (any more)."""
        ...

    def arrived(self, upload_key: str, now: float) -> str | None:
        """Atomic: queue the job that waits for an upload. Its id, for the caller to send to the queue; None where none waited."""
        ...

    def claim(self, job_id: str, worker: str, lease_s: float, now: float) -> Job | None:
        """Atomic: take a job that is queued, or running with a lease that has ended. It is then running, with one more attempt.

        Returns:
            The claimed job; None where somebody else has it, it is final, waiting or gone.
        """
        ...

    def extend(self, job_id: str, worker: str, lease_s: float, now: float) -> bool:
        """Atomic: lengthen the lease of a job this worker holds, to `now + lease_s`. False where it no longer does."""
        ...

    def release(self, job_id: str, worker: str, now: float, *, spent: bool = False) -> bool:
        """Atomic: put a job this worker holds back to queued. False where it does not hold it.

        The caller sends it to the queue again.

        Args:
            spent: the attempt counts; else it is taken back.
        """
        ...

    def complete(
        self,
        job_id: str,
        worker: str,
        outcome: Outcome,
        now: float,
        result: CachedResult | None = None,
        entry: LedgerEntry | None = None,
        fingerprint: str | None = None,
    ) -> bool:
        """Atomic, ONE transaction: end a job this worker holds.

        It writes state, outcome and fingerprint of the job, the cached result, the ledger entry (unless one with its id is there:
        then it is left out, and the rest happens all the same), and, where the job has a webhook_url, a `Delivery` due at `now`.

        Args:
            result, entry: None where the outcome came from the cache or is a failure.

        Returns:
            False where the worker no longer holds the job (another claimed it, it is final or deleted); nothing has changed then.
        """
        ...

    def delete(self, job_id: str) -> None:
        """Atomic: remove job, outcome, idempotency record, delivery, cached result (by its fingerprint). The ledger stays."""
        ...


class Results(Protocol):
    """Reports that can be given again."""

    def cached(self, fingerprint: str, now: float) -> CachedResult | None:
        """None where there is none or it has expired."""
        ...

    def store(self, result: CachedResult, entry: LedgerEntry) -> bool:
        """Atomic, one transaction: keep the result and write the ledger entry unless one with its id is there.

        Returns:
            Whether the entry is new.
        """
        ...


class Ledger(Protocol):
    """Entries are written by `JobStore.complete` and `Results.store`, and never changed or removed."""

    def usage(self, owner: str, period: str) -> Usage:
        """Sums over the entries of one key and month. Exact: counts an entry from the moment its transaction has ended."""
        ...

    def spend(self, owner: str, period: str, seconds: float) -> None:
        """Atomic: add to the seconds of computing of one key and month, whatever came of them."""
        ...


class KeyStore(Protocol):
    """API keys and their rate limits."""

    def add(self, key: ApiKey) -> None:
        """Keep a new key."""
        ...

    def get(self, key_id: str) -> ApiKey | None:
        """The key, also where it is revoked."""
        ...

    def all(self) -> Sequence[ApiKey]:
        """Every key, oldest first."""
        ...

    def revoke(self, key_id: str, now: float) -> bool:
        """Atomic: make a key invalid, for good. False where there is none."""
        ...

    def take(self, key_id: str, per_minute: int, now: float) -> float | None:
        """Atomic: count a request in the current minute (`int(now // 60)`), of which at most `per_minute` are allowed.

        Returns:
            None where it is allowed; else seconds until the next minute.
        """
        ...


class JobQueue(Protocol):
    """Tells workers what there is to do. At least once: whoever gets a message claims the job and drops what it cannot claim.

    A job whose message is lost is found all the same: something looks regularly for jobs that are queued and not taken.
    """

    def send(self, job_id: str, owner: str | None = None) -> None:
        """A job is queued. Where its owner is named, those who have many wait for those who have few."""
        ...


class Outbox(Protocol):
    """Webhooks that have to be sent. `JobStore.complete` writes them."""

    def take(self, job_id: str, lease_s: float, now: float) -> Delivery | None:
        """Atomic: take a due delivery (`next_at <= now`) and move its `next_at` to `now + lease_s`, so that nobody else sends it.

        None where there is none or it is not due. `attempts` is that before this one.
        """
        ...

    def retry(self, job_id: str, attempts: int, next_at: float) -> None:
        """Try again at `next_at`. An adapter whose sender is woken by messages sends itself a delayed one."""
        ...

    def remove(self, job_id: str) -> None:
        """It was delivered, or given up."""
        ...


class Workers(Protocol):
    """Threads of this process that work on jobs and send webhooks."""

    def start(self) -> None:
        """Take over from processes that have died, then begin."""
        ...

    def retire(self) -> None:
        """Take no more jobs; the grace time begins. Takes no lock: a signal handler may call it."""
        ...

    def stop(self) -> None:
        """Take no more jobs; running ones finish within the grace time or go back to the queue."""
        ...
