"""The one way a video is scored for a caller, at once or as a job: cache, quota, score, and what to tell cache and ledger."""

import logging
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lipgate.core.errors import DeadlineError
from lipgate.handlers.admission import check_quota
from lipgate.handlers.domain.errors import TooLargeError, UnavailableError
from lipgate.handlers.domain.fingerprint import fingerprint, reading
from lipgate.handlers.domain.usage import CachedResult, LedgerEntry, period_of
from lipgate.handlers.scoring.engine import Interrupted
from lipgate.handlers.scoring.pace import Pace
from lipgate.handlers.services import Services

log = logging.getLogger(__name__)


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
    services: Services,
    owner: str,
    path: Path,
    content: str,
    deadline: float | None,
    pace: Pace | None = None,
) -> Scored:
    """Score a video, or find its report. Runs in a slot of the scorer; writes nothing.

    Args:
        services: of the process.
        owner: who pays.
        path: of the video.
        content: its hash.
        deadline: `time.monotonic()` at which to give up.
        pace: says when to give up sooner.

    Raises:
        LipgateError: it cannot be scored, not in time, or not within the quota.
        Interrupted: nobody wants it any more, or the process shuts down.
    """
    # The same video may have been scored while this one waited for its slot.
    found = find_cached(services, owner, content)
    if found:
        return found
    check_quota(services, owner)
    with _spent(services, owner):
        try:
            report = services.scorer.score(path, deadline, pace, on_progress=pace.told if pace else None)
        except Interrupted:
            if pace and pace.over:
                raise DeadlineError(pace.allowed or 0.0) from None
            raise
    now = time.time()
    name, period = _name(services, owner, content), period_of(now)
    result = CachedResult(name, report, now + services.settings.result_cache_seconds)
    entry = LedgerEntry(f"{name}:{period}", owner, period, now, report["video"]["duration_s"])
    return Scored(name, report, result, entry)


@contextmanager
def _spent(services: Services, owner: str) -> Iterator[None]:
    """What computing costs is counted whatever comes of it: a video that fails after an hour has used the hour."""
    began = time.monotonic()
    try:
        yield
    except Interrupted:  # ours to bear: the server stops, or another one has the job
        raise
    except Exception:
        _spend(services, owner, began)
        raise
    _spend(services, owner, began)


def _spend(services: Services, owner: str, began: float) -> None:
    try:
        services.ledger.spend(owner, period_of(time.time()), time.monotonic() - began)
    except UnavailableError as error:
        # The count of videos is what is exact; a report is not lost for the sake of this one.
        log.warning("computing not counted", extra={"owner": owner, "code": error.code})


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
