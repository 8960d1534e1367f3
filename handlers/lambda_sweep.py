"""Lambda entry of the regular look at the table: what a lost message or a killed worker left behind goes to the queue again."""

import logging
import time
from typing import Any

from lipgate.core.settings import settings
from lipgate.handlers.adapters.aws import aws_agenda
from lipgate.handlers.logs import log_json

log_json(settings().log_level)
log = logging.getLogger(__name__)

PATIENCE_S = 120.0
"""How long a queued job may wait, and a lease be over, before its message is taken for lost. A message too many does no harm:
whoever gets it finds the job taken."""

MOST = 100
"""Jobs and webhooks sent again at a time."""

_agenda, _queue = aws_agenda()


def handler(event: Any, context: Any) -> dict[str, int]:  # noqa: ARG001 - the clock's event says nothing
    """Look once.

    Returns:
        How many jobs and webhooks were sent to the queue.
    """
    now = time.time()
    jobs, webhooks = _agenda.forgotten(now - PATIENCE_S, MOST), _agenda.due(now - PATIENCE_S, MOST)
    for job_id in jobs:
        _queue.send(job_id)
    for job_id in webhooks:
        _queue.send_webhook(job_id, now)
    log.info("swept", extra={"jobs": len(jobs), "webhooks": len(webhooks)})
    return {"jobs": len(jobs), "webhooks": len(webhooks)}
