"""Who may ask, and how much: API keys, rate limits and quotas."""

import time
from collections.abc import Sequence
from dataclasses import dataclass

from lipgate.handlers.domain.errors import RefusedError
from lipgate.handlers.domain.jobs import ANONYMOUS
from lipgate.handlers.domain.keys import ApiKey, matches, split_key
from lipgate.handlers.domain.usage import end_of_period, period_of
from lipgate.handlers.ports import KeyStore
from lipgate.handlers.services import Services


@dataclass(frozen=True)
class Caller:
    """Who asks."""

    owner: str
    """Id of the key, or `ANONYMOUS`."""
    key: ApiKey | None


def presented(api_keys: Sequence[str], authorizations: Sequence[str]) -> str | None:
    """The key as it was sent. Two that differ are none: a wrong one must not pass beside a right one.

    Args:
        api_keys: values of X-API-Key.
        authorizations: values of Authorization.
    """
    keys = {key.strip() for key in api_keys} | {_token(sent) for sent in authorizations if sent}
    return "" if len(keys) > 1 else next(iter(keys), None)


def is_key(keys: KeyStore, sent: str) -> ApiKey | None:
    """The key that was sent; None where it is none, or not valid any more."""
    parts = split_key(sent)
    key = keys.get(parts[0]) if parts else None
    return key if matches(key, parts[1] if parts else "") else None


def admit(services: Services, sent: str | None) -> Caller:
    """Check a key and count the request.

    Args:
        services: of the app.
        sent: the key as the client sent it.

    Raises:
        RefusedError: unauthorized, rate_limited.
    """
    if sent is None:
        if services.settings.require_api_keys:
            raise RefusedError("unauthorized", "An API key is needed: Authorization: Bearer KEY, or X-API-Key: KEY.")
        return Caller(ANONYMOUS, None)
    key = is_key(services.keys, sent)
    if key is None:
        raise RefusedError("unauthorized", "This API key is not valid.")
    if key.requests_per_minute is not None:
        wait = services.keys.take(key.id, key.requests_per_minute, time.time())
        if wait is not None:
            raise RefusedError("rate_limited", f"This key allows {key.requests_per_minute} requests a minute.", retry_after=wait)
    return Caller(key.id, key)


def is_valid(services: Services, owner: str) -> bool:
    """Whether what an owner left behind is still to be worked on: not where its key was revoked, or is not there."""
    if owner == ANONYMOUS:
        return True
    key = services.keys.get(owner)
    return key is not None and key.revoked_at is None


def check_quota(services: Services, owner: str) -> None:
    """Refuse what would be scored beyond what a key may use a month: videos, and minutes of computing. What is scored at the same
    time may go over it.

    Raises:
        RefusedError: quota_exceeded, compute_exceeded.
    """
    key = None if owner == ANONYMOUS else services.keys.get(owner)
    quota = key.monthly_quota if key else None
    minutes = services.settings.max_minutes_per_key
    if quota is None and minutes is None:
        return
    now = time.time()
    used = services.ledger.usage(owner, period_of(now))
    wait = end_of_period(now) - now
    if quota is not None and used.videos >= quota:
        raise RefusedError("quota_exceeded", f"The {quota} videos this key may score a month are used up.", retry_after=wait)
    if minutes is not None and used.compute_seconds >= 60 * minutes:
        message = f"The {minutes:g} minutes of computing this key may use a month are used up."
        raise RefusedError("compute_exceeded", message, retry_after=wait)


def check_storage(services: Services, owner: str, arriving: int = 0) -> None:
    """Refuse uploads beyond what one key may have stored. Some that come at the same time may go over it.

    Args:
        services: of the process.
        owner: whose upload it is.
        arriving: bytes of one that is to be stored.

    Raises:
        RefusedError: too_many_uploads.
    """
    settings = services.settings
    count, size = services.objects.stored(owner)
    if count >= settings.max_uploads_per_key:
        message = f"This key has {count} uploads stored, as many as it may have: make jobs of them, or wait until they expire."
        raise RefusedError("too_many_uploads", message, retry_after=60)
    if size + max(1, arriving) > settings.max_stored_bytes:
        message = f"The uploads of this key would be larger than the {settings.max_stored_mb_per_key:g} MB it may have stored."
        raise RefusedError("too_many_uploads", message, retry_after=60)


def _token(authorization: str) -> str:
    scheme, _, token = authorization.partition(" ")
    # Any other way to log in is not known here; taken for a key, it is refused.
    return (token if scheme.lower() == "bearer" else authorization).strip()
