"""Lambda entry of the HTTP API: REST v1, HTTP API v2 and function URL events.

Everything is put together once per environment, when this module is imported; what scores is loaded with the first video, so that
/health and /jobs answer after a short start.
"""

import logging
import secrets
from typing import Any

from mangum import Mangum
from mangum.adapter import DEFAULT_TEXT_MIME_TYPES

from lipgate.core.settings import settings
from lipgate.handlers.adapters.aws import aws_services
from lipgate.handlers.http.app import create_app
from lipgate.handlers.http.prefix import Prefix, stage_of
from lipgate.handlers.http.problems import problem
from lipgate.handlers.logs import log_json

log_json(settings().log_level)
log = logging.getLogger(__name__)

_adapter = Mangum(
    Prefix(create_app(aws_services()), stage_of),
    # Mangum would run a lifespan with every request; the services of AWS need none.
    lifespan="off",
    text_mime_types=[*DEFAULT_TEXT_MIME_TYPES, "application/problem+json"],
)


def handler(event: Any, context: Any) -> dict[str, Any]:
    """Answer one request. What is none (a warm-up call, a scheduled event, a forged one) gets 400, never a crash.

    Args:
        event: of API Gateway or a function URL.
        context: of the invocation; the time that remains becomes the deadline of a score.
    """
    if not (
        isinstance(event, dict) and isinstance(event.get("requestContext"), dict) and isinstance(event.get("httpMethod", ""), str)
    ):
        log.warning("not a request")
        return _refused("This function answers events of API Gateway and function URLs.")
    try:
        return _adapter(event, context)
    except (ValueError, KeyError, TypeError, AttributeError, RuntimeError):
        # Mangum reads the event's fields as they come; the app itself has answered for its own faults.
        log.exception("event could not be read")
        return _refused("The event is not one of API Gateway or a function URL.")


def _refused(detail: str) -> dict[str, Any]:
    request_id = secrets.token_hex(16)
    answer = problem("bad_request", detail, request_id)
    headers = {**answer.headers, "x-request-id": request_id}
    return {"statusCode": answer.status_code, "headers": headers, "body": bytes(answer.body).decode(), "isBase64Encoded": False}
