"""The HTTP function, over Lambda's own protocol."""

import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from lipgate.handlers.adapters.aws.keys import DynamoKeys
from lipgate.handlers.adapters.aws.table import Table
from lipgate.handlers.domain.keys import new_key
from tests.handlers.aws.cloud import Cloud, make_cloud
from tests.handlers.aws.emulator import ROOT, Function, function
from tests.handlers.aws.events import body_of, cases, event, multipart, with_body

HEALTH = ("rest_v1_health", "http_v2_health", "function_url_health")

LIGHT = """
import json, os, sys
import lipgate.handlers.lambda_http as entry
class Context:
    aws_request_id = "1"
    def get_remaining_time_in_millis(self): return 20000
for name in ("http_v2_health", "http_v2_job", "http_v2_usage"):
    answer = entry.handler(json.load(open(f"tests/events/{name}.json")), Context())
    print(answer["statusCode"], end=" ")
print(sorted({"torch", "onnxruntime", "cv2", "numpy"} & set(sys.modules)))
"""


@pytest.fixture(scope="module")
def stack(aws_address: str) -> Cloud:
    return make_cloud(aws_address)


@pytest.fixture(scope="module")
def http(stack: Cloud, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Function]:
    log = tmp_path_factory.mktemp("http") / "log"
    with function("lipgate.handlers.lambda_http.handler", stack.environment(), log, timeout_s=30) as running:
        yield running


def test_every_kind_of_event_gets_the_same_health(http: Function) -> None:
    answers = [http.invoke(event(name)) for name in HEALTH]
    assert [answer["statusCode"] for answer in answers] == [200, 200, 200]
    assert {answer["body"] for answer in answers} == {answers[0]["body"]}
    health = body_of(answers[0])
    assert list(health)[:5] == ["status", "service", "version", "syncnet_available", "models_loaded"]
    assert (health["model"]["name"], health["in_memory"]) == ("mini", False)
    assert (health["status"], health["service"]) == ("healthy", "syncnet-avsync")


@pytest.mark.parametrize("form", ["rest_v1_score_raw", "http_v2_score_multipart", "function_url_score_multipart"])
def test_a_video_in_the_body_is_scored_byte_for_byte(
    form: str, http: Function, stack: Cloud, puppet: Callable[..., Path]
) -> None:
    video = puppet(seconds=3.0).read_bytes()
    answer = http.invoke(with_body(form, video if "raw" in form else multipart(video, "s-1")))
    assert answer["statusCode"] == 200, answer
    report = body_of(answer)
    assert isinstance(report["offset_frames"], int)
    assert isinstance(report["score"], float)
    assert report["decision"] in ("ALLOW", "NEXT", "BLOCK")
    assert report.get("session_id") == (None if "raw" in form else "s-1")
    # However often and in whatever form it comes, it is scored and paid once.
    entries = [item for item in stack.items("ledger") if item["pk"]["S"].startswith("entry#")]
    assert len(entries) == 1
    assert body_of(http.invoke(event("http_v2_usage")))["videos"] == 1


@pytest.mark.parametrize(
    ("name", "hostile"), cases("hostile_requests"), ids=lambda value: value if isinstance(value, str) else ""
)
def test_a_hostile_event_is_refused_and_the_next_one_is_answered(name: str, hostile: Any, http: Function) -> None:
    answer = http.invoke(hostile)
    assert "errorMessage" not in answer, answer
    harmless = name in ("a header with a line break", "no headers", "header bytes beyond latin-1", "a host that is none")
    assert answer["statusCode"] < 500
    assert answer["statusCode"] >= 400 or harmless, answer
    if answer["statusCode"] >= 400:
        assert answer["headers"]["content-type"] == "application/problem+json"
        assert set(body_of(answer)) == {"type", "title", "status", "detail", "code", "request_id"}
    assert "evil" not in str(answer.get("headers")) + str(answer.get("cookies"))
    assert http.invoke(event("http_v2_health"))["statusCode"] == 200


