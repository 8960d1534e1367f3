"""What every store must do with what outlives a job: results, the ledger, keys, webhooks."""

from dataclasses import replace

import pytest

from lipgate.handlers.domain.jobs import Job
from lipgate.handlers.domain.keys import new_key
from lipgate.handlers.domain.usage import Usage
from tests.handlers.adapters.stores import DONE, LEASE, MANY, T0, Contract, Stores, at_once, entry, job, result


class RecordContract(Contract):
    """`lipgate.handlers.ports.Results`, `Ledger`, `KeyStore` and `Outbox`."""

    # Results and the ledger

    def test_a_result_expires(self, stores: Stores) -> None:
        assert stores.results.store(result(expires_at=T0 + 10), entry())
        assert stores.results.cached("f1", T0 + 9) is not None
        assert stores.results.cached("f1", T0 + 10) is None

    def test_an_entry_counts_once_however_often_it_is_written(self, stores: Stores) -> None:
        written = at_once(6, lambda _: stores.results.store(result(), entry()))
        assert written.count(True) == 1
        assert stores.ledger.usage("ann", "2027-01") == Usage(1, 4.5)

    def test_a_new_result_takes_the_place_of_the_old_one(self, stores: Stores) -> None:
        stores.results.store(result(expires_at=T0 + 10), entry())
        assert not stores.results.store(result(expires_at=T0 + 50), entry())
        assert stores.results.cached("f1", T0 + 20) == result(expires_at=T0 + 50)

    def test_usage_is_by_owner_and_month(self, stores: Stores) -> None:
        stores.results.store(result("f1"), entry("f1:m"))
        stores.results.store(result("f2"), entry("f2:m"))
        stores.results.store(result("f3"), entry("f3:m", owner="ben"))
        stores.results.store(result("f1"), replace(entry("f1:n"), period="2027-02"))
        assert stores.ledger.usage("ann", "2027-01") == Usage(2, 9.0)
        assert stores.ledger.usage("ann", "2027-02") == Usage(1, 4.5)
        assert stores.ledger.usage("ben", "2027-01") == Usage(1, 4.5)
        assert stores.ledger.usage("cat", "2027-01") == Usage(0, 0.0)

    # Keys

    def test_computing_is_summed_beside_the_videos(self, stores: Stores) -> None:
        for owner, period, seconds in (("ann", "2027-01", 1.5), ("ann", "2027-01", 2.0), ("ann", "2027-02", 8.0)):
            stores.ledger.spend(owner, period, seconds)
        assert stores.ledger.usage("ann", "2027-01") == Usage(0, 0.0, 3.5)
        stores.results.store(result(), entry())
        assert stores.ledger.usage("ann", "2027-01") == Usage(1, 4.5, 3.5)
        assert stores.ledger.usage("ben", "2027-01") == Usage(0, 0.0, 0.0)

    def test_keys_are_kept_and_revoked_for_good(self, stores: Stores) -> None:
        (one, _), (two, _) = new_key("Ann", T0, 100, 60), new_key("Ben", T0 + 1)
        stores.keys.add(one)
        stores.keys.add(two)
        assert stores.keys.get(one.id) == one
        assert list(stores.keys.all()) == [one, two]
        assert stores.keys.revoke(one.id, T0 + 2)
        assert stores.keys.revoke(one.id, T0 + 3)
        assert stores.keys.get(one.id) == replace(one, revoked_at=T0 + 2)
        assert not stores.keys.revoke("0" * 12, T0)
        assert stores.keys.get("0" * 12) is None

    def test_requests_are_counted_by_the_minute(self, stores: Stores) -> None:
        start = T0 - T0 % 60
        assert [stores.keys.take("k1", 2, start + second) for second in (0, 1, 15, 59, 60)] == [None, None, 45.0, 1.0, None]
        assert stores.keys.take("k2", 2, start + 2) is None

    def test_of_many_requests_at_once_only_so_many_are_allowed(self, stores: Stores) -> None:
        allowed = at_once(12, lambda _: stores.keys.take("k1", 5, T0))
        assert allowed.count(None) == 5

    # Webhooks

    @pytest.fixture
    def delivery(self, stores: Stores) -> str:
        made, _ = stores.jobs.create(job(webhook_url="https://example.com/"), None, MANY)
        stores.jobs.claim(made.id, "w1", LEASE, T0)
        stores.jobs.complete(made.id, "w1", DONE, T0)
        return made.id

    def test_only_jobs_with_a_webhook_get_a_delivery(self, running: Job, stores: Stores) -> None:
        stores.jobs.complete(running.id, "w1", DONE, T0)
        assert stores.outbox.take(running.id, LEASE, T0 + 1) is None

    def test_a_delivery_is_taken_by_one_sender(self, delivery: str, stores: Stores) -> None:
        taken = at_once(6, lambda _: stores.outbox.take(delivery, LEASE, T0))
        assert sum(one is not None for one in taken) == 1
        assert stores.outbox.take(delivery, LEASE, T0 + LEASE - 1) is None

    def test_a_delivery_whose_sender_died_is_due_again(self, delivery: str, stores: Stores) -> None:
        stores.outbox.take(delivery, LEASE, T0)
        again = stores.outbox.take(delivery, LEASE, T0 + LEASE)
        assert again is not None
        assert again.attempts == 0

    def test_a_delivery_is_tried_again_until_it_is_removed(self, delivery: str, stores: Stores) -> None:
        stores.outbox.take(delivery, LEASE, T0)
        stores.outbox.retry(delivery, 1, T0 + 20)
        assert stores.outbox.take(delivery, LEASE, T0 + 19) is None
        again = stores.outbox.take(delivery, LEASE, T0 + 20)
        assert again is not None
        assert again.attempts == 1
        stores.outbox.remove(delivery)
        assert stores.outbox.take(delivery, LEASE, T0 + 9999) is None
