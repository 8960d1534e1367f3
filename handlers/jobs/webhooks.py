"""Webhooks: the outcome of a job, signed, sent until somebody takes it.

The receiver checks `Lipgate-Signature: t=<unix time>,v1=<HMAC-SHA256 of "t.body", hexadecimal>` and that t is recent.
"""

import hashlib
import hmac
import json
import logging
import random
import time

from lipgate.core import __version__
from lipgate.handlers.domain.documents import job_document
from lipgate.handlers.domain.jobs import ANONYMOUS, Job
from lipgate.handlers.jobs.addresses import Target, check_url, post
from lipgate.handlers.services import Services

log = logging.getLogger(__name__)

FIRST_WAIT_S = 10.0
LONGEST_WAIT_S = 6 * 3600.0


def signature(secret: str, at: int, body: bytes) -> str:
    """The value of the header."""
    digest = hmac.new(secret.encode(), f"{at}.".encode() + body, hashlib.sha256).hexdigest()
    return f"t={at},v1={digest}"


def secret_of(services: Services, owner: str) -> str | None:
    """What the webhooks of a caller are signed with; None where there is nothing."""
    if owner == ANONYMOUS:
        return services.settings.webhook_secret
    key = services.keys.get(owner)
    return key.webhook_secret if key and key.revoked_at is None else None


def accept_url(services: Services, owner: str, url: str) -> str:
    """Check a URL as far as can be told when a job is made; its address is looked at when it is called.

    Raises:
        RefusedError: webhook_refused.
    """
    from lipgate.handlers.domain.errors import RefusedError

    if secret_of(services, owner) is None:
        raise RefusedError("webhook_refused", "Webhooks need an API key, or LIPGATE_WEBHOOK_SECRET on the server.")
    return check_url(url, private=services.settings.webhook_allow_private).url


def deliver(services: Services, job_id: str) -> bool:
    """Try to send the webhook of a job, if one is due. Called by whoever finds it due; it is sent by one of them.

    Returns:
        Whether nothing remains to be sent.
    """
    settings = services.settings
    delivery = services.outbox.take(job_id, settings.webhook_timeout_seconds + 30, time.time())
    if delivery is None:
        return True
    job = services.jobs.get(job_id)
    secret = secret_of(services, job.owner) if job else None
    if job is None or job.webhook_url is None or secret is None:
        services.outbox.remove(job_id)
        return True
    problem = _send(services, job, secret)
    attempts = delivery.attempts + 1
    log.info("webhook", extra={"job": job_id, "attempts": attempts, "problem": problem})
    if problem is None or attempts >= settings.webhook_attempts:
        services.outbox.remove(job_id)
        return True
    services.outbox.retry(job_id, attempts, time.time() + wait_after(attempts))
    return False


def wait_after(attempts: int) -> float:
    """Seconds until the next attempt: doubled with each, half of it by chance so that many do not come at once."""
    longest = min(LONGEST_WAIT_S, FIRST_WAIT_S * 2.0 ** (attempts - 1))
    return longest * (0.5 + 0.5 * random.random())  # noqa: S311 - no secret


def _send(services: Services, job: Job, secret: str) -> str | None:
    """What went wrong, None where the receiver took it."""
    settings = services.settings
    body = json.dumps({"type": f"job.{job.state}", "job": job_document(job)}, allow_nan=False).encode()
    headers = {
        "Content-Type": "application/json",
        "User-Agent": f"lipgate/{__version__}",
        "Lipgate-Signature": signature(secret, int(time.time()), body),
        "Lipgate-Job": job.id,
    }
    try:
        target: Target = check_url(job.webhook_url or "", private=settings.webhook_allow_private)
        status = post(target, body, headers, settings.webhook_timeout_seconds)
    except Exception as error:  # whatever a stranger's server does is a reason to try again, never to stop
        return type(error).__name__
    return None if 200 <= status < 300 else f"status {status}"