@pytest.mark.parametrize("name", ["rest_v1_health", "http_v2_health"])
def test_in_a_stage_paths_are_found_and_links_lead_back(name: str, http: Function, stack: Cloud) -> None:
    def asked(method: str, path: str, body: str | None = None) -> Any:
        made = event(name)
        made["headers"]["content-type"], made["body"] = "application/json", body
        made.pop("multiValueHeaders", None)
        made["requestContext"]["stage"] = "prod"
        if "http" in made["requestContext"]:
            made["rawPath"] = f"/prod{path}"
            made["requestContext"]["http"] |= {"path": f"/prod{path}", "method": method}
        else:
            made |= {"path": path, "httpMethod": method}
            made["requestContext"]["path"] = f"/prod{path}"
        return http.invoke(made)

    assert asked("GET", "/health")["statusCode"] == 200
    upload = body_of(asked("POST", "/uploads", "{}"))["upload"]
    job = asked("POST", "/jobs", f'{{"upload": "{upload}"}}')
    assert job["headers"]["location"] == f"/prod/jobs/{body_of(job)['id']}"
    assert asked("DELETE", job["headers"]["location"].removeprefix("/prod"))["statusCode"] == 204


def test_an_upload_goes_straight_to_s3_and_only_as_agreed(http: Function, stack: Cloud) -> None:
    ticket = body_of(http.invoke(event("http_v2_uploads")))
    assert ticket["url"].startswith("http")
    answer = httpx.post(ticket["url"], data=ticket["fields"], files={"file": b"a video"})
    assert answer.status_code in (200, 204), answer.text
    assert stack.services().objects.size(ticket["upload"]) == 7
    job = http.invoke(with_body("http_v2_jobs", {"upload": ticket["upload"]}))
    assert job["statusCode"] == 202
    assert body_of(job)["state"] == "queued"
    assert job["headers"]["location"] == f"/jobs/{body_of(job)['id']}"
    again = http.invoke(with_body("http_v2_jobs", {"upload": ticket["upload"]}))
    assert body_of(again)["id"] == body_of(job)["id"]
    (message,) = stack.messages()
    assert body_of({"body": message["Body"], "isBase64Encoded": False}) == {"kind": "job", "job_id": body_of(job)["id"]}


def test_keys_are_asked_for_where_the_stack_says_so(aws_address: str, tmp_path: Path) -> None:
    stack = make_cloud(aws_address)
    key, text = new_key("Ann", 1.0, requests_per_minute=1000)
    DynamoKeys(Table(stack.clients.dynamodb, stack.settings.keys_table), Table(None, "")).add(key)
    environment = {**stack.environment(), "LIPGATE_REQUIRE_API_KEYS": "true"}
    with function("lipgate.handlers.lambda_http.handler", environment, tmp_path / "log", timeout_s=30) as http:
        refused = http.invoke(event("http_v2_usage"))
        asked = event("http_v2_usage")
        asked["headers"]["authorization"] = f"Bearer {text}"
        assert (refused["statusCode"], body_of(refused)["code"]) == (401, "unauthorized")
        assert http.invoke(asked)["statusCode"] == 200
        assert http.invoke(event("http_v2_health"))["statusCode"] == 200
    assert text not in (tmp_path / "log").read_text()


def test_what_needs_no_score_loads_nothing_that_scores(stack: Cloud) -> None:
    """The start of a function that answers /health and /jobs is paid for by every first caller."""
    environment = {**stack.environment(), "PATH": "", "HOME": "/nonexistent"}
    command = [sys.executable, "-c", LIGHT]
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=60, check=True)
    assert done.stdout.strip() == "200 404 200 []"


class Context:
    """Of an invocation with so much time left."""

    aws_request_id = "c6af9ac6"

    def __init__(self, left_ms: int) -> None:
        self._left = left_ms

    def get_remaining_time_in_millis(self) -> int:
        return self._left


def test_a_score_that_cannot_finish_becomes_a_job(cloud: Cloud, puppet: Callable[..., Path]) -> None:
    from mangum import Mangum

    from lipgate.handlers.http.app import create_app

    entry = Mangum(create_app(cloud.services()), lifespan="off")
    video = puppet(seconds=3.0).read_bytes()
    answer = entry(with_body("http_v2_score_multipart", multipart(video)), Context(left_ms=1000))  # type: ignore[arg-type]
    assert answer["statusCode"] == 202, answer
    job = body_of(answer)
    assert job["state"] == "queued"
    assert cloud.services().objects.size(job["upload"]) == len(video)
    assert len(cloud.messages()) == 1
    assert not [item for item in cloud.items("ledger") if "videos" in item or item["pk"]["S"].startswith("entry#")]
