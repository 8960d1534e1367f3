"""Stores to be tested, whatever they are made of, and what is put into them."""

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import pytest

from lipgate.handlers.domain.jobs import Failure, Job, JobState, Outcome, Source, new_job_id
from lipgate.handlers.domain.usage import CachedResult, LedgerEntry
from lipgate.handlers.ports import JobStore, KeyStore, Ledger, Outbox, Results

T0 = 1_800_000_000.0
"""In the future, so that stores which let things expire by their own clock keep them."""

LEASE = 60.0
MANY = 1000
"""Queue length that is never reached."""

REPORT = {"score": 0.91, "decision": "ALLOW", "debug": {"all_results": [{"curve": [12.25, 0.5, 1e-3]}]}, "reason": None}
DONE = Outcome(report=REPORT)
FAILED = Outcome(failure=Failure("not_a_video", "The video is not a video file that can be read."))


@dataclass(frozen=True)
class Stores:
    """Fresh and empty."""

    jobs: JobStore
    results: Results
    ledger: Ledger
    keys: KeyStore
    outbox: Outbox


def job(**fields: Any) -> Job:
    """A queued job of a file."""
    usual: dict[str, Any] = {"owner": "ann", "state": JobState.QUEUED, "source": Source("file", "a.mp4")}
    return Job(**{"id": new_job_id(), "created_at": T0, "updated_at": T0, "expires_at": T0 + 86400, **usual, **fields})


def entry(name: str = "f1:2027-01", owner: str = "ann") -> LedgerEntry:
    return LedgerEntry(name, owner, "2027-01", T0, 4.5)


def result(name: str = "f1", expires_at: float = T0 + 100) -> CachedResult:
    return CachedResult(name, REPORT, expires_at)


def at_once(count: int, step: Callable[[int], Any]) -> list[Any]:
    """What several threads got that began together."""
    barrier = threading.Barrier(count)

    def run(number: int) -> Any:
        barrier.wait()
        return step(number)

    with ThreadPoolExecutor(count) as pool:
        return list(pool.map(run, range(count)))


class Contract:
    """Behaviour that `lipgate.handlers.ports` promises. Subclasses give the fixture `stores`."""

    @pytest.fixture
    def stores(self) -> Iterator[Stores]:
        raise NotImplementedError

    @pytest.fixture
    def queued(self, stores: Stores) -> Job:
        return stores.jobs.create(job(), None, MANY)[0]

    @pytest.fixture
    def running(self, stores: Stores, queued: Job) -> Job:
        claimed = stores.jobs.claim(queued.id, "w1", LEASE, T0)
        assert claimed is not None
        return claimed
