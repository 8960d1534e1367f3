"""What goes over the wire, byte by byte: as existing clients send it, and as nobody should."""

import asyncio
import contextlib
import json
import socket
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import uvicorn

from lipgate.core import __version__
from lipgate.handlers.http import connections
from tests.handlers.server import Server

pytestmark = [
    pytest.mark.skipif(sys.platform == "win32", reason="ends the server by a signal"),
    pytest.mark.timeout(120),
]

CLIP = Path(__file__).parents[3] / "samples" / "late_sound.mp4"


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    server = Server(tmp_path_factory.mktemp("sockets"), LIPGATE_ALLOWED_HOSTS="avsync,a.example")
    (server.videos / "a.mp4").write_bytes(CLIP.read_bytes())
    yield server
    server.kill()


def said(port: int, request: bytes, *, ends: bool = False) -> tuple[list[bytes], bytes]:
    """Lines of the head of what is answered, and the body. `ends`: nothing more is sent."""
    with socket.create_connection(("127.0.0.1", port), timeout=30) as connection:
        connection.sendall(request)
        if ends:
            connection.shutdown(socket.SHUT_WR)
        answer = b""
        with contextlib.suppress(ConnectionResetError):
            while piece := connection.recv(1 << 16):
                answer += piece
    head, _, body = answer.partition(b"\r\n\r\n")
    return head.split(b"\r\n"), body


def post(kind: str, body: bytes, target: str = "/score") -> bytes:
    """A request as old clients write it."""
    head = (
        f"POST {target} HTTP/1.1\r\nHost: avsync:5000\r\nContent-Type: {kind}\r\nContent-Length: {len(body)}\r\nConnection: close"
    )
    return head.encode() + b"\r\n\r\n" + body


def form(video: bytes) -> bytes:
    """A multipart body with the boundary `b`."""
    part = b'--b\r\nContent-Disposition: form-data; name="%s"%s\r\n\r\n%s\r\n'
    return part % (b"file", b'; filename="a.mp4"', video) + part % (b"session_id", b"", b"s1") + b"--b--\r\n"


def chunked(video: bytes) -> bytes:
    pieces = [video[start : start + 50_000] for start in range(0, len(video), 50_000)]
    body = b"".join(b"%x\r\n%s\r\n" % (len(piece), piece) for piece in pieces) + b"0\r\n\r\n"
    return (
        b"POST /score?session_id=s1 HTTP/1.1\r\nHost: localhost\r\nContent-Type: video/mp4\r\nConnection: close\r\n"
        b"Transfer-Encoding: chunked\r\n\r\n" + body
    )


@pytest.mark.parametrize("version", [b"1.1", b"1.0"])
def test_health_byte_for_byte(version: bytes, server: Server) -> None:
    head, body = said(server.port, b"GET /health HTTP/%s\r\nHost: avsync:5000\r\nConnection: close\r\n\r\n" % version)
    assert head[0] == b"HTTP/1.1 200 OK"
    assert b"content-type: application/json" in head
    # What old clients know stands first, as it always did.
    expected = (
        '{"status":"healthy","service":"syncnet-avsync","version":"VERSION","syncnet_available":true,"models_loaded":true,'
    ).replace("VERSION", __version__)
    assert body.startswith(expected.encode())
    beside = json.loads(b"{" + body.removeprefix(expected.encode()))
    assert (beside["model"]["name"], beside["model"]["verified"], beside["in_memory"]) == ("mini", True, True)
    assert set(beside) == {"model", "in_memory"}
    assert f"content-length: {len(body)}".encode() in head


def test_the_head_of_health_is_that_of_its_answer(server: Server) -> None:
    heads = []
    for method in (b"GET", b"HEAD"):
        head, body = said(
            server.port, method + b" /health HTTP/1.1\r\nHost: localhost\r\nX-Request-Id: r1\r\nConnection: close\r\n\r\n"
        )
        heads.append([line for line in head if not line.startswith(b"date:")])
    assert heads[0] == heads[1]
    assert body == b""


def test_a_target_may_name_the_server(server: Server) -> None:
    """As proxies write it. What it names counts, and not the header Host."""
    body = b'{"content_type": "video/mp4"}'
    request = post("application/json", body, "http://a.example/uploads")
    head, answer = said(server.port, request)
    assert head[0] == b"HTTP/1.1 201 Created"
    assert json.loads(answer)["url"].startswith("http://a.example/uploads/")


def requests_for_a_score(folder: Path) -> dict[str, bytes]:
    video = CLIP.read_bytes()
    return {
        "JSON": post("application/json", b'{"video_path": "a.mp4", "session_id": "s1"}'),
        "JSON, absolute": post(
            "application/json", json.dumps({"video_path": str(folder / "a.mp4"), "session_id": "s1"}).encode()
        ),
        "form": post("multipart/form-data; boundary=b", form(video)),
        "raw": post("video/mp4", video, "/score?session_id=s1"),
        "raw, chunked": chunked(video),
    }


def test_every_form_of_score_byte_for_byte(server: Server) -> None:
    bodies = set()
    for name, request in requests_for_a_score(server.videos).items():
        head, body = said(server.port, request)
        assert head[0] == b"HTTP/1.1 200 OK", (name, body)
        assert b"content-type: application/json" in head
        bodies.add(body)
    (body,) = bodies
    fields = b'{"offset_frames":-6,"confidence":'
    assert body.startswith(fields)
    document = json.loads(body)
    assert list(document)[:6] == ["offset_frames", "confidence", "min_dist", "score", "lag_ms", "decision"]
    assert (document["offset_frames"], document["session_id"]) == (-6, "s1")
    assert document["lag_ms"] == pytest.approx(-240, abs=25)


