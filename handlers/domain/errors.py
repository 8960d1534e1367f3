"""What can go wrong in the service itself. The codes stand beside those of `lipgate.core.errors`; `http.problems` gives a status.

LipgateError
└── ServiceError
    ├── RefusedError       unauthorized, rate_limited, quota_exceeded, compute_exceeded,
    │                      too_many_jobs, too_many_uploads, video_path_refused, webhook_refused, bad_request, ...
    ├── ConflictError      idempotency_conflict, upload_taken
    ├── NotFoundError      job_not_found, upload_not_found
    ├── TooLargeError      body_too_large
    ├── UnavailableError   queue_full, storage_unavailable
    │   └── StoppingError  shutting_down
    └── ScorerDiedError    scorer_died
"""

from lipgate.core.errors import LipgateError


class ServiceError(LipgateError):
    """Base. `retry_after` is the time in seconds after which trying again makes sense; None where it does not."""

    def __init__(self, code: str, message: str, retry_after: float | None = None) -> None:
        super().__init__(code, message)
        self.retry_after = retry_after


class RefusedError(ServiceError):
    """The request is not allowed."""


class ConflictError(ServiceError):
    """It contradicts an earlier one."""


class NotFoundError(ServiceError):
    """There is none, or it is somebody else's."""


class TooLargeError(ServiceError):
    """More bytes than are taken."""


class UnavailableError(ServiceError):
    """Not now: the queue is full, or a service behind this one throttles or fails. Always has `retry_after`."""

    def __init__(self, code: str, message: str, retry_after: float = 5.0) -> None:
        super().__init__(code, message, retry_after)


class StoppingError(UnavailableError):
    """This process is about to end. The one after it can be asked."""

    def __init__(self) -> None:
        super().__init__("shutting_down", "This server is about to stop. Try again.", retry_after=1)


def too_many_jobs(most: int) -> RefusedError:
    """One caller has as many jobs as it may have."""
    return RefusedError("too_many_jobs", f"{most} jobs of this key wait or run, as many as it may have.", retry_after=10)


class ScorerDiedError(ServiceError):
    """What scored the video ended in the middle of it. The next video finds another one."""

    def __init__(self) -> None:
        super().__init__("scorer_died", "The process that scored this video ended before it was done.")
