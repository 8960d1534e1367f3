"""A job: one video to score, from its request to its outcome."""

import re
import secrets
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Literal

ANONYMOUS = "anonymous"
"""Owner of what is asked without an API key, where none is required."""


class JobState(StrEnum):
    """waiting -> queued -> running -> done or failed; running goes back to queued where a worker gives it up or dies."""

    WAITING = "waiting"
    """Its upload has not arrived."""
    QUEUED = "queued"
    RUNNING = "running"
    DONE = "done"
    """There is a report."""
    FAILED = "failed"
    """There is an error; trying again would not help."""

    @property
    def final(self) -> bool:
        """Whether nothing will change any more."""
        return self in (JobState.DONE, JobState.FAILED)


@dataclass(frozen=True)
class Source:
    """Where the video of a job is."""

    kind: Literal["upload", "file"]
    """`upload`: a key of the object store, removed after the job. `file`: a path inside the upload folder, never removed."""
    name: str
    """The key; or the path, relative to the folder."""


@dataclass(frozen=True)
class Failure:
    """Why there is no report: the same code and message as on the command line."""

    code: str
    message: str


@dataclass(frozen=True)
class Outcome:
    """What came of a job: exactly one of the two."""

    report: dict[str, Any] | None = None
    """The report's JSON. Megabytes for hours of video: a store with small items keeps it elsewhere."""
    failure: Failure | None = None

    @property
    def state(self) -> JobState:
        """What the job ends in."""
        return JobState.DONE if self.failure is None else JobState.FAILED


@dataclass(frozen=True)
class Job:
    """One video to score. All times are seconds since 1970 (UTC)."""

    id: str
    owner: str
    """Id of the API key that asked, or `ANONYMOUS`. Others must not learn that the job exists."""
    state: JobState
    source: Source
    created_at: float
    updated_at: float
    expires_at: float
    """When job and outcome are removed."""
    session_id: str | None = None
    """The client's own name for it, given back in the report."""
    webhook_url: str | None = None
    attempts: int = 0
    """How many times a worker has claimed it."""
    worker: str | None = None
    """Who holds it while it runs."""
    lease_until: float | None = None
    """While it runs: when it may be claimed by another worker."""
    fingerprint: str | None = None
    """Of its cached result, once it is done."""
    outcome: Outcome | None = None


@dataclass(frozen=True)
class Idempotency:
    """A client's promise that requests under one key are one and the same."""

    key_hash: str
    """SHA-256 of owner and Idempotency-Key."""
    request_hash: str
    """SHA-256 of what was asked."""


def new_job_id() -> str:
    """128 random bits: ids cannot be guessed."""
    return secrets.token_hex(16)


def is_job_id(text: str) -> bool:
    """Whether `new_job_id` may have made it. Stores need not be asked for others, nor be able to take them as keys."""
    return re.fullmatch("[0-9a-f]{32}", text) is not None
