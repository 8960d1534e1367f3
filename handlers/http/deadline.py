"""How long a synchronous score may take: the setting, and what is left of a Lambda invocation."""

import time

from starlette.types import Scope

MARGIN = 0.1
LONGEST_MARGIN_S = 2.0
"""Share of the time, and most of it, that is kept to make a job of what cannot finish."""


def deadline_of(scope: Scope, timeout_s: float) -> float:
    """`time.monotonic()` at which a score has to end so that the answer is in time.

    Args:
        scope: of the request: `began` is set by `lipgate.handlers.http.middleware`, `aws.context` by Mangum.
        timeout_s: PROCESSING_TIMEOUT_SECONDS.
    """
    now = time.monotonic()
    end = scope.get("began", now) + timeout_s
    context = scope.get("aws.context")
    if context is not None:
        end = min(end, now + context.get_remaining_time_in_millis() / 1000)
    return end - min(LONGEST_MARGIN_S, MARGIN * timeout_s)
