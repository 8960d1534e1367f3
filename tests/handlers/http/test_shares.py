"""What one key may have of what all share: jobs, uploads, computing; and what is left of it once it is revoked."""

import time

import pytest

from lipgate.core.errors import InputError
from lipgate.handlers.jobs.execution import Handled, run_job
from lipgate.handlers.settings import ServiceSettings
from tests.handlers.conftest import VIDEO, Api, MakeApi


def revoke(api: Api, headers: dict[str, str]) -> None:
    assert api.services.keys.revoke(headers["Authorization"].split("_")[1], time.time())


def code(answer: object) -> tuple[int, str]:
    return answer.status_code, answer.json()["code"]  # type: ignore[attr-defined]


# Shares


def test_a_key_has_so_many_jobs_at_a_time_and_others_have_theirs(make_api: MakeApi) -> None:
    api = make_api(workers=0, max_jobs_per_key=2)
    ann, ben = api.key(), api.key()
    (api.folder / "a.mp4").write_bytes(VIDEO)
    waiting = api.client.post("/uploads", json={}, headers=ann).json()["upload"]
    for asked in ({"upload": waiting}, {"video_path": "a.mp4"}):
        api.job(ann, **asked)
    refused = api.client.post("/jobs", json={"video_path": "a.mp4"}, headers=ann)
    assert code(refused) == (429, "too_many_jobs")
    assert int(refused.headers["retry-after"]) >= 1
    api.job(ben, video_path="a.mp4")


@pytest.mark.parametrize("limits", [{"max_uploads_per_key": 2}, {"max_stored_mb_per_key": 2.5 * len(VIDEO) / (1 << 20)}])
def test_a_key_has_so_many_uploads_stored(limits: dict[str, float], make_api: MakeApi) -> None:
    """By number and by size; tickets that were given before are no way around it."""
    api = make_api(workers=0, **limits)
    ann, ben = api.key(), api.key()
    tickets = [api.client.post("/uploads", json={}, headers=ann).json() for _ in range(3)]
    sent = [api.client.post(ticket["url"], data=ticket["fields"], files={"file": VIDEO}) for ticket in tickets]
    assert [answer.status_code for answer in sent] == [204, 204, 429]
    assert code(sent[2]) == (429, "too_many_uploads")
    if "max_uploads_per_key" in limits:
        assert code(api.client.post("/uploads", json={}, headers=ann)) == (429, "too_many_uploads")
    api.upload(ben)
    job_id = api.job(ann, upload=tickets[0]["upload"])["id"]
    assert run_job(api.services, job_id, "w") is Handled.FINISHED
    api.upload(ann)


def test_computing_is_counted_also_where_nothing_comes_of_it_and_is_bounded(make_api: MakeApi) -> None:
    api = make_api(max_minutes_per_key=1)
    ann = api.key()
    used = api.client.get("/usage", headers=ann).json()["compute_seconds"]
    assert used == 0
    api.scorer.error = InputError("corrupt_video", "The video is broken.")
    assert api.client.post("/score", files={"file": VIDEO}, headers=ann).status_code == 422
    usage = api.client.get("/usage", headers=ann).json()
    assert usage["videos"] == 0
    assert api.services.ledger.usage(ann["Authorization"].split("_")[1], usage["period"]).compute_seconds > 0
    api.services.ledger.spend(ann["Authorization"].split("_")[1], usage["period"], 60.0)
    (api.folder / "a.mp4").write_bytes(VIDEO)
    for answer in (
        api.client.post("/score", files={"file": VIDEO}, headers=ann),
        api.client.post("/jobs", json={"video_path": "a.mp4"}, headers=ann),
    ):
        assert code(answer) == (429, "compute_exceeded")
        assert int(answer.headers["retry-after"]) >= 1


@pytest.mark.parametrize(("workers", "most", "running"), [(1, 0, 1), (2, 0, 1), (5, 0, 4), (5, 2, 2), (0, 0, 1)])
def test_nobody_takes_the_last_worker(workers: int, most: int, running: int) -> None:
    settings = ServiceSettings(_env_file=None, workers=workers, max_running_per_key=most)
    assert settings.running_per_key == running
    assert settings.slots > workers, "a request is scored beside the jobs"


# Keys that were revoked


def test_a_ticket_of_a_revoked_key_is_void(api: Api) -> None:
    headers = api.key()
    ticket = api.client.post("/uploads", json={}, headers=headers).json()
    revoke(api, headers)
    answer = api.client.post(ticket["url"], data=ticket["fields"], files={"file": VIDEO})
    assert code(answer) == (403, "upload_refused")
    assert api.services.objects.size(ticket["upload"]) is None


def test_jobs_of_a_revoked_key_are_neither_done_nor_paid(make_api: MakeApi) -> None:
    api = make_api(workers=0)
    headers = api.key()
    upload = api.upload(headers)
    job_id = api.job(headers, upload=upload)["id"]
    revoke(api, headers)
    assert run_job(api.services, job_id, "w") is Handled.FINISHED
    job = api.services.jobs.get(job_id)
    assert job is not None
    assert job.outcome is not None
    assert job.outcome.failure is not None
    assert job.outcome.failure.code == "key_revoked"
    assert api.scorer.scored == []
    assert api.services.objects.size(upload) is None


def test_a_job_whose_key_is_revoked_while_it_is_scored_is_not_paid(make_api: MakeApi, monkeypatch: pytest.MonkeyPatch) -> None:
    api = make_api(workers=0)
    headers = api.key()
    job_id = api.job(headers, upload=api.upload(headers))["id"]
    score = api.scorer.__call__

    def revoked_meanwhile(*arguments: object, **options: object) -> dict:
        revoke(api, headers)
        return score(*arguments, **options)  # type: ignore[arg-type]

    monkeypatch.setattr("lipgate.handlers.scoring.slots.Scorer.score", revoked_meanwhile)
    assert run_job(api.services, job_id, "w") is Handled.FINISHED
    job = api.services.jobs.get(job_id)
    assert job is not None
    assert job.outcome is not None
    assert job.outcome.failure is not None
    assert job.outcome.failure.code == "key_revoked"
    assert api.services.ledger.usage(job.owner, time.strftime("%Y-%m", time.gmtime())).videos == 0
