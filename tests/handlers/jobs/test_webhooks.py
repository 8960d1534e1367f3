"""Webhooks: signed, tried again, given up, and never sent twice by two senders."""

import hashlib
import hmac
import json
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from lipgate.handlers.jobs.webhooks import FIRST_WAIT_S, LONGEST_WAIT_S, deliver, signature, wait_after
from tests.handlers.conftest import VIDEO, Api, MakeApi


@dataclass
class Receiver:
    """Somebody's server."""

    url: str = ""
    statuses: list[int] = field(default_factory=list)
    """What to answer, in order; 200 afterwards."""
    got: list[tuple[dict[str, str], bytes]] = field(default_factory=list)
    """Headers and bodies."""
    came: threading.Semaphore = field(default_factory=lambda: threading.Semaphore(0))
    awake: threading.Event = field(default_factory=threading.Event)
    """Until it is set, nothing sent to `/slow` is answered."""


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    receiver = Receiver()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            receiver.got.append((dict(self.headers), body))
            if self.path == "/slow":
                receiver.came.release()
                receiver.awake.wait(20)
            self.send_response(receiver.statuses.pop(0) if receiver.statuses else 200)
            self.end_headers()
            receiver.came.release()

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    receiver.url = f"http://127.0.0.1:{server.server_port}/hook"
    yield receiver
    receiver.awake.set()
    server.shutdown()
    server.server_close()


@pytest.fixture
def quiet(make_api: MakeApi) -> Api:
    """An API that may call this machine. A delivery that failed is not due again while a test runs."""
    api = make_api(webhook_allow_private=True, webhook_secret="s3cret", webhook_attempts=3)  # noqa: S106
    (api.folder / "a.mp4").write_bytes(VIDEO)
    return api


def test_the_outcome_is_sent_and_signed(quiet: Api, receiver: Receiver) -> None:
    job = quiet.job(video_path="a.mp4", webhook_url=receiver.url, session_id="s1")
    assert receiver.came.acquire(timeout=10)
    headers, body = receiver.got[0]
    event = json.loads(body)
    assert event["type"] == "job.done"
    assert event["job"] == quiet.ended(job["id"])
    at, _, digest = headers["Lipgate-Signature"].removeprefix("t=").partition(",v1=")
    assert digest == hmac.new(b"s3cret", f"{at}.".encode() + body, hashlib.sha256).hexdigest()
    assert abs(int(at) - time.time()) < 30
    assert headers["Content-Type"] == "application/json"


def test_with_a_key_its_own_secret_signs(quiet: Api, receiver: Receiver) -> None:
    headers = quiet.key()
    quiet.job(headers, video_path="a.mp4", webhook_url=receiver.url)
    assert receiver.came.acquire(timeout=10)
    key = quiet.services.keys.get(headers["Authorization"].split("_")[1])
    assert key is not None
    got, body = receiver.got[0]
    at = int(got["Lipgate-Signature"].split(",")[0].removeprefix("t="))
    assert got["Lipgate-Signature"] == signature(key.webhook_secret, at, body)


def test_a_failed_job_is_told_too(quiet: Api, receiver: Receiver) -> None:
    quiet.scorer.error = ZeroDivisionError()
    quiet.job(video_path="a.mp4", webhook_url=receiver.url)
    assert receiver.came.acquire(timeout=10)
    event = json.loads(receiver.got[0][1])
    assert (event["type"], event["job"]["error"]["code"]) == ("job.failed", "internal_error")


@pytest.mark.parametrize("status", [300, 302, 404, 410, 500, 503])
def test_what_is_not_taken_is_sent_again_later(status: int, quiet: Api, receiver: Receiver) -> None:
    receiver.statuses = [status]
    job = quiet.job(video_path="a.mp4", webhook_url=receiver.url)
    assert receiver.came.acquire(timeout=10)
    assert hurried(quiet, job["id"]) == 1
    deliver(quiet.services, job["id"])
    assert receiver.came.acquire(timeout=10)
    assert deliver(quiet.services, job["id"]), "it was taken and is not sent again"
    assert len(receiver.got) == 2


