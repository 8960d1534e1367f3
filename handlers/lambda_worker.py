"""Lambda entry of the worker: jobs, webhooks and notifications of uploads from SQS. The models are loaded when it is imported."""

import logging
from typing import Any

from lipgate.core.settings import settings
from lipgate.handlers.adapters.aws import aws_services
from lipgate.handlers.adapters.aws.messages import Messages
from lipgate.handlers.logs import log_json

log_json(settings().log_level)
log = logging.getLogger(__name__)

_services = aws_services()
if _services.settings.preload_models:
    _services.scorer.load()
_messages = Messages(_services)


def handler(event: Any, context: Any) -> dict[str, Any]:
    """Work on a batch of messages.

    Args:
        event: of SQS.
        context: of the invocation; no score takes longer than the time that remains.

    Returns:
        The messages that SQS must deliver again. All others are done, or never can be: those are only logged, so that none
        comes back for ever.
    """
    records = event.get("Records") if isinstance(event, dict) else None
    if not isinstance(records, list):
        log.error("not a batch of messages")
        return {"batchItemFailures": []}
    failed = [record for record in records if isinstance(record, dict) and not _messages.handle(record, context)]
    again = [record["messageId"] for record in failed if record.get("messageId")]
    return {"batchItemFailures": [{"itemIdentifier": message_id} for message_id in again]}
