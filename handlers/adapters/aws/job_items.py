"""A job as a DynamoDB item, and back."""

from typing import Any

from lipgate.handlers.adapters.aws.items import expiry
from lipgate.handlers.domain.jobs import Failure, Idempotency, Job, JobState, Outcome, Source


def job_key(job_id: str) -> str:
    """Its `pk`."""
    return f"job#{job_id}"


def job_item(job: Job, idempotency: Idempotency | None) -> dict[str, Any]:
    """Attributes of a new job, `waiting` or `queued`."""
    return {
        "pk": job_key(job.id),
        "id": job.id,
        "owner": job.owner,
        "state": str(job.state),
        "source_kind": job.source.kind,
        "source_name": job.source.name,
        "created_at": job.created_at,
        "updated_at": job.updated_at,
        "expires_at": job.expires_at,
        "session_id": job.session_id,
        "webhook_url": job.webhook_url,
        "attempts": job.attempts,
        "key_hash": idempotency.key_hash if idempotency else None,
        "pending_of": job.owner,
        "agenda": str(job.state),
        "agenda_at": job.updated_at,
        "version": 1,
        "ttl": expiry(job.expires_at),
    }


def job_of(item: dict[str, Any]) -> Job:
    """The job of an item; without its report, which may be elsewhere."""
    failure = Failure(item["failure_code"], item["failure_message"]) if "failure_code" in item else None
    return Job(
        id=item["id"],
        owner=item["owner"],
        state=JobState(item["state"]),
        source=Source(item["source_kind"], item["source_name"]),
        created_at=item["created_at"],
        updated_at=item["updated_at"],
        expires_at=item["expires_at"],
        session_id=item.get("session_id"),
        webhook_url=item.get("webhook_url"),
        attempts=int(item["attempts"]),
        worker=item.get("worker"),
        lease_until=item.get("lease_until"),
        fingerprint=item.get("fingerprint"),
        outcome=Outcome(failure=failure) if failure else None,
    )
