"""POST /score and GET /health: what existing clients send and get."""

import contextlib
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from lipgate.core import __version__
from lipgate.core.errors import DeadlineError, InputError, WeightsError
from tests.handlers.conftest import VIDEO, Api, MakeApi

FIRST_FIELDS = ["offset_frames", "confidence", "min_dist", "score", "lag_ms", "decision", "reason"]


def test_health_is_as_clients_know_it(api: Api) -> None:
    answer = api.client.get("/health")
    assert (answer.status_code, answer.headers["content-type"]) == (200, "application/json")
    known = '{"status":"healthy","service":"syncnet-avsync","version":"VERSION","syncnet_available":true,"models_loaded":true,'
    assert answer.text.startswith(known.replace("VERSION", __version__))
    assert answer.json()["model"]["name"] == "mini"
    assert answer.json()["in_memory"] is False


def test_health_says_when_nothing_can_be_scored(make_api: MakeApi, tmp_path: Path) -> None:
    api = make_api(core={"model": "syncnet"})
    api.services.scorer.chosen = lambda: (_ for _ in ()).throw(WeightsError("weights_missing", "none"))  # type: ignore[method-assign]
    answer = api.client.get("/health")
    assert answer.status_code == 503
    assert answer.json()["status"] == "degraded"
    assert not answer.json()["syncnet_available"]
    assert answer.json()["model"] is None


SENT = {
    "video_path": {"json": {"video_path": "a.mp4", "session_id": "s1"}},
    "video_path with a charset": {
        "content": b'{"video_path": "a.mp4", "session_id": "s1"}',
        "headers": {"Content-Type": "application/json; charset=utf-8"},
    },
    "form with file": {"files": {"file": ("x.mp4", VIDEO, "video/mp4")}, "data": {"session_id": "s1"}},
    "form with video": {"files": {"video": ("x.mp4", VIDEO, "video/mp4")}, "data": {"session_id": "s1"}},
    "form without content type of the file": {"files": {"file": ("x.mp4", VIDEO, "")}, "data": {"session_id": "s1"}},
    "raw mp4": {"content": VIDEO, "headers": {"Content-Type": "video/mp4"}, "params": {"session_id": "s1"}},
    "raw webm": {"content": VIDEO, "headers": {"Content-Type": "VIDEO/webm"}, "params": {"session_id": "s1"}},
    "raw bytes": {"content": VIDEO, "headers": {"Content-Type": "application/octet-stream"}, "params": {"session_id": "s1"}},
}


@pytest.mark.parametrize("sent", SENT.values(), ids=SENT)
def test_every_form_of_request_gives_the_same_report(sent: dict, api: Api) -> None:
    (api.folder / "a.mp4").write_bytes(VIDEO)
    answer = api.client.post("/score", **sent)
    assert answer.status_code == 200, answer.text
    document = answer.json()
    assert list(document)[:7] == FIRST_FIELDS
    assert document["session_id"] == "s1"
    assert "file" not in document["video"]
    assert api.scorer.scored == [VIDEO]


def test_without_a_session_id_there_is_none_in_the_report(api: Api) -> None:
    for sent in ({"content": VIDEO, "headers": {"Content-Type": "video/mp4"}}, {"files": {"file": VIDEO}}):
        assert "session_id" not in api.client.post("/score", **sent).json()


def test_nothing_of_a_video_stays(api: Api) -> None:
    api.client.post("/score", files={"file": VIDEO})
    assert api.services.temporary is not None
    assert [path.name for path in api.services.temporary.iterdir()] == ["lock"]
    assert [path for path in api.services.settings.data_dir.rglob("*") if path.is_file() and VIDEO in path.read_bytes()] == []


def test_a_file_of_the_upload_folder_stays(api: Api) -> None:
    (api.folder / "a.mp4").write_bytes(VIDEO)
    api.client.post("/score", json={"video_path": "a.mp4"})
    assert (api.folder / "a.mp4").read_bytes() == VIDEO


# Cache and ledger


def test_the_same_video_costs_one_scoring(api: Api) -> None:
    (api.folder / "a.mp4").write_bytes(VIDEO)
    answers = [api.client.post("/score", **sent) for sent in SENT.values()]
    assert [answer.headers["lipgate-cache"] for answer in answers] == ["miss"] + ["hit"] * (len(SENT) - 1)
    assert len({answer.text for answer in answers}) == 1
    assert (len(api.scorer.scored), api.videos()) == (1, 1)


def test_another_video_costs_another(api: Api) -> None:
    for number in range(3):
        api.client.post("/score", files={"file": VIDEO + bytes([number])})
    assert (len(api.scorer.scored), api.videos()) == (3, 3)


