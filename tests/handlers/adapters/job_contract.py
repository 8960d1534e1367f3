"""What every store of jobs must do: jobs begin, run, and end in one transaction."""

import contextlib

import pytest

from lipgate.handlers.domain.errors import ConflictError, RefusedError, UnavailableError
from lipgate.handlers.domain.jobs import Idempotency, Job, JobState, Outcome, Source, new_job_id
from lipgate.handlers.domain.uploads import new_upload_key
from lipgate.handlers.domain.usage import CachedResult, Usage
from tests.handlers.adapters.stores import DONE, FAILED, LEASE, MANY, REPORT, T0, Contract, Stores, at_once, entry, job, result


class JobContract(Contract):
    """`lipgate.handlers.ports.JobStore`."""

    # Jobs begin

    def test_a_job_comes_back_as_it_was_entered(self, stores: Stores) -> None:
        source = Source("upload", new_upload_key("ann"))
        entered = job(source=source, state=JobState.WAITING, session_id="Äpfel ✓", webhook_url="https://example.com/h?a=1")
        assert stores.jobs.create(entered, None, MANY) == (entered, True)
        assert stores.jobs.get(entered.id) == entered

    def test_an_unknown_job_is_none(self, stores: Stores) -> None:
        assert stores.jobs.get(new_job_id()) is None
        assert stores.jobs.claim(new_job_id(), "w1", LEASE, T0) is None
        assert not stores.jobs.complete(new_job_id(), "w1", DONE, T0, result(), entry())
        assert stores.ledger.usage("ann", "2027-01") == Usage(0, 0.0)
        stores.jobs.delete(new_job_id())

    def test_the_same_request_gives_the_first_job_back(self, stores: Stores) -> None:
        first, again = job(), job()
        promise = Idempotency("key", "request")
        assert stores.jobs.create(first, promise, MANY) == (first, True)
        assert stores.jobs.create(again, promise, MANY) == (first, False)
        assert stores.jobs.get(again.id) is None

    def test_another_request_under_the_same_key_is_a_conflict(self, stores: Stores) -> None:
        stores.jobs.create(job(), Idempotency("key", "request"), MANY)
        with pytest.raises(ConflictError) as caught:
            stores.jobs.create(job(), Idempotency("key", "other"), MANY)
        assert caught.value.code == "idempotency_conflict"

    def test_the_first_job_under_a_key_is_found(self, stores: Stores) -> None:
        assert stores.jobs.first(Idempotency("key", "request")) is None
        made, _ = stores.jobs.create(job(), Idempotency("key", "request"), MANY)
        assert stores.jobs.first(Idempotency("key", "request")) == stores.jobs.get(made.id) is not None
        with pytest.raises(ConflictError) as caught:
            stores.jobs.first(Idempotency("key", "other"))
        assert caught.value.code == "idempotency_conflict"
        stores.jobs.delete(made.id)
        assert stores.jobs.first(Idempotency("key", "other")) is None

    @pytest.mark.parametrize("request_hash", ["request", "other"])
    def test_a_key_is_free_again_when_its_job_has_expired(self, request_hash: str, stores: Stores) -> None:
        """Whether or not the job has been removed yet."""
        stores.jobs.create(job(created_at=1.0, updated_at=1.0, expires_at=2.0), Idempotency("key", "request"), MANY)
        assert stores.jobs.first(Idempotency("key", request_hash)) is None
        again = job()
        assert stores.jobs.create(again, Idempotency("key", request_hash), MANY) == (again, True)
        assert stores.jobs.first(Idempotency("key", request_hash)) == again

    def test_of_many_equal_requests_at_once_one_makes_a_job(self, stores: Stores) -> None:
        made = at_once(8, lambda _: stores.jobs.create(job(), Idempotency("key", "request"), MANY))
        assert sum(new for _, new in made) == 1
        assert len({kept.id for kept, _ in made}) == 1

    def test_an_upload_has_one_job(self, stores: Stores) -> None:
        source = Source("upload", new_upload_key("ann"))
        stores.jobs.create(job(source=source), None, MANY)
        with pytest.raises(ConflictError) as caught:
            stores.jobs.create(job(source=source), None, MANY)
        assert caught.value.code == "upload_taken"

    def test_an_upload_knows_its_job(self, stores: Stores) -> None:
        source = Source("upload", new_upload_key("ann"))
        assert stores.jobs.of_upload(source.name) is None
        made, _ = stores.jobs.create(job(source=source), None, MANY)
        stores.jobs.create(job(source=Source("file", "a.mp4")), None, MANY)
        assert stores.jobs.of_upload(source.name) == made
        assert stores.jobs.of_upload("a.mp4") is None
        stores.jobs.delete(made.id)
        assert stores.jobs.of_upload(source.name) is None

    def test_a_full_queue_refuses(self, stores: Stores) -> None:
        for _ in range(3):
            stores.jobs.create(job(), None, 3)
        with pytest.raises(UnavailableError) as caught:
            stores.jobs.create(job(), None, 3)
        assert caught.value.code == "queue_full"
        assert caught.value.retry_after

    def test_jobs_whose_upload_may_never_come_do_not_fill_the_queue(self, stores: Stores) -> None:
        for _ in range(3):
            source = Source("upload", new_upload_key("ann"))
            stores.jobs.create(job(source=source, state=JobState.WAITING), None, 2)
        assert stores.jobs.create(job(), None, 2)[1]

    def test_an_owner_has_so_many_jobs_at_a_time_whatever_they_wait_for(self, stores: Stores) -> None:
        waiting = job(source=Source("upload", new_upload_key("ann")), state=JobState.WAITING)
        queued = job()
        for one in (waiting, queued):
            stores.jobs.create(one, None, MANY, 2)
        with pytest.raises(RefusedError) as caught:
            stores.jobs.create(job(), None, MANY, 2)
        assert caught.value.code == "too_many_jobs"
        assert caught.value.retry_after
        assert stores.jobs.create(job(owner="ben"), None, MANY, 2)[1]
        stores.jobs.claim(queued.id, "w1", LEASE, T0)
        with pytest.raises(RefusedError):
            stores.jobs.create(job(), None, MANY, 2)
        stores.jobs.complete(queued.id, "w1", FAILED, T0)
        assert stores.jobs.create(job(), None, MANY, 2)[1]
        stores.jobs.delete(waiting.id)
        assert stores.jobs.create(job(), None, MANY, 2)[1]

    def test_an_upload_that_arrives_queues_its_job_once(self, stores: Stores) -> None:
        source = Source("upload", new_upload_key("ann"))
        waiting, _ = stores.jobs.create(job(source=source, state=JobState.WAITING), None, MANY)
        assert stores.jobs.claim(waiting.id, "w1", LEASE, T0) is None
        assert stores.jobs.arrived(source.name, T0 + 1) == waiting.id
        assert stores.jobs.arrived(source.name, T0 + 1) is None
        assert stores.jobs.arrived(new_upload_key("ann"), T0) is None
        now = stores.jobs.get(waiting.id)
        assert now is not None
        assert (now.state, now.updated_at) == (JobState.QUEUED, T0 + 1)

    # Jobs run

    def test_a_claim_makes_it_run(self, running: Job, stores: Stores) -> None:
        assert (running.state, running.worker, running.attempts, running.lease_until) == (JobState.RUNNING, "w1", 1, T0 + LEASE)
        assert stores.jobs.get(running.id) == running

    def test_of_many_claims_at_once_one_succeeds(self, queued: Job, stores: Stores) -> None:
        claims = at_once(8, lambda number: stores.jobs.claim(queued.id, f"w{number}", LEASE, T0))
        assert sum(claim is not None for claim in claims) == 1

    def test_a_job_is_held_until_its_lease_ends(self, running: Job, stores: Stores) -> None:
        assert stores.jobs.claim(running.id, "w2", LEASE, T0 + LEASE - 1) is None
        taken = stores.jobs.claim(running.id, "w2", LEASE, T0 + LEASE)
        assert taken is not None
        assert (taken.worker, taken.attempts) == ("w2", 2)

    def test_a_lease_can_be_extended_by_its_holder_only(self, running: Job, stores: Stores) -> None:
        assert stores.jobs.extend(running.id, "w1", LEASE, T0 + 50)
        assert not stores.jobs.extend(running.id, "w2", LEASE, T0 + 50)
        assert stores.jobs.claim(running.id, "w2", LEASE, T0 + LEASE) is None
        assert stores.jobs.claim(running.id, "w2", LEASE, T0 + 50 + LEASE) is not None
        assert not stores.jobs.extend(running.id, "w1", LEASE, T0 + 120)

    def test_a_released_job_is_as_if_never_claimed(self, running: Job, stores: Stores) -> None:
        assert not stores.jobs.release(running.id, "w2", T0)
        assert stores.jobs.release(running.id, "w1", T0 + 1)
        again = stores.jobs.get(running.id)
        assert again is not None
        assert (again.state, again.attempts, again.worker, again.lease_until) == (JobState.QUEUED, 0, None, None)
        assert stores.jobs.claim(running.id, "w2", LEASE, T0 + 2) is not None

    def test_an_attempt_that_was_spent_counts(self, running: Job, stores: Stores) -> None:
        assert not stores.jobs.release(running.id, "w2", T0, spent=True)
        assert stores.jobs.release(running.id, "w1", T0 + 1, spent=True)
        again = stores.jobs.get(running.id)
        assert again is not None
        assert (again.state, again.attempts, again.worker, again.lease_until) == (JobState.QUEUED, 1, None, None)
        claimed = stores.jobs.claim(running.id, "w2", LEASE, T0 + 2)
        assert claimed is not None
        assert claimed.attempts == 2

    # Jobs end

    @pytest.mark.parametrize(("outcome", "state"), [(DONE, JobState.DONE), (FAILED, JobState.FAILED)])
    def test_an_outcome_is_kept(self, outcome: Outcome, state: JobState, running: Job, stores: Stores) -> None:
        assert stores.jobs.complete(running.id, "w1", outcome, T0 + 5)
        ended = stores.jobs.get(running.id)
        assert ended is not None
        assert (ended.state, ended.outcome, ended.updated_at) == (state, outcome, T0 + 5)
        assert stores.jobs.claim(running.id, "w2", LEASE, T0 + 9999) is None

    def test_completion_writes_result_and_ledger(self, running: Job, stores: Stores) -> None:
        assert stores.jobs.complete(running.id, "w1", DONE, T0, result(), entry(), "f1")
        assert stores.results.cached("f1", T0) == result()
        assert stores.ledger.usage("ann", "2027-01") == Usage(1, 4.5)
        ended = stores.jobs.get(running.id)
        assert ended is not None
        assert ended.fingerprint == "f1"

    def test_a_second_completion_changes_nothing(self, running: Job, stores: Stores) -> None:
        stores.jobs.complete(running.id, "w1", DONE, T0, result(), entry(), "f1")
        assert not stores.jobs.complete(running.id, "w1", FAILED, T0 + 1, result("f2"), entry("f2"), "f2")
        ended = stores.jobs.get(running.id)
        assert ended is not None
        assert ended.outcome == DONE
        assert stores.results.cached("f2", T0) is None
        assert stores.ledger.usage("ann", "2027-01") == Usage(1, 4.5)

    def test_a_worker_that_lost_its_job_writes_nothing(self, running: Job, stores: Stores) -> None:
        stores.jobs.claim(running.id, "w2", LEASE, T0 + LEASE)
        assert not stores.jobs.complete(running.id, "w1", DONE, T0 + LEASE, result(), entry())
        assert stores.ledger.usage("ann", "2027-01") == Usage(0, 0.0)
        assert stores.jobs.complete(running.id, "w2", DONE, T0 + LEASE, result(), entry())
        assert stores.ledger.usage("ann", "2027-01") == Usage(1, 4.5)

    def test_a_video_that_was_paid_for_ends_other_jobs_all_the_same(self, running: Job, stores: Stores) -> None:
        stores.results.store(result(), entry())
        assert stores.jobs.complete(running.id, "w1", DONE, T0, result(), entry(), "f1")
        ended = stores.jobs.get(running.id)
        assert ended is not None
        assert ended.state is JobState.DONE
        assert stores.ledger.usage("ann", "2027-01") == Usage(1, 4.5)

    def test_many_completions_at_once_count_every_video_once(self, stores: Stores) -> None:
        """Eight jobs of four videos."""
        jobs = [stores.jobs.create(job(), None, MANY)[0] for _ in range(8)]
        for one in jobs:
            stores.jobs.claim(one.id, "w1", LEASE, T0)

        def complete(number: int) -> bool:
            name = f"f{number % 4}"
            while True:
                # A store may be too busy to say yes at once; it has then changed nothing.
                with contextlib.suppress(UnavailableError):
                    return stores.jobs.complete(jobs[number].id, "w1", DONE, T0, result(name), entry(f"{name}:m"), name)

        assert at_once(8, complete) == [True] * 8
        assert stores.ledger.usage("ann", "2027-01") == Usage(4, 18.0)

    def test_a_long_report_is_kept_whole(self, running: Job, stores: Stores) -> None:
        """An hour of a face has 90,000 framewise confidences; some stores take small items only."""
        long = {**REPORT, "debug": {"framewise": [round(index * 0.0137 % 7, 3) for index in range(120_000)]}}
        assert stores.jobs.complete(running.id, "w1", Outcome(report=long), T0, CachedResult("f1", long, T0 + 9), entry(), "f1")
        ended = stores.jobs.get(running.id)
        assert ended is not None
        assert ended.outcome == Outcome(report=long)
        cached = stores.results.cached("f1", T0)
        assert cached is not None
        assert cached.report == long

    def test_a_deleted_job_leaves_only_its_ledger_line(self, stores: Stores) -> None:
        promise = Idempotency("key", "request")
        made, _ = stores.jobs.create(job(webhook_url="https://example.com/"), promise, MANY)
        stores.jobs.claim(made.id, "w1", LEASE, T0)
        stores.jobs.complete(made.id, "w1", DONE, T0, result(), entry(), "f1")
        stores.jobs.delete(made.id)
        assert stores.jobs.get(made.id) is None
        assert stores.results.cached("f1", T0) is None
        assert stores.outbox.take(made.id, LEASE, T0 + 1) is None
        assert stores.jobs.create(job(), promise, MANY)[1], "its idempotency record must be gone"
        assert stores.ledger.usage("ann", "2027-01") == Usage(1, 4.5)

    def test_a_job_deleted_while_it_runs_is_not_completed(self, running: Job, stores: Stores) -> None:
        stores.jobs.delete(running.id)
        assert not stores.jobs.extend(running.id, "w1", LEASE, T0)
        assert not stores.jobs.complete(running.id, "w1", DONE, T0, result(), entry())
        assert stores.ledger.usage("ann", "2027-01") == Usage(0, 0.0)
