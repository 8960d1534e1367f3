"""Limits of bodies: how large, and how slow."""

import asyncio
import json
import os
import tempfile
import time
from pathlib import Path
from types import SimpleNamespace

import pytest

from lipgate.handlers.http.middleware import SLOWEST_RATE
from tests.handlers.conftest import VIDEO, Api, MakeApi
from tests.handlers.http.test_errors import MP4, problem_of

SMALL = {"max_video_size_mb": 0.01}
TOO_LARGE = b"x" * 200_000


@pytest.mark.parametrize(
    "sent",
    [
        {"content": TOO_LARGE, "headers": MP4},
        {"content": iter([TOO_LARGE[:50_000]] * 4), "headers": MP4},
        {"files": {"file": TOO_LARGE}},
        {"files": {"file": TOO_LARGE[:20_000]}},
        {"content": TOO_LARGE[:20_000], "headers": MP4},
        {"json": {"video_path": "x" * 70_000}},
        {"json": {"video_path": "large.mp4"}},
        {"files": {"file": VIDEO}, "data": {"session_id": "x" * 9000}},
    ],
    ids=["declared", "streamed", "form", "form within the envelope", "raw within the envelope", "JSON", "video_path", "field"],
)
def test_too_many_bytes_are_413(sent: dict, make_api: MakeApi) -> None:
    api = make_api(core=SMALL)
    (api.folder / "large.mp4").write_bytes(TOO_LARGE)
    document = problem_of(api.client.post("/score", **sent))
    assert document["code"] == "body_too_large"
    assert api.scorer.scored == []
    assert api.services.temporary is not None
    assert [path.name for path in api.services.temporary.iterdir()] == ["lock"]


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="a disk that is full")
@pytest.mark.parametrize("sent", [{"content": VIDEO, "headers": MP4}, {"files": {"file": VIDEO}}], ids=["raw", "form"])
def test_a_full_disk_is_503(sent: dict, api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    made = tempfile.mkstemp

    def full(prefix: str, dir: Path) -> tuple[int, str]:
        handle, name = made(prefix=prefix, dir=dir)
        os.close(handle)
        return os.open("/dev/full", os.O_WRONLY), name

    monkeypatch.setattr(tempfile, "mkstemp", full)
    answer = api.client.post("/score", **sent)
    assert (answer.status_code, problem_of(answer)["code"]) == (503, "storage_unavailable")
    assert int(answer.headers["retry-after"]) >= 1
    monkeypatch.undo()


def test_a_video_of_just_the_right_size_is_taken(make_api: MakeApi) -> None:
    api = make_api(core={"max_video_size_mb": 0.125})
    video = b"x" * (1 << 17)
    assert api.client.post("/score", content=video, headers=MP4).status_code == 200
    assert api.client.post("/score", files={"file": video}).status_code == 200
    assert api.client.post("/score", content=video + b"x", headers=MP4).status_code == 413
    assert api.client.post("/score", files={"file": video + b"x"}).status_code == 413


@pytest.mark.parametrize(
    ("pieces", "status"),
    [([b"x"] * 9, 408), ([b"x" * 20 * SLOWEST_RATE] * 9, 200), ([b"x" * 20 * SLOWEST_RATE] + [b"x"] * 9, 408)],
    ids=["byte by byte", "slowly", "quickly, then byte by byte"],
)
def test_a_body_has_to_come_at_some_rate(pieces: list[bytes], status: int, api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    """20 seconds pass before each piece."""
    clock = SimpleNamespace(now=time.monotonic())
    monkeypatch.setattr("lipgate.handlers.http.middleware.time", SimpleNamespace(monotonic=lambda: clock.now))
    pending, sent = [*pieces], []

    async def receive() -> dict:
        clock.now += 20
        return {"type": "http.request", "body": pending.pop(0), "more_body": bool(pending)}

    async def send(message: dict) -> None:
        sent.append(message)

    scope = {
        "type": "http",
        "method": "POST",
        "path": "/score",
        "query_string": b"",
        "headers": [(b"content-type", b"video/mp4")],
    }
    asyncio.run(api.client.app(scope, receive, send))
    assert sent[0]["status"] == status
    assert json.loads(sent[1]["body"]).get("code") == (None if status == 200 else "request_timeout")
    assert api.services.scorer._admitted == 0
