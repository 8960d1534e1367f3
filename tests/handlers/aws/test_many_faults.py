"""One in five calls to AWS fails, before or after its effect, while jobs are made and done: none is lost, doubled or paid twice.

LIPGATE_FAULTY_JOBS=200 for as many jobs; fewer by default, since moto answers one call after another.
"""

import copy
import os
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any, TypeVar

import pytest
from starlette.testclient import TestClient

from lipgate.handlers.adapters.aws.clients import Clients
from lipgate.handlers.adapters.aws.messages import Messages
from lipgate.handlers.domain.errors import UnavailableError
from lipgate.handlers.domain.jobs import ANONYMOUS
from lipgate.handlers.domain.uploads import new_upload_key
from lipgate.handlers.domain.usage import period_of
from lipgate.handlers.http.app import create_app
from lipgate.handlers.http.schemas import REPORT_EXAMPLE
from lipgate.handlers.scoring.slots import Scorer
from tests.handlers.aws.cloud import Cloud, make_cloud
from tests.handlers.aws.faults import Fault, faulty

JOBS = int(os.environ.get("LIPGATE_FAULTY_JOBS", "8"))
SHARE = 0.2
PATIENCE_S = 300.0

T = TypeVar("T")


@pytest.fixture
def impatient() -> Iterator[None]:
    """What botocore waits between attempts is its own matter."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("botocore.retries.standard.ExponentialBackoff.delay_amount", lambda *_: 0.0)
        # What it saves up for attempts in good times is used up at once by so many faults.
        patch.setattr("botocore.retries.standard.RetryQuotaChecker.acquire_retry_quota", lambda *_: True)
        yield


def at_last(step: Callable[[], T]) -> T:
    """As a client does that is told to come back."""
    end = time.monotonic() + PATIENCE_S
    while True:
        try:
            return step()
        except UnavailableError:
            assert time.monotonic() < end


def test_nothing_is_lost_doubled_or_paid_twice(
    aws_address: str, impatient: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def score(scorer: Scorer, path: Path, *_: Any, **__: Any) -> dict[str, Any]:
        assert path.read_bytes().startswith(b"video ")
        return {name: value for name, value in copy.deepcopy(REPORT_EXAMPLE).items() if name != "session_id"}

    monkeypatch.setattr(Scorer, "score", score)
    with faulty(aws_address) as faults:
        behind = make_cloud(faults.address, visibility_s=0, attempts=3)
        whole = behind.settings.model_copy(update={"aws_endpoint_url": aws_address})
        cloud = Cloud(whole, Clients.make(whole), behind.dead_letters_url)
        services = behind.services(lease_seconds=0.3, max_queue=10_000, max_jobs_per_key=10_000, max_uploads_per_key=10_000)
        client = TestClient(create_app(services), raise_server_exceptions=False)
        with faults.of(Fault(status=500, code="InternalServerError", share=SHARE, seed=7)) as met:
            ids = [_made(client, cloud, tmp_path, number) for number in range(JOBS)]
            again = [_asked(client, key, number) for number, (key, _) in enumerate(ids)]
            assert again == [job_id for _, job_id in ids], "a request sent again finds its job"
            states = _worked_off(services, cloud, [job_id for _, job_id in ids])
        assert len(met) > JOBS
    assert set(states.values()) == {"done"}
    sums = services.ledger.usage(ANONYMOUS, period_of(time.time()))
    entries = [item for item in cloud.items("ledger") if item["pk"]["S"].startswith("entry#")]
    assert (sums.videos, len(entries)) == (JOBS, JOBS)
    assert sums.video_seconds == pytest.approx(JOBS * REPORT_EXAMPLE["video"]["duration_s"])
    jobs = [item for item in cloud.items("state") if item["pk"]["S"].startswith("job#")]
    assert len(jobs) == JOBS
    assert not [item for item in jobs if "agenda" in item or "pending_of" in item]


def _made(client: TestClient, cloud: Cloud, folder: Path, number: int) -> tuple[str, str]:
    """Upload a video of its own, straight to S3 as clients do, and ask for a job: key, id."""
    video, key = folder / "video", new_upload_key(ANONYMOUS)
    video.write_bytes(b"video %d" % number)
    cloud.services().objects.put_file(video, key)
    return key, _asked(client, key, number)


def _asked(client: TestClient, key: str, number: int) -> str:
    end = time.monotonic() + PATIENCE_S
    while True:
        answer = client.post("/jobs", json={"upload": key}, headers={"Idempotency-Key": f"order-{number}"})
        if answer.status_code == 202:
            return str(answer.json()["id"])
        assert (answer.status_code, answer.json()["code"]) == (503, "storage_unavailable"), answer.text
        assert time.monotonic() < end


def _worked_off(services: Any, cloud: Cloud, ids: list[str]) -> dict[str, str]:
    """States of the jobs once the worker has dealt with every message, and the sweep with what was forgotten."""
    messages, context = Messages(services), SimpleNamespace(get_remaining_time_in_millis=lambda: 900_000)
    jobs, agenda = cloud.services().jobs, cloud.services().outbox
    end = time.monotonic() + PATIENCE_S
    while True:
        for message in cloud.messages():
            record = {
                "messageId": message["MessageId"],
                "receiptHandle": message["ReceiptHandle"],
                "body": message["Body"],
                "attributes": message.get("Attributes", {}),
            }
            if messages.handle(record, context):
                cloud.clients.sqs.delete_message(QueueUrl=cloud.settings.queue_url, ReceiptHandle=message["ReceiptHandle"])
        states = {job_id: str(job.state) if (job := jobs.get(job_id)) else "lost" for job_id in ids}
        if set(states.values()) <= {"done", "failed", "lost"}:
            return states
        assert time.monotonic() < end, states
        for job_id in agenda.forgotten(time.time() + 60, 1000):  # type: ignore[attr-defined]
            at_last(lambda job_id=job_id: cloud.services().queue.send(job_id))  # type: ignore[misc]
