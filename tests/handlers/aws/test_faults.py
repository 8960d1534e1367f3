"""AWS throttles, fails and loses answers: callers get 503 with Retry-After, and nothing is done twice or by half."""

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from starlette.testclient import TestClient

from lipgate.handlers.domain.errors import TooLargeError, UnavailableError
from lipgate.handlers.domain.jobs import ANONYMOUS, JobState
from lipgate.handlers.domain.uploads import new_upload_key
from lipgate.handlers.domain.usage import Usage
from lipgate.handlers.http.app import create_app
from lipgate.handlers.jobs.orders import announce_upload
from tests.handlers.adapters.stores import DONE, LEASE, MANY, T0, entry, job, result
from tests.handlers.aws.cloud import Cloud, make_cloud
from tests.handlers.aws.faults import Fault, Faults, faulty

THROTTLED: dict[str, Any] = {"status": 400, "code": "ThrottlingException"}
BROKEN: dict[str, Any] = {"status": 500, "code": "InternalServerError"}
LOST: dict[str, Any] = {**BROKEN, "times": 1, "after": True}


@pytest.fixture(scope="module")
def faults(aws_address: str) -> Iterator[Faults]:
    with faulty(aws_address) as proxy:
        yield proxy


@pytest.fixture(scope="module", autouse=True)
def _impatient() -> Iterator[None]:
    """What botocore waits between attempts is its own matter, and not tested here."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("botocore.retries.standard.ExponentialBackoff.delay_amount", lambda *_: 0.0)
        yield


@pytest.fixture
def cloud(faults: Faults) -> Cloud:
    """An empty stack behind the proxy."""
    return make_cloud(faults.address, attempts=3)


@pytest.fixture(scope="module")
def stack(faults: Faults) -> Cloud:
    """The stack of `client`."""
    return make_cloud(faults.address, attempts=3)


@pytest.fixture(scope="module")
def client(stack: Cloud) -> TestClient:
    return TestClient(create_app(stack.services()), raise_server_exceptions=False)


@pytest.fixture
def upload(stack: Cloud, tmp_path: Path) -> str:
    """Key of an upload that is there."""
    key, video = new_upload_key(ANONYMOUS), tmp_path / "video"
    video.write_bytes(b"a video" * 100_000)
    stack.services().objects.put_file(video, key)
    return key


def assert_try_again(answer: httpx.Response) -> None:
    assert answer.status_code == 503, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    assert int(answer.headers["retry-after"]) >= 1
    assert answer.json()["code"] == "storage_unavailable"


@pytest.mark.parametrize("kind", [THROTTLED, BROKEN], ids=["throttled", "broken"])
@pytest.mark.parametrize(
    ("operation", "method", "path", "body"),
    [
        ("DynamoDB_20120810.GetItem", "GET", "/usage", None),
        ("DynamoDB_20120810.GetItem", "GET", "/jobs/00000000000000000000000000000000", None),
        ("DynamoDB_20120810.TransactWriteItems", "POST", "/jobs", {}),
        ("DynamoDB_20120810.Query", "POST", "/jobs", {}),
        ("HEAD /", "POST", "/jobs", {}),
    ],
)
def test_a_service_that_stays_away_is_503(
    operation: str, method: str, path: str, body: dict | None, kind: dict, client: TestClient, faults: Faults, upload: str
) -> None:
    with faults.of(Fault(operation=operation, **kind)) as met:
        answer = client.request(method, path, json=None if body is None else {"upload": upload})
    assert met
    assert_try_again(answer)


@pytest.mark.parametrize("job_id", ["x" * 3000, "0" * 31, "0" * 33, "F" * 32, "0" * 32 + "%0A"], ids=len)
@pytest.mark.parametrize("method", ["GET", "DELETE"])
def test_no_store_is_asked_for_what_is_no_job_id(method: str, job_id: str, client: TestClient, faults: Faults) -> None:
    with faults.of(Fault()) as met:
        answer = client.request(method, f"/jobs/{job_id}")
    assert (answer.status_code, answer.json()["code"]) == (404, "job_not_found")
    assert met == []


def test_a_server_that_is_gone_is_503(cloud: Cloud) -> None:
    nowhere = make_cloud_at_nowhere(cloud)
    answer = TestClient(create_app(nowhere.services()), raise_server_exceptions=False).get("/usage")
    assert_try_again(answer)


@pytest.mark.parametrize("kind", [THROTTLED, BROKEN], ids=["throttled", "broken"])
@pytest.mark.parametrize("operation", ["DynamoDB", "AmazonSQS", "HEAD /"])
def test_a_service_that_fails_once_is_not_noticed(
    operation: str, kind: dict, client: TestClient, faults: Faults, upload: str, stack: Cloud
) -> None:
    with faults.of(Fault(operation=operation, times=1, **kind)) as met:
        answer = client.post("/jobs", json={"upload": upload})
    assert len(met) == 1
    assert answer.status_code == 202
    assert len(stack.messages()) == 1


@pytest.mark.parametrize("early", [False, True], ids=["of an upload that is there", "of one that comes later"])
def test_a_job_whose_message_was_not_sent_is_found_by_the_sweep(
    early: bool, client: TestClient, faults: Faults, upload: str, stack: Cloud
) -> None:
    services = stack.services()
    with faults.of(Fault(operation="AmazonSQS")) as met:
        key = new_upload_key(ANONYMOUS) if early else upload
        answer = client.post("/jobs", json={"upload": key})
        assert answer.status_code == 202
        if early:
            assert announce_upload(services, key) == answer.json()["id"]
    assert met
    assert answer.json()["id"] in services.outbox.forgotten(time.time() + 1, 100)  # type: ignore[attr-defined]


def test_a_job_whose_upload_cannot_be_removed_stays_until_it_can(
    client: TestClient, faults: Faults, upload: str, stack: Cloud
) -> None:
    place = client.post("/jobs", json={"upload": upload}).headers["location"]
    with faults.of(Fault(operation="DELETE /")) as met:
        assert_try_again(client.delete(place))
    assert met
    assert client.delete(place).status_code == 204
    assert client.get(place).status_code == 404
    assert stack.services().objects.size(upload) is None


class TestLostAnswers:
    """The change is made, and the client, which does not know, makes it again."""

    def test_a_claim_is_ours(self, cloud: Cloud, faults: Faults) -> None:
        jobs = cloud.services().jobs
        made, _ = jobs.create(job(), None, MANY)
        with faults.of(Fault(operation="UpdateItem", **LOST)) as met:
            claimed = jobs.claim(made.id, "w1", LEASE, T0)
        assert met
        assert claimed
        assert (claimed.worker, claimed.attempts) == ("w1", 1)
        assert jobs.claim(made.id, "w1", LEASE, T0) is None, "a second call is another claim"

    def test_a_completion_counts_once(self, cloud: Cloud, faults: Faults) -> None:
        services = cloud.services()
        made, _ = services.jobs.create(job(), None, MANY)
        services.jobs.claim(made.id, "w1", LEASE, T0)
        with faults.of(Fault(operation="TransactWriteItems", **LOST)) as met:
            assert services.jobs.complete(made.id, "w1", DONE, T0, result(), entry(), "f1")
        assert met
        assert services.ledger.usage("ann", "2027-01") == Usage(1, 4.5)
        assert len([item for item in cloud.items("ledger") if item["pk"]["S"].startswith("entry#")]) == 1

    def test_a_job_is_entered_once(self, cloud: Cloud, faults: Faults) -> None:
        jobs = cloud.services().jobs
        with faults.of(Fault(operation="TransactWriteItems", **LOST)) as met:
            made, new = jobs.create(job(), None, MANY)
        assert met
        assert new
        assert jobs.get(made.id) == made


def test_a_transaction_that_fails_halfway_changes_nothing(cloud: Cloud, faults: Faults) -> None:
    services = cloud.services()
    made, _ = services.jobs.create(job(), None, MANY)
    services.jobs.claim(made.id, "w1", LEASE, T0)
    with faults.of(Fault(operation="TransactWriteItems", **BROKEN)), pytest.raises(UnavailableError):
        services.jobs.complete(made.id, "w1", DONE, T0, result(), entry(), "f1")
    now = services.jobs.get(made.id)
    assert now
    assert now.state is JobState.RUNNING
    assert services.results.cached("f1", T0) is None
    assert services.ledger.usage("ann", "2027-01") == Usage(0, 0.0)
    assert services.jobs.complete(made.id, "w1", DONE, T0, result(), entry(), "f1")
    assert services.ledger.usage("ann", "2027-01") == Usage(1, 4.5)


def test_a_download_is_removed_whatever_happens(stack: Cloud, upload: str) -> None:
    objects = stack.services().objects
    with objects.local_copy(upload, 1_000_000) as path:
        assert path.read_bytes() == b"a video" * 100_000
    assert not path.parent.exists()
    with pytest.raises(RuntimeError), objects.local_copy(upload, 1_000_000) as path:
        raise RuntimeError
    assert not path.parent.exists()
    with pytest.raises(TooLargeError), objects.local_copy(upload, 699_999):
        pass


def test_a_ticket_fixes_key_type_and_size(cloud: Cloud) -> None:
    """S3 enforces what the signed policy says; this is what it says."""
    import base64
    import json

    key = new_upload_key(ANONYMOUS)
    ticket = cloud.services().objects.presign(key, "video/mp4", 1000, 60, time.time())
    policy = json.loads(base64.b64decode(ticket.fields["policy"]))
    assert ["content-length-range", 1, 1000] in policy["conditions"]
    for condition in ({"Content-Type": "video/mp4"}, {"key": key}, {"bucket": cloud.settings.bucket}):
        assert condition in policy["conditions"]
    assert ticket.fields["Content-Type"] == "video/mp4"
    assert "Expires" not in ticket.fields
    assert ticket.expires_at == pytest.approx(time.time() + 60, abs=5)


def make_cloud_at_nowhere(cloud: Cloud) -> Cloud:
    """The same stack at an address where nobody listens."""
    from dataclasses import replace

    from lipgate.handlers.adapters.aws.clients import Clients

    settings = cloud.settings.model_copy(update={"aws_endpoint_url": "http://127.0.0.1:9"})
    return replace(cloud, settings=settings, clients=Clients.make(settings))
