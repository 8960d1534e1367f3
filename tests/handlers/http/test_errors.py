"""Errors: every code has a status, every answer is problem+json, whatever was sent."""

import asyncio
import json
import logging
import re
import sys
from collections.abc import Callable

import pytest

import lipgate.core.errors
import lipgate.handlers.domain.errors
from lipgate.core.errors import CalibrationError, InputError, LipgateError, WeightsError
from lipgate.handlers.domain.errors import ScorerDiedError, UnavailableError
from lipgate.handlers.http.middleware import Envelope
from lipgate.handlers.http.problems import STATUS, problem
from lipgate.handlers.logs import JsonFormatter
from tests.handlers.conftest import VIDEO, Api, MakeApi

JSON = {"Content-Type": "application/json"}
MP4 = {"Content-Type": "video/mp4"}


def problem_of(answer) -> dict:
    assert answer.headers["content-type"] == "application/problem+json"
    document = answer.json()
    assert set(document) == {"type", "title", "status", "detail", "code", "request_id"}
    assert document["status"] == answer.status_code == STATUS[document["code"]]
    assert document["type"] == f"urn:lipgate:problem:{document['code']}"
    assert document["request_id"] == answer.headers["x-request-id"]
    return document


@pytest.mark.parametrize("module", [lipgate.core.errors, lipgate.handlers.domain.errors])
def test_every_code_that_is_written_down_has_a_status(module) -> None:
    tree = re.findall(r"[├└│]─* *\w+ {2,}(.*)", module.__doc__) + re.findall(r"(?m)^ {4}│ {19,}(.*)", module.__doc__)
    codes = set(re.findall(r"\b[a-z0-9]+(?:_[a-z0-9]+)+\b|\btimeout\b", " ".join(tree)))
    assert len(codes) >= 10
    assert codes <= set(STATUS)


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (InputError("not_a_video", "video-x is not a video file that can be read."), 422),
        (InputError("empty_file", "x is empty."), 422),
        (InputError("video_too_long", "x lasts 9 s; at most 4 s are taken."), 422),
        (InputError("resolution_too_high", "x is 9x9."), 422),
        (WeightsError("weights_missing", "/srv/secret/path cannot be read"), 503),
        (CalibrationError("calibration_mismatch", "/srv/secret/path was made for another"), 503),
        (UnavailableError("storage_unavailable", "The database cannot be used."), 503),
        (ScorerDiedError(), 500),
        (LipgateError("a_code_of_tomorrow", "?"), 500),
        (ZeroDivisionError("secret"), 500),
        (MemoryError(), 500),
    ],
)
def test_what_goes_wrong_in_a_score_has_a_status(error: Exception, status: int, api: Api) -> None:
    api.scorer.error = error
    answer = api.client.post("/score", content=VIDEO, headers=MP4)
    assert answer.status_code == status
    assert "secret" not in answer.text
    assert ("retry-after" in answer.headers) == (status == 503)
    api.scorer.error = None
    assert api.client.post("/score", content=VIDEO, headers=MP4).status_code == 200


@pytest.mark.parametrize("name", ["a.mp4", "x"])
def test_what_is_the_operators_to_mend_is_told_to_the_log_in_full(name: str, api: Api, caplog: pytest.LogCaptureFixture) -> None:
    (api.folder / name).write_bytes(VIDEO)
    api.scorer.error = WeightsError("weights_missing", "/srv/secret/x cannot be read")
    assert "secret" not in api.client.post("/score", json={"video_path": name}).text
    assert "/srv/secret/x cannot be read" in [getattr(record, "problem", None) for record in caplog.records]


