"""The worker's function, over Lambda's own protocol: jobs, notifications, and what happens when it is killed."""

import contextlib
import json
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from lipgate.handlers.domain.jobs import ANONYMOUS, Failure, Job, JobState, Outcome, Source, new_job_id
from lipgate.handlers.domain.uploads import new_upload_key
from lipgate.handlers.domain.usage import period_of
from tests.handlers.aws.cloud import Cloud, make_cloud
from tests.handlers.aws.emulator import Function, function
from tests.handlers.aws.events import batch, cases, event, failures

HANDLER = "lipgate.handlers.lambda_worker.handler"
DEADLINE_S = 60.0


@pytest.fixture(scope="module")
def stack(aws_address: str) -> Cloud:
    return make_cloud(aws_address)


@pytest.fixture(scope="module")
def worker(stack: Cloud, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Function]:
    with function(HANDLER, stack.environment(), tmp_path_factory.mktemp("worker") / "log", timeout_s=120) as running:
        yield running


def enter(cloud: Cloud, video: Path | None, state: JobState = JobState.QUEUED) -> Job:
    """A job of an upload; with the upload where there is a video."""
    services = cloud.services()
    key, now = new_upload_key(ANONYMOUS), time.time()
    if video:
        services.objects.put_file(video, key)
    job = Job(new_job_id(), ANONYMOUS, state, Source("upload", key), now, now, now + 86400)
    return services.jobs.create(job, None, 100)[0]


def message(job: Job) -> dict[str, Any]:
    """An SQS event with a message about a job."""
    made: dict[str, Any] = event("sqs_job")
    made["Records"][0]["body"] = json.dumps({"kind": "job", "job_id": job.id})
    return made


def now_of(cloud: Cloud, job: Job) -> Job:
    """The job as it is."""
    found = cloud.services().jobs.get(job.id)
    assert found is not None
    return found


def paid(cloud: Cloud) -> int:
    """Videos in the ledger: the sum, which must be that of the entries."""
    sums = cloud.services().ledger.usage(ANONYMOUS, period_of(time.time())).videos
    assert sums == len([item for item in cloud.items("ledger") if item["pk"]["S"].startswith("entry#")])
    return sums


def wait_for(condition: Callable[[], Any]) -> Any:
    """What a condition says, once it is true."""
    until = time.monotonic() + DEADLINE_S
    while not (said := condition()):
        assert time.monotonic() < until, "it did not happen"
        threading.Event().wait(0.02)
    return said


def test_a_message_of_ours_gets_its_job_done_once(worker: Function, stack: Cloud, puppet: Callable[..., Path]) -> None:
    before = paid(stack)
    job = enter(stack, puppet(seconds=3.0))
    assert failures(worker.invoke(message(job))) == []
    ended = now_of(stack, job)
    assert ended.state is JobState.DONE
    assert ended.outcome
    assert ended.outcome.report
    assert stack.services().objects.size(job.source.name) is None, "an upload goes with its job"
    # SQS delivers at least once.
    assert failures(worker.invoke(message(job))) == []
    assert now_of(stack, job) == ended
    assert paid(stack) == before + 1


def test_a_notification_of_s3_queues_the_job_that_waits(worker: Function, stack: Cloud, puppet: Callable[..., Path]) -> None:
    job = enter(stack, None, JobState.WAITING)
    stack.services().objects.put_file(puppet(seconds=3.0), job.source.name)
    notice = event("sqs_s3_notification")
    told = json.loads(notice["Records"][0]["body"])
    told["Records"][0]["s3"]["object"]["key"] = job.source.name.replace("/", "%2F")
    notice["Records"][0]["body"] = json.dumps(told)
    assert failures(worker.invoke(notice)) == []
    assert now_of(stack, job).state is JobState.QUEUED
    received = stack.messages()
    assert [json.loads(one["Body"])["job_id"] for one in received] == [job.id]
    assert failures(worker.invoke(batch(*received))) == []
    assert now_of(stack, job).state is JobState.DONE
    # A second notification of the same upload finds nobody waiting.
    assert failures(worker.invoke(notice)) == []
    assert stack.messages() == []


def test_the_test_event_of_s3_is_ignored(worker: Function) -> None:
    before = len(worker.log())
    assert failures(worker.invoke(event("sqs_s3_test_event"))) == []
    assert "unknown kind" not in worker.log()[before:]


@pytest.mark.parametrize(
    ("name", "hostile"), cases("hostile_messages"), ids=lambda value: value if isinstance(value, str) else ""
)
def test_a_poison_message_does_not_come_again(name: str, hostile: Any, worker: Function) -> None:
    answer = worker.invoke(hostile)
    assert "errorMessage" not in answer, answer
    assert failures(answer) == []


