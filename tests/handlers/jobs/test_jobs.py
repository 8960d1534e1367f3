"""Jobs and uploads: made, done, looked at, removed; each paid once."""

import os
import time
from pathlib import Path

import pytest

from lipgate.core.errors import InputError
from lipgate.handlers.domain.public import public_message
from lipgate.handlers.jobs.execution import Handled, run_job
from tests.handlers.conftest import VIDEO, Api, MakeApi


@pytest.fixture
def video(api: Api) -> str:
    (api.folder / "a.mp4").write_bytes(VIDEO)
    return "a.mp4"


# From beginning to end


def test_a_job_of_a_file(api: Api, video: str) -> None:
    answer = api.client.post("/jobs", json={"video_path": video, "session_id": "s1"})
    assert (answer.status_code, answer.headers["location"]) == (202, f"/jobs/{answer.json()['id']}")
    document = api.ended(answer.json()["id"])
    assert (document["state"], document["error"], document["attempts"]) == ("done", None, 1)
    assert document["result"]["session_id"] == "s1"
    assert document["video_path"] == "a.mp4"
    assert (len(api.scorer.scored), api.videos()) == (1, 1)


def test_a_job_of_an_upload_and_nothing_of_it_stays(api: Api) -> None:
    key = api.upload()
    assert api.ended(api.job(upload=key)["id"])["state"] == "done"
    assert api.scorer.scored == [VIDEO]
    deadline = time.monotonic() + 5
    while api.services.objects.size(key) is not None:
        assert time.monotonic() < deadline


def test_an_upload_is_kept_where_that_is_asked_for(make_api: MakeApi) -> None:
    api = make_api(keep_uploads=True)
    key = api.upload()
    api.ended(api.job(upload=key)["id"])
    assert api.services.objects.size(key) == len(VIDEO)


def test_a_job_may_be_made_before_its_upload_arrives(api: Api) -> None:
    ticket = api.client.post("/uploads", json={}).json()
    job = api.job(upload=ticket["upload"])
    assert job["state"] == "waiting"
    api.client.post(ticket["url"], data=ticket["fields"], files={"file": VIDEO})
    assert api.ended(job["id"])["state"] == "done"


def test_a_job_that_fails_says_why(api: Api, video: str) -> None:
    api.scorer.error = InputError("not_a_video", "a.mp4 is not a video file that can be read.")
    document = api.ended(api.job(video_path=video)["id"])
    assert (document["state"], document["result"]) == ("failed", None)
    assert document["error"] == {"code": "not_a_video", "message": "The video is not a video file that can be read."}
    assert api.videos() == 0


@pytest.mark.parametrize(
    ("name", "message", "public"),
    [
        ("a.mp4", "a.mp4 is empty.", "The video is empty."),
        ("a", "a is a file.", "The video is a file."),
        ("is.mp4", "There is no file {path}.", "There is no file the video."),
        ("video-x1", "video-x1 lasts 9 s; at most 4 s are taken.", "The video lasts 9 s; at most 4 s are taken."),
    ],
)
def test_messages_name_no_files(name: str, message: str, public: str, tmp_path: Path) -> None:
    path = tmp_path / name
    assert public_message(InputError("x", message.replace("{path}", str(path))), path) == public


def test_a_fault_of_ours_fails_one_job_only(api: Api, video: str) -> None:
    api.scorer.error = ZeroDivisionError("secret")
    document = api.ended(api.job(video_path=video)["id"])
    assert document["error"]["code"] == "internal_error"
    assert "secret" not in str(document)
    api.scorer.error = None
    assert api.ended(api.job(video_path=video)["id"])["state"] == "done"


def test_a_video_scored_before_is_done_at_no_cost(api: Api, video: str) -> None:
    api.client.post("/score", json={"video_path": video})
    for _ in range(2):
        assert api.ended(api.job(video_path=video)["id"])["state"] == "done"
    api.ended(api.job(upload=api.upload())["id"])
    assert (len(api.scorer.scored), api.videos()) == (1, 1)