FAULTS = {
    "no such path": ("GET", "/nothing", {}, 404, "not_found"),
    "a trailing slash": ("GET", "/health/", {}, 404, "not_found"),
    "wrong method": ("GET", "/score", {}, 405, "method_not_allowed"),
    "wrong method too": ("PUT", "/jobs/x", {}, 405, "method_not_allowed"),
    "no content type": ("POST", "/score", {"content": VIDEO}, 415, "unsupported_media_type"),
    "text": ("POST", "/score", {"content": b"x", "headers": {"Content-Type": "text/plain"}}, 415, "unsupported_media_type"),
    "a form for a job": ("POST", "/jobs", {"data": {"video_path": "a"}}, 415, "unsupported_media_type"),
    "no JSON": ("POST", "/score", {"content": b"{", "headers": JSON}, 400, "bad_request"),
    "no UTF-8": ("POST", "/score", {"content": b'{"video_path":"\xff"}', "headers": JSON}, 400, "bad_request"),
    "a list": ("POST", "/score", {"json": []}, 422, "invalid_request"),
    "no video_path": ("POST", "/score", {"json": {}}, 422, "invalid_request"),
    "a number": ("POST", "/score", {"json": {"video_path": 7}}, 422, "invalid_request"),
    "an empty path": ("POST", "/score", {"json": {"video_path": ""}}, 422, "invalid_request"),
    "deep JSON": ("POST", "/score", {"content": b"[" * 30000, "headers": JSON}, 400, "bad_request"),
    "long session": ("POST", "/score", {"json": {"video_path": "a", "session_id": "x" * 201}}, 422, "invalid_request"),
    "long session of a form": (
        "POST",
        "/score",
        {"files": {"file": VIDEO}, "data": {"session_id": "x" * 201}},
        422,
        "invalid_request",
    ),
    "a form without a file": ("POST", "/score", {"files": {"other": VIDEO}}, 422, "video_missing"),
    "a form without a boundary": (
        "POST",
        "/score",
        {"content": b"x", "headers": {"Content-Type": "multipart/form-data"}},
        400,
        "bad_request",
    ),
    "a broken form": (
        "POST",
        "/score",
        {"content": b"nothing", "headers": {"Content-Type": "multipart/form-data; boundary=b"}},
        400,
        "bad_request",
    ),
    "a form that ends early": (
        "POST",
        "/score",
        {
            "content": b'--b\r\nContent-Disposition: form-data; name="file"\r\n\r\nabc',
            "headers": {"Content-Type": "multipart/form-data; boundary=b"},
        },
        400,
        "bad_request",
    ),
    "a job of nothing": ("POST", "/jobs", {"json": {}}, 400, "bad_request"),
    "a job of two": ("POST", "/jobs", {"json": {"upload": "uploads/anonymous/0", "video_path": "a"}}, 400, "bad_request"),
    "a job of no upload key": ("POST", "/jobs", {"json": {"upload": "../../etc/passwd"}}, 404, "upload_not_found"),
    "a job of somebody's upload": (
        "POST",
        "/jobs",
        {"json": {"upload": "uploads/0123456789ab/" + "0" * 32}},
        404,
        "upload_not_found",
    ),
    "no such job": ("GET", "/jobs/" + "0" * 32, {}, 404, "job_not_found"),
    "no job id": ("DELETE", "/jobs/%00", {}, 404, "job_not_found"),
    "a content type that is no video": ("POST", "/uploads", {"json": {"content_type": "text/html"}}, 422, "invalid_request"),
    "a month that is none": ("GET", "/usage?period=2026-13", {}, 422, "invalid_request"),
    "a long idempotency key": (
        "POST",
        "/jobs",
        {"json": {"video_path": "a"}, "headers": {"Idempotency-Key": "x" * 201}},
        422,
        "invalid_request",
    ),
    "a length beyond all numbers": (
        "POST",
        "/score",
        {"content": b"x", "headers": {"Content-Length": "9" * 5000}},
        400,
        "bad_request",
    ),
    "a length that is none": ("POST", "/score", {"content": b"x", "headers": {"Content-Length": "-1"}}, 400, "bad_request"),
    "an upload without a ticket": ("POST", "/uploads/receive", {"files": {"file": VIDEO}}, 403, "upload_refused"),
}


@pytest.mark.parametrize(("method", "path", "sent", "status", "code"), FAULTS.values(), ids=FAULTS)
def test_a_faulty_request_gets_a_problem(method: str, path: str, sent: dict, status: int, code: str, api: Api) -> None:
    answer = api.client.request(method, path, **sent)
    document = problem_of(answer)
    assert (answer.status_code, document["code"]) == (status, code)


def test_a_wrong_field_is_named_as_it_is_spelled(api: Api) -> None:
    detail = api.client.post("/score", json={}).json()["detail"]
    assert detail == "The field video_path is wrong: Field required."


def test_json_with_a_byte_order_mark_is_json(api: Api) -> None:
    answer = api.client.post("/score", content=b'\xef\xbb\xbf{"video_path": "none.mp4"}', headers=JSON)
    assert (answer.status_code, answer.json()["code"]) == (404, "file_not_found")


@pytest.mark.parametrize(
    ("code", "title"),
    [("not_a_video", "Unprocessable Content"), ("body_too_large", "Content Too Large"), ("job_not_found", "Not Found")],
)
def test_titles_do_not_depend_on_the_python_that_runs_it(code: str, title: str) -> None:
    assert json.loads(bytes(problem(code, "?", None).body))["title"] == title


def test_a_wrong_method_names_the_right_ones(api: Api) -> None:
    assert api.client.get("/score").headers["allow"] == "POST"
    assert api.client.put("/jobs/x").headers["allow"] == "DELETE, GET"
    assert api.client.put("/health").headers["allow"] == "GET, HEAD"


# Requests that end without an answer of the app