def test_a_client_that_asks_first_is_told_to_go_on(server: Server) -> None:
    """curl does so with bodies of some size."""
    video = CLIP.read_bytes()
    with socket.create_connection(("127.0.0.1", server.port), timeout=30) as connection:
        head, _, body = post("video/mp4", video).partition(b"\r\n\r\n")
        connection.sendall(head + b"\r\nExpect: 100-continue\r\n\r\n")
        assert connection.recv(1 << 16) == b"HTTP/1.1 100 Continue\r\n\r\n"
        connection.sendall(body)
        assert connection.recv(1 << 16).startswith(b"HTTP/1.1 200 OK\r\n")


MALFORMED = {
    "a negative length": b"POST /score HTTP/1.1\r\nHost: localhost\r\nContent-Length: -5\r\n\r\n",
    "two lengths": b"POST /score HTTP/1.1\r\nHost: localhost\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\n12345",
    "a length beyond all numbers": b"POST /score HTTP/1.1\r\nHost: localhost\r\nContent-Length: 99999999999999999999999\r\n\r\nx",
    "a header that does not end": b"GET /health HTTP/1.1\r\nHost: localhost\r\nX: " + b"a" * 100_000,
    "no host": b"GET /health HTTP/1.1\r\n\r\n",
    "a space in a header's name": b"GET /health HTTP/1.1\r\nHost: localhost\r\nContent-Length : 5\r\n\r\n",
    "a length and chunks": b"POST /score HTTP/1.1\r\nHost: localhost\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n"
    b"0\r\n\r\nGET /health HTTP/1.1\r\nHost: localhost\r\n\r\n",
    "lines that end in LF": b"GET /health HTTP/1.1\nHost: localhost\n\n",
    "one line that ends in LF": b"GET /health HTTP/1.1\r\nHost: localhost\nX: 1\r\n\r\n",
    "a blank line of LF": b"GET /health HTTP/1.1\r\nHost: localhost\r\n\n",
    "a CR in a line": b"GET /health HTTP/1.1\r\nHost: localhost\r\nX: a\rY: b\r\n\r\n",
    "a header over two lines": b"GET /health HTTP/1.1\r\nHost: localhost\r\nX: a\r\n b\r\n\r\n",
    "two hosts": b"GET /health HTTP/1.1\r\nHost: localhost\r\nHost: localhost\r\n\r\n",
    "TLS": bytes.fromhex("16030100f0") + b"\0" * 240,
    "nonsense": b"\x00\xff\r\n\r\n",
}


@pytest.mark.parametrize("request_", MALFORMED.values(), ids=MALFORMED)
def test_what_is_no_request_is_refused_with_a_problem(request_: bytes, server: Server) -> None:
    head, body = said(server.port, request_, ends=True)
    assert head[0] == b"HTTP/1.1 400 Bad Request"
    headers = {line.lower() for line in head}
    assert {b"content-type: application/problem+json", b"connection: close"} <= headers
    document = json.loads(body)  # and nothing behind it
    assert (document["code"], document["status"]) == ("bad_request", 400)
    assert f"x-request-id: {document['request_id']}".encode() in headers
    assert server.client.get("/health").status_code == 200


def test_a_trailer_is_read_as_strictly(server: Server) -> None:
    """After the answer has begun the connection is closed, and what stands behind is no request."""
    request = chunked(CLIP.read_bytes()).replace(b"Connection: close\r\n", b"").removesuffix(b"\r\n") + b"X: 1\n\n"
    head, _ = said(server.port, request + b"GET /health HTTP/1.1\r\nHost: localhost\r\n\r\n", ends=True)
    assert head[0] == b"HTTP/1.1 400 Bad Request"


async def _app(scope: dict[str, Any], receive: Any, send: Any) -> None:
    await send({"type": "http.response.start", "status": 204, "headers": []})
    await send({"type": "http.response.body"})


@pytest.mark.parametrize(
    "sent",
    [
        b"",
        b"GET /health HT",
        b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\nGET /heal",
        b"GET / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 10\r\n\r\nx",
    ],
    ids=["nothing", "half a header", "half a second one", "half a body that nobody waits for"],
)
def test_a_connection_on_which_no_request_comes_is_closed(sent: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connections, "HEADER_SECONDS", 0.2)

    async def answered() -> bytes:
        config = uvicorn.Config(
            _app,
            port=0,
            http=connections.Connection,
            ws="none",
            log_config=None,
            lifespan="off",
            # It stops with every byte that comes.
            timeout_keep_alive=60,
        )
        server = uvicorn.Server(config)
        serving = asyncio.create_task(server.serve())
        while not server.started:
            await asyncio.sleep(0)
        reader, writer = await asyncio.open_connection(*server.servers[0].sockets[0].getsockname())
        writer.write(sent)
        answer = await asyncio.wait_for(reader.read(), 20)
        writer.close()
        server.should_exit = True
        await serving
        return answer

    answer = asyncio.run(answered())
    assert answer.startswith(b"HTTP/1.1 204") if b"Host" in sent else answer == b""
