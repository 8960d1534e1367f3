"""Workers that die, are slow, or stop: every job is ended once and paid once."""

import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from lipgate.handlers.adapters.local.process_folder import LOCK, ProcessFolder
from lipgate.handlers.domain.errors import ScorerDiedError, UnavailableError
from lipgate.handlers.jobs.execution import Handled, run_job
from lipgate.handlers.scoring.pace import Pace
from lipgate.handlers.scoring.slots import Interrupted, Scorer
from tests.handlers.conftest import VIDEO, MakeApi


def test_a_job_that_ends_its_worker_again_and_again_is_given_up(make_api: MakeApi) -> None:
    api = make_api(workers=0, max_attempts=2, lease_seconds=0.001, isolate_scoring=False)
    (api.folder / "a.mp4").write_bytes(VIDEO)
    job_id = api.job(video_path="a.mp4")["id"]
    for number in range(2):
        assert api.services.jobs.claim(job_id, f"dies-{number}", 0.0, time.time()) is not None
    assert run_job(api.services, job_id, "w") is Handled.FINISHED
    assert api.ended(job_id)["error"]["code"] == "gave_up"
    assert api.scorer.scored == []


def test_a_job_outlives_any_number_of_servers_where_scores_have_processes_of_their_own(make_api: MakeApi) -> None:
    api = make_api(workers=0, max_attempts=2)
    (api.folder / "a.mp4").write_bytes(VIDEO)
    job_id = api.job(video_path="a.mp4")["id"]
    for number in range(20):
        assert api.services.jobs.claim(job_id, f"dies-{number}", 0.0, time.time()) is not None
    assert run_job(api.services, job_id, "w") is Handled.FINISHED
    assert (api.ended(job_id)["state"], api.videos()) == ("done", 1)


def test_a_long_video_does_not_keep_others_from_the_workers(make_api: MakeApi) -> None:
    api = make_api(workers=2)
    ann, ben = api.key(), api.key()
    api.scorer.hold.clear()
    for number in range(3):
        (api.folder / f"{number}.mp4").write_bytes(VIDEO + bytes([number]))
    jobs = [api.job(ann, video_path=f"{number}.mp4")["id"] for number in range(2)]
    state = {"queued": 0}
    while state.get("running") != 1:
        state = {api.client.get(f"/jobs/{job_id}", headers=ann).json()["state"]: 1 for job_id in jobs}
    last = api.job(ben, video_path="2.mp4")["id"]
    while api.client.get(f"/jobs/{last}", headers=ben).json()["state"] != "running":
        pass
    assert [api.client.get(f"/jobs/{job_id}", headers=ann).json()["state"] for job_id in jobs] == ["running", "queued"]
    api.scorer.hold.set()
    assert {api.ended(job_id, ann)["state"] for job_id in jobs} == {"done"}


def test_a_job_may_take_as_long_as_its_video_gives_reason_for(make_api: MakeApi, monkeypatch: pytest.MonkeyPatch) -> None:
    """A video of 5 s is not waited for like one of an hour."""
    monkeypatch.setattr("lipgate.handlers.scoring.pace.START_SECONDS", 0.0)
    api = make_api(workers=0, job_seconds_per_second=1e-9)
    (api.folder / "a.mp4").write_bytes(VIDEO)

    def hangs(scorer: Scorer, path: Path, deadline: float, stop: Pace, on_progress: Callable[..., None]) -> None:
        on_progress(1.0, 5.0)
        while not stop.is_set():
            pass
        raise Interrupted

    monkeypatch.setattr(Scorer, "score", hangs)
    job_id = api.job(video_path="a.mp4")["id"]
    assert run_job(api.services, job_id, "w") is Handled.FINISHED
    assert api.ended(job_id)["error"]["code"] == "timeout"
    assert api.services.ledger.usage("anonymous", time.strftime("%Y-%m", time.gmtime())).compute_seconds > 0


def test_a_job_somebody_else_works_on_is_left_alone(make_api: MakeApi) -> None:
    api = make_api(workers=0)
    (api.folder / "a.mp4").write_bytes(VIDEO)
    job_id = api.job(video_path="a.mp4")["id"]
    api.services.jobs.claim(job_id, "other", 60, time.time())
    assert run_job(api.services, job_id, "w") is Handled.BUSY
    api.services.jobs.delete(job_id)
    assert run_job(api.services, job_id, "w") is Handled.SKIPPED


