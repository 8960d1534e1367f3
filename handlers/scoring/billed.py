"""The one way a video is scored for a caller, at once or as a job: cache, quota, score, and what to tell cache and ledger."""

import threading
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lipgate.handlers.admission import check_quota
from lipgate.handlers.domain.errors import TooLargeError
from lipgate.handlers.domain.fingerprint import fingerprint, reading
from lipgate.handlers.domain.usage import CachedResult, LedgerEntry, period_of
from lipgate.handlers.services import Services


@dataclass(frozen=True)
class Scored:
    """A report, and what has to be written for it: nothing where it came from the cache."""

    fingerprint: str
    report: dict[str, Any]
    result: CachedResult | None = None
    entry: LedgerEntry | None = None


def find_cached(services: Services, owner: str, content: str) -> Scored | None:
    """The report of a video scored before.

    Raises:
        WeightsError, CalibrationError: there is nothing to score with.
    """
    name = _name(services, owner, content)
    cached = services.results.cached(name, time.time())
    return Scored(name, cached.report) if cached else None


def score_unless_known(
    services: Services, owner: str, path: Path, content: str, deadline: float | None, stop: threading.Event | None = None
) -> Scored:
    """Score a video, or find its report. Runs in a slot of the scorer; writes nothing.

    Args:
        services: of the process.
        owner: who pays.
        path: of the video.
        content: its hash.
        deadline: `time.monotonic()` at which to give up.
        stop: set it to give up sooner.

    Raises:
        LipgateError: it cannot be scored, not in time, or not within the quota.
        Interrupted: `stop` was set, or the process shuts down.
    """
    # The same video may have been scored while this one waited for its slot.
    found = find_cached(services, owner, content)
    if found:
        return found
    check_quota(services, owner)
    report = services.scorer.score(path, deadline, stop)
    now = time.time()
    name, period = _name(services, owner, content), period_of(now)
    result = CachedResult(name, report, now + services.settings.result_cache_seconds)
    entry = LedgerEntry(f"{name}:{period}", owner, period, now, report["video"]["duration_s"])
    return Scored(name, report, result, entry)


def check_size(path: Path, most: int) -> None:
    """Refuse a file that is too large.

    Raises:
        TooLargeError: body_too_large.
        InputError: file_not_found, file_unreadable.
    """
    with reading():
        size = path.stat().st_size
    if size > most:
        raise TooLargeError("body_too_large", f"The video has {size} bytes; at most {most} are taken here.")


def _name(services: Services, owner: str, content: str) -> str:
    return fingerprint(owner, content, services.scorer.identity(), services.scorer.limits())