def test_a_request_that_is_cancelled_is_told_to_come_back(caplog: pytest.LogCaptureFixture) -> None:
    """As the server does with what still runs when it stops: a body that still comes, for one."""
    caplog.set_level("INFO", "lipgate")
    sent: list[dict] = []

    async def receive() -> dict:
        return await asyncio.Future()

    async def send(message: dict) -> None:
        sent.append(message)

    async def app(scope: dict, receive: Callable, send: Callable) -> None:
        await receive()

    async def stopped() -> None:
        scope = {"type": "http", "method": "POST", "path": "/score", "headers": []}
        asking = asyncio.create_task(Envelope(app, limit_of=lambda _: 9)(scope, receive, send))
        await asyncio.sleep(0)
        asking.cancel()
        await asking

    asyncio.run(stopped())
    assert (sent[0]["status"], json.loads(sent[1]["body"])["code"]) == (503, "shutting_down")
    assert dict(sent[0]["headers"])[b"retry-after"] == b"1"
    assert [record.status for record in caplog.records if record.message == "request"] == [503]


# Request ids and the log


@pytest.mark.parametrize(("sent", "kept"), [("abc-1.2_3", True), ("a b", False), ("x" * 65, False), ("", False)])
def test_a_request_id_is_given_back_where_it_is_plain(sent: str, kept: bool, api: Api) -> None:
    given = api.client.get("/health", headers={"X-Request-Id": sent}).headers["x-request-id"]
    assert (given == sent) == kept
    assert re.fullmatch(r"[A-Za-z0-9._-]+", given)


def test_the_log_holds_no_personal_data(api: Api, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("DEBUG", "lipgate")
    headers = api.key()
    api.client.post("/score?session_id=PRIVATE", content=VIDEO, headers={**headers, **MP4})
    api.client.post("/score", files={"file": ("PRIVATE.mp4", VIDEO)}, data={"session_id": "PRIVATE"}, headers=headers)
    api.client.post("/score", json={"video_path": "PRIVATE.mp4"}, headers=headers)
    api.client.get("/jobs/PRIVATE?x=PRIVATE", headers=headers)
    api.client.get("/PRIVATE", headers={"Authorization": "Bearer PRIVATE"})
    (api.folder / "PRIVATE.mp4").write_bytes(VIDEO)
    api.scorer.error = FileNotFoundError("PRIVATE.mp4")
    api.ended(api.job(video_path="PRIVATE.mp4", session_id="PRIVATE")["id"])
    text = " ".join(JsonFormatter().format(record) for record in caplog.records)
    assert "FileNotFoundError" in text
    assert "/jobs/{job_id}" in text
    assert "PRIVATE" not in text
    assert headers["Authorization"][-40:] not in text


def test_an_exception_in_the_log_says_where_it_came_from_and_no_more() -> None:
    def inner() -> None:
        raise KeyError("PRIVATE")

    try:
        try:
            inner()
        except KeyError as error:
            raise ValueError("PRIVATE") from error
    except ValueError:
        record = logging.LogRecord("n", logging.ERROR, "p", 1, "internal error", (), sys.exc_info())
    line = JsonFormatter().format(record)
    told = json.loads(line)["exception"]
    assert [entry for entry in told if " " not in entry] == ["ValueError", "KeyError"]
    assert re.search(r"test_errors\.py:\d+ inner", told[3])
    assert "PRIVATE" not in line


def test_browsers_of_other_origins_are_told_nothing(api: Api, make_api: MakeApi) -> None:
    origin = {"Origin": "https://shop.example"}
    assert "access-control-allow-origin" not in api.client.get("/health", headers=origin).headers
    allowed = make_api(cors_origins="https://shop.example, https://b.example").client
    assert allowed.get("/health", headers=origin).headers["access-control-allow-origin"] == "https://shop.example"
    assert "access-control-allow-origin" not in allowed.get("/health", headers={"Origin": "https://c.example"}).headers


def test_browsers_of_origins_that_are_let_in_may_read_errors_and_our_headers(make_api: MakeApi) -> None:
    api = make_api(core={"max_video_size_mb": 0.01}, cors_origins="https://shop.example")
    origin = {"Origin": "https://shop.example"}
    large = api.client.post("/score", content=b"x" * 200_000, headers={**origin, **MP4})
    api.scorer.error = ZeroDivisionError()
    broken = api.client.post("/score", content=VIDEO, headers={**origin, **MP4})
    unknown = api.client.get("/nothing", headers=origin)
    for answer, status in ((large, 413), (broken, 500), (unknown, 404)):
        assert answer.status_code == status
        assert answer.headers["access-control-allow-origin"] == "https://shop.example"
        exposed = answer.headers["access-control-expose-headers"].lower().split(", ")
        assert {"location", "retry-after", "x-request-id", "lipgate-cache", "idempotency-replayed"} == set(exposed)