def test_the_ledger_sums_to_the_videos_scored(make_api: MakeApi) -> None:
    """Thirty requests of every kind for ten videos."""
    api = make_api(workers=2)
    for number in range(10):
        content = VIDEO + bytes([number])
        (api.folder / f"{number}.mp4").write_bytes(content)
        ids = [api.job(video_path=f"{number}.mp4")["id"], api.job(upload=api.upload(video=content))["id"]]
        assert api.client.post("/score", files={"file": content}).status_code == 200
        assert {api.ended(job_id)["state"] for job_id in ids} == {"done"}
    assert api.videos() == 10
    assert set(api.scorer.scored) == {VIDEO + bytes([number]) for number in range(10)}


# Idempotency


def test_the_same_request_twice_is_one_job(api: Api, video: str) -> None:
    headers = {"Idempotency-Key": "order-1"}
    answers = [api.client.post("/jobs", json={"video_path": video}, headers=headers) for _ in range(2)]
    assert [answer.status_code for answer in answers] == [202, 202]
    assert answers[0].json()["id"] == answers[1].json()["id"]
    assert answers[1].headers["idempotency-replayed"] == "true"


def test_a_request_sent_again_finds_its_job_whatever_has_changed_since(api: Api, video: str) -> None:
    headers = {**api.key(monthly_quota=1), "Idempotency-Key": "order-1"}
    first = api.client.post("/jobs", json={"video_path": video}, headers=headers).json()
    api.ended(first["id"], headers)
    (api.folder / video).unlink()
    again = api.client.post("/jobs", json={"video_path": video}, headers=headers)
    assert (again.status_code, again.json()["id"], again.json()["state"]) == (202, first["id"], "done")
    other = api.client.post("/jobs", json={"video_path": "other"}, headers=headers)
    assert (other.status_code, other.json()["code"]) == (409, "idempotency_conflict")


def test_another_request_under_the_same_key_is_a_conflict(api: Api, video: str) -> None:
    headers = {"Idempotency-Key": "order-1"}
    api.client.post("/jobs", json={"video_path": video}, headers=headers)
    answer = api.client.post("/jobs", json={"video_path": video, "session_id": "2"}, headers=headers)
    assert (answer.status_code, answer.json()["code"]) == (409, "idempotency_conflict")


def test_two_idempotency_keys_that_differ_are_refused(api: Api, video: str) -> None:
    def asked(*keys: str) -> int:
        headers = [("Idempotency-Key", key) for key in keys]
        return api.client.post("/jobs", json={"video_path": video}, headers=headers).status_code

    assert [asked("1", "2"), asked("2", "1"), asked("1", "1")] == [400, 400, 202]


def test_idempotency_keys_of_others_do_not_matter(api: Api, video: str) -> None:
    made = {
        api.client.post("/jobs", json={"video_path": video}, headers={**api.key(), "Idempotency-Key": "1"}).json()["id"]
        for _ in range(2)
    }
    assert len(made) == 2


def test_an_upload_has_one_job(api: Api) -> None:
    key = api.upload()
    api.job(upload=key)
    answer = api.client.post("/jobs", json={"upload": key})
    assert (answer.status_code, answer.json()["code"]) == (409, "upload_taken")


def test_a_full_queue_refuses(make_api: MakeApi) -> None:
    api = make_api(max_queue=2, workers=0)
    (api.folder / "a.mp4").write_bytes(VIDEO)
    answers = [api.client.post("/jobs", json={"video_path": "a.mp4"}) for _ in range(3)]
    assert [answer.status_code for answer in answers] == [202, 202, 503]
    assert answers[2].json()["code"] == "queue_full"
    assert int(answers[2].headers["retry-after"]) >= 1


# Uploads