def test_a_video_that_cannot_be_scored_fails_for_good(worker: Function, stack: Cloud, tmp_path: Path) -> None:
    broken = tmp_path / "broken.mp4"
    broken.write_bytes(b"this is no video" * 100)
    before, job = paid(stack), enter(stack, broken)
    missing = enter(stack, None)
    assert failures(worker.invoke(message(job))) == []
    assert failures(worker.invoke(message(missing))) == []
    codes = [outcome.failure.code for each in (job, missing) if (outcome := now_of(stack, each).outcome) and outcome.failure]
    assert codes == ["not_a_video", "upload_not_found"]
    assert paid(stack) == before


def test_only_messages_that_have_to_come_again_are_reported(worker: Function, stack: Cloud, puppet: Callable[..., Path]) -> None:
    """A job that another worker holds is not done and not lost; its neighbours in the batch are done."""
    held, free = enter(stack, puppet(seconds=3.0)), enter(stack, puppet(seconds=3.0))
    stack.services().jobs.claim(held.id, "another", 600, time.time())
    both = message(held)
    both["Records"] += message(free)["Records"]
    nameless = message(held)["Records"][0]
    del nameless["messageId"]  # it cannot be asked for again, and must not take the others with it
    both["Records"].append(nameless)
    both["Records"][1]["messageId"] = "the-other"
    assert failures(worker.invoke(both)) == [both["Records"][0]["messageId"]]
    assert now_of(stack, free).state is JobState.DONE
    assert now_of(stack, held).worker == "another"


def test_a_killed_worker_costs_time_and_nothing_else(aws_address: str, tmp_path: Path, puppet: Callable[..., Path]) -> None:
    stack = make_cloud(aws_address, visibility_s=1)
    job = enter(stack, puppet(seconds=8.0))
    stack.services().queue.send(job.id)
    environment = {**stack.environment(), "LIPGATE_LEASE_SECONDS": "1"}
    (received,) = stack.messages(visible_after=1)
    disk = tmp_path / "disk"
    with function(HANDLER, environment, tmp_path / "first", timeout_s=120, disk=disk) as first:
        invocation = threading.Thread(target=_ignoring_errors, args=(first, batch(received)))
        invocation.start()
        wait_for(lambda: any(file.is_file() for file in disk.rglob("video")))
        first.kill()
        invocation.join(DEADLINE_S)
        assert not invocation.is_alive()
    assert now_of(stack, job).state is JobState.RUNNING
    assert paid(stack) == 0
    assert any(file.is_file() for file in disk.rglob("video")), "it was killed at work"
    with function(HANDLER, environment, tmp_path / "second", timeout_s=120, disk=disk) as second:

        def delivered() -> bool:
            """What Lambda does: deliver what has become visible, delete what was dealt with."""
            for message in stack.messages(visible_after=1):
                if failures(second.invoke(batch(message))) == []:
                    stack.clients.sqs.delete_message(QueueUrl=stack.settings.queue_url, ReceiptHandle=message["ReceiptHandle"])
            return now_of(stack, job).state.final

        wait_for(delivered)
        # The message of the one that was killed may come late, too.
        assert failures(second.invoke(message(job))) == []
        assert [file for file in disk.rglob("*") if file.is_file()] == [], "nothing of the video is left"
    ended = now_of(stack, job)
    assert (ended.state, ended.attempts) == (JobState.DONE, 2)
    assert paid(stack) == 1


def test_the_sweep_finds_what_the_queue_has_lost(cloud: Cloud, tmp_path: Path) -> None:
    services, long_ago = cloud.services(), time.time() - 3600
    states = {}
    for name, at in (("lost", long_ago), ("died", long_ago), ("new", time.time()), ("busy", time.time())):
        job = Job(new_job_id(), ANONYMOUS, JobState.QUEUED, Source("file", "a.mp4"), at, at, at + 86400)
        states[name] = services.jobs.create(job, None, 100)[0].id
    services.jobs.claim(states["died"], "w1", 60, long_ago)
    services.jobs.claim(states["busy"], "w2", 60, time.time())
    ended = Job(new_job_id(), ANONYMOUS, JobState.QUEUED, Source("file", "a.mp4"), long_ago, long_ago, long_ago + 86400)
    due = replace(ended, webhook_url="https://example.com/")
    services.jobs.create(due, None, 100)
    services.jobs.claim(due.id, "w3", 60, long_ago)
    services.jobs.complete(due.id, "w3", Outcome(failure=Failure("timeout", "It took too long.")), long_ago)
    with function("lipgate.handlers.lambda_sweep.handler", cloud.environment(), tmp_path / "log") as sweep:
        assert sweep.invoke({}) == {"jobs": 2, "webhooks": 1}
    bodies = sorted((body["kind"], body["job_id"]) for body in (json.loads(one["Body"]) for one in cloud.messages()))
    assert bodies == sorted([("job", states["lost"]), ("job", states["died"]), ("webhook", due.id)])


def _ignoring_errors(function: Function, sent: Any) -> None:
    with contextlib.suppress(OSError):
        function.invoke(sent)
