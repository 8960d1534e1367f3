"""Jobs as JSON documents: the same in answers and webhooks."""

from datetime import UTC, datetime
from typing import Any

from lipgate.handlers.domain.jobs import Job


def job_document(job: Job) -> dict[str, Any]:
    """The document of a job, as `lipgate.handlers.http.schemas.JobDocument` describes it."""
    outcome = job.outcome
    failure = outcome.failure if outcome else None
    return {
        "id": job.id,
        "state": str(job.state),
        "session_id": job.session_id,
        "upload": job.source.name if job.source.kind == "upload" else None,
        "video_path": job.source.name if job.source.kind == "file" else None,
        "webhook_url": job.webhook_url,
        "created_at": timestamp(job.created_at),
        "updated_at": timestamp(job.updated_at),
        "expires_at": timestamp(job.expires_at),
        "attempts": job.attempts,
        "result": outcome.report if outcome else None,
        "error": {"code": failure.code, "message": failure.message} if failure else None,
    }


def timestamp(at: float) -> str:
    """RFC 3339, in UTC, whole seconds."""
    return datetime.fromtimestamp(int(at), UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
