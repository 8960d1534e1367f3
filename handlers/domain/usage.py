"""What is paid for: a ledger with one line per scored video."""

from dataclasses import dataclass
from datetime import UTC, datetime


@dataclass(frozen=True)
class LedgerEntry:
    """One scored video. Holds nothing of the video and nothing of a person."""

    id: str
    """Fingerprint of the result and the month: however often it is written, it counts once."""
    owner: str
    """Id of the API key."""
    period: str
    """Month it counts for, `2026-11`."""
    at: float
    """Seconds since 1970."""
    video_seconds: float
    """Length of the video."""


@dataclass(frozen=True)
class Usage:
    """Sums of the ledger for one key and month."""

    videos: int
    video_seconds: float
    compute_seconds: float = 0.0
    """Spent on scoring, also where nothing came of it."""


@dataclass(frozen=True)
class CachedResult:
    """A report that can be given again for the same video, model and settings, to the same key."""

    fingerprint: str
    """From `lipgate.handlers.domain.fingerprint`; opaque to stores."""
    report: dict
    """JSON, without a file name and a session id."""
    expires_at: float


def period_of(at: float) -> str:
    """The month of a time, in UTC."""
    return datetime.fromtimestamp(at, UTC).strftime("%Y-%m")


def end_of_period(at: float) -> float:
    """When the month of a time ends, in seconds since 1970."""
    moment = datetime.fromtimestamp(at, UTC)
    year, month = (moment.year + 1, 1) if moment.month == 12 else (moment.year, moment.month + 1)
    return datetime(year, month, 1, tzinfo=UTC).timestamp()