def test_an_upload_that_could_not_be_removed_goes_when_its_job_comes_up_again(
    make_api: MakeApi, monkeypatch: pytest.MonkeyPatch
) -> None:
    api = make_api(workers=0)
    key = api.upload()
    job_id = api.job(upload=key)["id"]

    def away(key: str) -> None:
        raise UnavailableError("storage_unavailable", "away")

    with monkeypatch.context() as patch:
        patch.setattr(api.services.objects, "delete", away)
        with pytest.raises(UnavailableError):
            run_job(api.services, job_id, "w")
    assert api.client.get(f"/jobs/{job_id}").json()["state"] == "done"
    assert api.services.objects.size(key) is not None
    assert run_job(api.services, job_id, "w") is Handled.SKIPPED
    assert api.services.objects.size(key) is None


@pytest.mark.parametrize("error", [Interrupted(), UnavailableError("storage_unavailable", "away")])
def test_what_another_attempt_could_cure_goes_back_to_the_queue(error: Exception, make_api: MakeApi) -> None:
    api = make_api(workers=0)
    (api.folder / "a.mp4").write_bytes(VIDEO)
    job_id = api.job(video_path="a.mp4")["id"]
    api.scorer.error = error
    assert run_job(api.services, job_id, "w") is Handled.RELEASED
    document = api.client.get(f"/jobs/{job_id}").json()
    assert (document["state"], document["attempts"]) == ("queued", 0)
    api.scorer.error = None
    assert run_job(api.services, job_id, "w") is Handled.FINISHED
    assert api.videos() == 1


def test_a_job_whose_scorer_dies_is_tried_again_and_given_up_at_last(make_api: MakeApi) -> None:
    api = make_api(workers=0, max_attempts=2)
    (api.folder / "a.mp4").write_bytes(VIDEO)
    job_id = api.job(video_path="a.mp4")["id"]
    api.scorer.error = ScorerDiedError()
    for attempts in (1, 2):
        assert run_job(api.services, job_id, "w") is Handled.RELEASED
        document = api.client.get(f"/jobs/{job_id}").json()
        assert (document["state"], document["attempts"]) == ("queued", attempts)
    api.scorer.error = None
    assert run_job(api.services, job_id, "w") is Handled.FINISHED
    assert api.ended(job_id)["error"]["code"] == "gave_up"
    assert api.videos() == 0


def test_a_slow_score_keeps_its_lease(make_api: MakeApi) -> None:
    api = make_api(workers=0, lease_seconds=0.6)
    (api.folder / "a.mp4").write_bytes(VIDEO)
    job_id = api.job(video_path="a.mp4")["id"]
    api.scorer.hold.clear()
    worker = threading.Thread(target=run_job, args=(api.services, job_id, "slow"))
    worker.start()
    leases: set[float] = set()
    deadline = time.monotonic() + 20
    while len(leases) < 3 and time.monotonic() < deadline:
        job = api.services.jobs.get(job_id)
        leases |= {job.lease_until} if job and job.lease_until else set()
    api.scorer.hold.set()
    worker.join()
    assert len(leases) >= 3
    assert (api.ended(job_id)["attempts"], api.videos()) == (1, 1)


def test_a_job_removed_while_it_is_scored_is_neither_done_nor_paid(make_api: MakeApi) -> None:
    api = make_api(workers=1)
    (api.folder / "a.mp4").write_bytes(VIDEO)
    api.scorer.hold.clear()
    job_id = api.job(video_path="a.mp4")["id"]
    while api.client.get(f"/jobs/{job_id}").json()["state"] != "running":
        pass
    assert api.client.delete(f"/jobs/{job_id}").status_code == 204
    api.scorer.hold.set()
    assert api.ended(api.job(video_path="a.mp4")["id"])["state"] == "done"
    assert (len(api.scorer.scored), api.videos()) == (2, 1)


def test_only_folders_of_dead_processes_are_taken_over(tmp_path: Path) -> None:
    living, looking = ProcessFolder(tmp_path), ProcessFolder(tmp_path)
    dead = tmp_path / "dead"
    dead.mkdir()
    (dead / LOCK).touch()
    (dead / "video-1").write_bytes(VIDEO)
    assert list(looking.dead()) == ["dead"]
    assert not dead.exists()
    assert list(looking.dead()) == []
    living.close()
    assert not living.path.exists()
    looking.close()
