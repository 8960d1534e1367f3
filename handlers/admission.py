"""Who may ask, and how much: API keys, rate limits and quotas."""

import time
from dataclasses import dataclass

from lipgate.handlers.domain.errors import RefusedError
from lipgate.handlers.domain.jobs import ANONYMOUS
from lipgate.handlers.domain.keys import ApiKey, matches, split_key
from lipgate.handlers.domain.usage import end_of_period, period_of
from lipgate.handlers.services import Services


@dataclass(frozen=True)
class Caller:
    """Who asks."""

    owner: str
    """Id of the key, or `ANONYMOUS`."""
    key: ApiKey | None


def admit(services: Services, presented: str | None) -> Caller:
    """Check a key and count the request.

    Args:
        services: of the app.
        presented: the key as the client sent it.

    Raises:
        RefusedError: unauthorized, rate_limited.
    """
    if presented is None:
        if services.settings.require_api_keys:
            raise RefusedError("unauthorized", "An API key is needed: Authorization: Bearer KEY, or X-API-Key: KEY.")
        return Caller(ANONYMOUS, None)
    parts = split_key(presented)
    key = services.keys.get(parts[0]) if parts else None
    if not matches(key, parts[1] if parts else "") or key is None:
        raise RefusedError("unauthorized", "This API key is not valid.")
    if key.requests_per_minute is not None:
        wait = services.keys.take(key.id, key.requests_per_minute, time.time())
        if wait is not None:
            raise RefusedError("rate_limited", f"This key allows {key.requests_per_minute} requests a minute.", retry_after=wait)
    return Caller(key.id, key)


def check_quota(services: Services, owner: str) -> None:
    """Refuse what would be scored beyond the monthly quota. Videos scored at the same time may go over it by their number.

    Raises:
        RefusedError: quota_exceeded.
    """
    key = None if owner == ANONYMOUS else services.keys.get(owner)
    if key is None or key.monthly_quota is None:
        return
    now = time.time()
    if services.ledger.usage(owner, period_of(now)).videos >= key.monthly_quota:
        message = f"The {key.monthly_quota} videos this key may score a month are used up."
        raise RefusedError("quota_exceeded", message, retry_after=end_of_period(now) - now)