def test_a_video_without_a_report_costs_nothing(api: Api) -> None:
    api.scorer.error = InputError("not_a_video", "x is not a video file that can be read.")
    assert api.client.post("/score", files={"file": VIDEO}).status_code == 422
    assert api.videos() == 0


def test_other_settings_ask_for_another_score(make_api: MakeApi) -> None:
    for threshold in (0.9, 0.8, 0.9):
        make_api(core={"allow_threshold": threshold}).client.post("/score", files={"file": VIDEO})
    last = make_api()
    assert len(last.scorer.scored) == 2
    assert last.videos() == 2


def test_an_expired_result_is_scored_again_but_paid_once(make_api: MakeApi) -> None:
    api = make_api(result_cache_seconds=0)
    for _ in range(2):
        assert api.client.post("/score", files={"file": VIDEO}).headers["lipgate-cache"] == "miss"
    assert (len(api.scorer.scored), api.videos()) == (2, 1)


def test_results_are_not_shared_between_keys(api: Api) -> None:
    """Else the speed of an answer would tell that somebody else has sent the same video."""
    headers = [api.key(), api.key()]
    misses = [api.client.post("/score", files={"file": VIDEO}, headers=one).headers["lipgate-cache"] for one in headers]
    assert misses == ["miss", "miss"]
    assert [api.videos(one) for one in headers] == [1, 1]


# What takes too long


@pytest.mark.parametrize("form", ["video_path with a charset", "form with file", "raw mp4"])
def test_what_cannot_finish_in_time_becomes_a_job(form: str, make_api: MakeApi) -> None:
    api = make_api(core={"processing_timeout_seconds": 0.2})
    (api.folder / "a.mp4").write_bytes(VIDEO)
    api.scorer.error = DeadlineError(0.2)
    answer = api.client.post("/score", **SENT[form])
    api.scorer.error = None
    assert answer.status_code == 202
    assert answer.headers["location"] == f"/jobs/{answer.json()['id']}"
    assert answer.json()["session_id"] == "s1"
    # The worker may have met the deadline error too, if it was quick; either way the job ends.
    assert api.client.get(answer.headers["location"]).status_code == 200


def test_a_score_that_finds_no_slot_in_time_becomes_a_job_that_is_done_later(make_api: MakeApi) -> None:
    api = make_api(core={"processing_timeout_seconds": 0.3}, workers=1)
    api.scorer.hold.clear()
    for _ in range(2):
        api.services.scorer.submit(lambda: api.scorer.hold.wait(20))
    answer = api.client.post("/score", files={"file": VIDEO}, data={"session_id": "s7"})
    assert answer.status_code == 202
    api.scorer.hold.set()
    document = api.ended(answer.json()["id"])
    assert document["state"] == "done"
    assert document["result"]["session_id"] == "s7"
    assert (api.scorer.scored, api.videos()) == ([VIDEO], 1)


def test_too_many_waiting_scores_are_told_to_come_back(make_api: MakeApi) -> None:
    api = make_api(max_queue=1)
    with contextlib.ExitStack() as others:
        for _ in range(3):
            others.enter_context(api.services.scorer.admitted())
        answer = api.client.post("/score", files={"file": VIDEO})
    assert api.client.post("/score", files={"file": VIDEO}).status_code == 200
    assert (answer.status_code, answer.json()["code"]) == (503, "queue_full")
    assert int(answer.headers["retry-after"]) >= 1


def test_fifty_clients_at_once_are_all_answered(make_api: MakeApi) -> None:
    api = make_api(max_queue=20)
    answers: list[int] = []
    videos = [VIDEO + bytes([number % 10]) for number in range(50)]

    def ask(video: bytes) -> None:
        answers.append(api.client.post("/score", files={"file": video}).status_code)

    threads = [threading.Thread(target=ask, args=(video,)) for video in videos]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(answers) == 50
    assert set(answers) <= {200, 503}
    assert api.videos() == len(set(api.scorer.scored))


# A real video


def test_the_report_of_a_real_video(make_api: MakeApi, puppet: Callable[..., Path], monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("skimage")
    monkeypatch.undo()
    api = make_api()
    answer = api.client.post("/score", files={"file": puppet(offset_frames=-6).read_bytes()})
    document = answer.json()
    assert abs(document["offset_frames"] + 6) <= 1
    assert document["lag_ms"] == pytest.approx(-240, abs=25)
    assert [type(document[name]) for name in FIRST_FIELDS[:6]] == [int, float, float, float, float, str]
    assert document["debug"]["num_results"] == len(document["debug"]["all_results"]) == 1
