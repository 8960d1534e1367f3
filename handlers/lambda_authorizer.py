"""Lambda entry of the light function before the one that scores: a stranger costs a look into a table and no more."""

import logging
from typing import Any

from lipgate.core.settings import settings
from lipgate.handlers.adapters.aws import aws_keys
from lipgate.handlers.admission import is_key, presented
from lipgate.handlers.domain.errors import UnavailableError
from lipgate.handlers.logs import log_json
from lipgate.handlers.settings import service_settings

log_json(settings().log_level)
log = logging.getLogger(__name__)

_keys = aws_keys()


def handler(event: Any, context: Any) -> dict[str, bool]:  # noqa: ARG001 - there is nothing to hurry for
    """Whether a request may pass.

    Args:
        event: of an HTTP API's authorizer, format 2.0: header names in lower case, equal ones joined by commas.
        context: of the invocation.

    Returns:
        Where the table does not answer, the request passes: the function behind asks again and answers 503.
    """
    headers = event.get("headers") if isinstance(event, dict) else None
    headers = headers if isinstance(headers, dict) else {}
    sent = [[headers[name]] if isinstance(headers.get(name), str) else [] for name in ("x-api-key", "authorization")]
    key = presented(*sent)
    if key is None:
        return {"isAuthorized": not service_settings().require_api_keys}
    try:
        return {"isAuthorized": is_key(_keys, key) is not None}
    except UnavailableError as error:
        log.warning("keys cannot be read", extra={"code": error.code})
        return {"isAuthorized": True}
