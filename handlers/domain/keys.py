"""API keys: `lg_<id>_<secret>`. Only a hash of the secret is kept."""

import hashlib
import hmac
import re
import secrets
from dataclasses import dataclass

_FORM = re.compile(r"lg_([0-9a-f]{12})_([A-Za-z0-9_-]{43})")


@dataclass(frozen=True)
class ApiKey:
    """A customer's key, as it is kept."""

    id: str
    """12 hexadecimal digits; not secret."""
    secret_hash: str
    """SHA-256 of the secret. A slow hash would add nothing: the secret is 256 random bits."""
    name: str
    """Whose it is, for the operator."""
    created_at: float
    webhook_secret: str
    """Signs webhooks. Kept as it is, since both sides need it."""
    monthly_quota: int | None = None
    """Most videos scored a month; None: no limit."""
    requests_per_minute: int | None = None
    """None: no limit."""
    revoked_at: float | None = None


def new_key(
    name: str, now: float, monthly_quota: int | None = None, requests_per_minute: int | None = None
) -> tuple[ApiKey, str]:
    """Make a key.

    Returns:
        What is kept, and the key itself, which is shown once.
    """
    key_id, secret = secrets.token_hex(6), secrets.token_urlsafe(32)
    webhook_secret = f"whsec_{secrets.token_urlsafe(32)}"
    key = ApiKey(key_id, hash_secret(secret), name, now, webhook_secret, monthly_quota, requests_per_minute)
    return key, f"lg_{key_id}_{secret}"


def split_key(text: str) -> tuple[str, str] | None:
    """Id and secret of a key as a client sends it; None where it cannot be one."""
    match = _FORM.fullmatch(text)
    return (match[1], match[2]) if match else None


def matches(key: ApiKey | None, secret: str) -> bool:
    """Whether the secret belongs to the key and the key is valid. Takes as long for no key as for a wrong secret."""
    expected = key.secret_hash if key else "0" * 64
    same = hmac.compare_digest(hash_secret(secret), expected)
    return same and key is not None and key.revoked_at is None


def hash_secret(secret: str) -> str:
    """SHA-256, hexadecimal."""
    return hashlib.sha256(secret.encode()).hexdigest()
