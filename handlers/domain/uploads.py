"""Uploads: their keys, and the ticket a client uploads with."""

import re
import secrets
from dataclasses import dataclass

PREFIX = "uploads"
"""First part of every key: what is under it expires."""

RECEIVER = "uploads/receive"
"""Path of the route that takes uploads where no other service does, relative to the API."""

_KEY = re.compile(rf"{PREFIX}/([0-9a-z]{{1,32}})/[0-9a-f]{{32}}")


@dataclass(frozen=True)
class UploadTicket:
    """Allows one upload: a multipart POST of `fields`, then `file`, to `url`."""

    url: str
    """Absolute; or a path, relative to the API."""
    fields: dict[str, str]
    """Form fields, to be sent as they are."""
    expires_at: float
    """Seconds since 1970."""


@dataclass(frozen=True)
class Delivery:
    """A webhook that has to be sent: the outcome of a job."""

    job_id: str
    attempts: int
    """Made so far."""
    next_at: float
    """Not before; seconds since 1970."""
    created_at: float


def new_upload_key(owner: str) -> str:
    """A key that names its owner and cannot be guessed: `uploads/<owner>/<32 hexadecimal digits>`."""
    return f"{PREFIX}/{owner}/{secrets.token_hex(16)}"


def owner_of(key: str) -> str | None:
    """The owner a key names; None where it is no upload key."""
    match = _KEY.fullmatch(key)
    return match[1] if match else None