def test_nobody_is_tried_for_ever(quiet: Api, receiver: Receiver) -> None:
    receiver.statuses = [500] * 9
    job = quiet.job(video_path="a.mp4", webhook_url=receiver.url)
    for attempts in (1, 2):
        assert receiver.came.acquire(timeout=10)
        assert hurried(quiet, job["id"]) == attempts
        deliver(quiet.services, job["id"])
    assert receiver.came.acquire(timeout=10)
    deadline = time.monotonic() + 10
    while quiet.services.outbox.take(job["id"], 0, time.time() + 86400):
        assert time.monotonic() < deadline
    assert len(receiver.got) == 3


def hurried(api: Api, job_id: str) -> int:
    """Pretend that the time until the next attempt is over. Returns the attempts made."""
    deadline = time.monotonic() + 10
    # Within the wait of an attempt that failed, but not within the lease of one that is being made.
    while not (delivery := api.services.outbox.take(job_id, -86400, time.time() + 2.5 * FIRST_WAIT_S)) or not delivery.attempts:
        assert time.monotonic() < deadline
    return delivery.attempts


def test_a_receiver_that_is_away_stops_nothing(quiet: Api) -> None:
    job = quiet.job(video_path="a.mp4", webhook_url="http://127.0.0.1:1/")
    assert quiet.ended(job["id"])["state"] == "done"
    assert quiet.ended(quiet.job(video_path="a.mp4")["id"])["state"] == "done"


def test_a_receiver_that_does_not_answer_delays_those_of_its_owner_only(quiet: Api, receiver: Receiver) -> None:
    slow, good = quiet.key(), quiet.key()
    first = [quiet.job(slow, video_path="a.mp4", webhook_url=receiver.url.replace("/hook", "/slow"))["id"] for _ in range(6)]
    assert receiver.came.acquire(timeout=10)
    for job_id in first:
        quiet.ended(job_id, slow)
    job = quiet.job(good, video_path="a.mp4", webhook_url=receiver.url)
    assert receiver.came.acquire(timeout=10)
    told = [json.loads(body)["job"]["id"] for _, body in receiver.got]
    assert told[1] == job["id"], "one webhook of an owner at a time"
    assert told[0] in first


def test_a_removed_job_is_not_told(quiet: Api, receiver: Receiver) -> None:
    receiver.statuses = [500]
    job = quiet.job(video_path="a.mp4", webhook_url=receiver.url)
    assert receiver.came.acquire(timeout=10)
    quiet.client.delete(f"/jobs/{job['id']}")
    assert deliver(quiet.services, job["id"])
    assert len(receiver.got) == 1


@pytest.mark.parametrize(
    "url",
    ["http://example.com/", "https://127.0.0.1/", "https://[::1]/", "https://169.254.169.254/", "https://u:p@example.com/"],
)
def test_bad_addresses_are_refused_when_the_job_is_made(url: str, make_api: MakeApi) -> None:
    api = make_api(webhook_secret="s3cret")  # noqa: S106
    (api.folder / "a.mp4").write_bytes(VIDEO)
    answer = api.client.post("/jobs", json={"video_path": "a.mp4", "webhook_url": url})
    assert (answer.status_code, answer.json()["code"]) == (403, "webhook_refused")


def test_without_anything_to_sign_with_there_are_no_webhooks(api: Api) -> None:
    (api.folder / "a.mp4").write_bytes(VIDEO)
    answer = api.client.post("/jobs", json={"video_path": "a.mp4", "webhook_url": "https://example.com/"})
    assert (answer.status_code, answer.json()["code"]) == (403, "webhook_refused")
    assert "LIPGATE_WEBHOOK_SECRET" in answer.json()["detail"]


def test_the_signature_is_as_documented() -> None:
    expected = hmac.new(b"secret", b'17.{"a":1}', hashlib.sha256).hexdigest()
    assert signature("secret", 17, b'{"a":1}') == f"t=17,v1={expected}"


def test_waits_double_up_to_a_limit_and_differ() -> None:
    for attempts in range(1, 40):
        longest = min(LONGEST_WAIT_S, FIRST_WAIT_S * 2.0 ** (attempts - 1))
        waits = [wait_after(attempts) for _ in range(20)]
        assert all(longest / 2 <= wait <= longest for wait in waits)
        assert len(set(waits)) > 1