def test_a_ticket_is_good_for_one_upload_of_its_size(make_api: MakeApi) -> None:
    api = make_api(max_upload_mb=0.01)

    def sent(video: bytes, **changed: str) -> int:
        return api.client.post(ticket["url"], data={**ticket["fields"], **changed}, files={"file": video}).status_code

    ticket = api.client.post("/uploads", json={}).json()
    other = api.client.post("/uploads", json={}).json()
    assert sent(b"x" * (ticket["max_bytes"] + 1)) == 413
    assert sent(VIDEO, max_bytes="99999999") == 403
    assert sent(VIDEO, key=other["upload"]) == 403
    assert sent(VIDEO, key="../../../tmp/x") == 403
    assert sent(VIDEO, expires="99999999999") == 403
    assert sent(VIDEO, signature="\N{SNOWMAN}") == 403
    assert sent(b"") == 422
    assert sent(VIDEO) == 204
    assert sent(VIDEO) == 403


def test_a_ticket_is_not_good_for_a_second_video_once_its_job_has_begun(make_api: MakeApi) -> None:
    api = make_api(workers=0)
    ticket = api.client.post("/uploads", json={}).json()

    def sent() -> tuple[int, str]:
        answer = api.client.post(ticket["url"], data=ticket["fields"], files={"file": VIDEO})
        return answer.status_code, answer.json()["code"] if answer.content else ""

    job_id = api.job(upload=ticket["upload"])["id"]
    assert sent() == (204, "")
    assert run_job(api.services, job_id, "w") is Handled.FINISHED
    assert sent() == (409, "upload_taken")
    assert api.services.objects.size(ticket["upload"]) is None


def test_a_ticket_expires(api: Api) -> None:
    ticket = api.services.objects.presign("uploads/anonymous/" + "0" * 32, "video/mp4", 9, 10, now=time.time() - 11)
    answer = api.client.post(f"/{ticket.url}", data=ticket.fields, files={"file": VIDEO})
    assert (answer.status_code, answer.json()["code"]) == (403, "upload_refused")


# Removal


def test_a_removed_job_is_gone_with_its_video_and_report(api: Api) -> None:
    headers = api.key()
    done = api.job(headers, upload=api.upload(headers), session_id="PRIVATE")
    api.ended(done["id"], headers)
    api.scorer.hold.clear()
    unfinished = api.job(headers, upload=api.upload(headers, VIDEO + b"2"))
    for job in (done, unfinished):
        assert api.client.delete(f"/jobs/{job['id']}", headers=headers).status_code == 204
        assert api.client.get(f"/jobs/{job['id']}", headers=headers).status_code == 404
        assert api.client.delete(f"/jobs/{job['id']}", headers=headers).status_code == 404
    api.scorer.hold.set()
    assert api.videos(headers) == 1, "nobody pays for what nobody can fetch"
    api.client.post("/score", files={"file": VIDEO}, headers=headers)
    assert api.scorer.scored.count(VIDEO) == 2, "its report must be forgotten"


def test_what_has_expired_is_swept_up(make_api: MakeApi) -> None:
    api = make_api(upload_expiry_seconds=100, job_expiry_seconds=1, workers=0)
    unused, used = api.upload(), api.upload(video=VIDEO + b"2")
    job = api.job(upload=used)
    objects, workers = api.services.receiver, api.services.workers
    assert objects is not None
    assert workers is not None
    workers.sweep()
    assert objects.size(unused) is not None
    for key in (unused, used):
        os.utime(api.services.settings.data_dir / "objects" / key, (1, 1))
    workers.sweep()
    assert objects.size(unused) is None
    expired = api.services.jobs.get(job["id"])
    if expired is not None:  # its second may not have passed
        assert objects.size(used) is not None
        deadline = time.monotonic() + 5
        while api.services.jobs.get(job["id"]) is not None:
            assert time.monotonic() < deadline
            workers.sweep()
    assert objects.size(used) is None
    assert api.client.get(f"/jobs/{job['id']}").status_code == 404
