"""Downloading weights: what a server may do, and what comes of it. The server is a scripted one on loopback."""

import hashlib
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from lipgate.core.errors import WeightsError
from lipgate.core.weights.download import Patience, download

CONTENT = bytes(range(256)) * 2000
SHA256 = hashlib.sha256(CONTENT).hexdigest()
QUICK = Patience(timeout_s=0.3, least_rate=1000, attempts=3, pause_s=0.01)

Answer = Callable[[BaseHTTPRequestHandler], None]


class Server:
    """Answers the n-th request with the n-th answer, and every later one with the last."""

    def __init__(self) -> None:
        self.answers: list[Answer] = []
        self.ranges: list[str | None] = []
        self.release = threading.Event()
        owner = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                number = min(len(owner.ranges), len(owner.answers) - 1)
                owner.ranges.append(self.headers.get("Range"))
                owner.answers[number](self)

            def log_message(self, *args: object) -> None:
                pass

        self._http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._http.server_port}/weights.bin"
        threading.Thread(target=self._http.serve_forever, args=(0.02,), daemon=True).start()

    def close(self) -> None:
        self.release.set()
        self._http.shutdown()
        self._http.server_close()

    def stall(self, request: BaseHTTPRequestHandler) -> None:
        """Half of the file, then nothing."""
        _send(request, 200, CONTENT[: len(CONTENT) // 2], length=len(CONTENT))
        request.wfile.flush()
        self.release.wait(10)

    def drip(self, request: BaseHTTPRequestHandler) -> None:
        """A byte every 50 ms: never quiet for long, never done."""
        _send(request, 200, b"", length=len(CONTENT))
        while not self.release.wait(0.05):
            try:
                request.wfile.write(b"x")
                request.wfile.flush()
            except OSError:
                return


def _send(request: BaseHTTPRequestHandler, status: int, body: bytes, *, length: int | None = None, **headers: str) -> None:
    request.send_response(status)
    request.send_header("Content-Length", str(len(body) if length is None else length))
    for name, value in headers.items():
        request.send_header(name.replace("_", "-"), value)
    request.end_headers()
    request.wfile.write(body)


def whole(request: BaseHTTPRequestHandler) -> None:
    """All of it, whatever range was asked for."""
    _send(request, 200, CONTENT)


def ranged(request: BaseHTTPRequestHandler) -> None:
    """What was asked for."""
    asked = request.headers.get("Range")
    start = int(asked.removeprefix("bytes=").rstrip("-")) if asked else 0
    span = f"bytes {start}-{len(CONTENT) - 1}/{len(CONTENT)}"
    _send(request, 206 if asked else 200, CONTENT[start:], Content_Range=span)


def truncated(request: BaseHTTPRequestHandler) -> None:
    """A third, then the connection ends."""
    _send(request, 200, CONTENT[: len(CONTENT) // 3], length=len(CONTENT))


def other(request: BaseHTTPRequestHandler) -> None:
    """Another file of the same size."""
    _send(request, 200, CONTENT[::-1])


def endless(request: BaseHTTPRequestHandler) -> None:
    """No length given and far more than the file."""
    request.send_response(200)
    request.end_headers()
    try:
        for _ in range(20):
            request.wfile.write(CONTENT[::-1])
    except OSError:
        pass


def redirect(location: str) -> Answer:
    return lambda request: _send(request, 302, b"", Location=location)


def status(code: int, **headers: str) -> Answer:
    return lambda request: _send(request, code, b"", **headers)


@pytest.fixture
def server(monkeypatch) -> Iterator[Server]:
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    server = Server()
    yield server
    server.close()


@pytest.fixture
def part(tmp_path) -> Path:
    return tmp_path / "weights.bin.part"


def _download(server: Server, part: Path, **options: object) -> Path:
    return download(server.url, part, len(CONTENT), SHA256, patience=QUICK, **options)


def test_good_file(server, part):
    server.answers = [whole]
    told: list[tuple[int, int]] = []
    assert _download(server, part, progress=lambda done, total: told.append((done, total))).read_bytes() == CONTENT
    assert told[0] == (0, len(CONTENT))
    assert told[-1] == (len(CONTENT), len(CONTENT))


@pytest.mark.parametrize(
    ("answers", "ranges"),
    [
        pytest.param([truncated, ranged], [None, f"bytes={len(CONTENT) // 3}-"], id="truncated, then resumed"),
        pytest.param([truncated, whole], [None, f"bytes={len(CONTENT) // 3}-"], id="truncated, then a server that ignores Range"),
        pytest.param([status(503), whole], [None, None], id="busy, then good"),
        pytest.param(
            [truncated, status(416), whole], [None, f"bytes={len(CONTENT) // 3}-", None], id="range refused, from the start"
        ),
        pytest.param([redirect("/elsewhere"), whole], [None, None], id="redirect to http"),
    ],
)
def test_recovers(server, part, answers, ranges):
    server.answers = answers
    assert _download(server, part).read_bytes() == CONTENT
    assert server.ranges == ranges


def test_goes_on_where_an_earlier_run_stopped(server, part):
    server.answers = [ranged]
    part.write_bytes(CONTENT[:1000])
    assert _download(server, part).read_bytes() == CONTENT
    assert server.ranges == ["bytes=1000-"]


def test_complete_part_needs_no_server(part):
    part.write_bytes(CONTENT)
    assert download("http://127.0.0.1:9/nothing", part, len(CONTENT), SHA256).read_bytes() == CONTENT


def test_part_that_is_too_long_is_started_again(server, part):
    server.answers = [ranged]
    part.write_bytes(CONTENT + b"more")
    assert _download(server, part).read_bytes() == CONTENT
    assert server.ranges == [None]


@pytest.mark.parametrize("answer", [other, endless])
def test_wrong_content_is_removed(server, part, answer):
    server.answers = [answer]
    with pytest.raises(WeightsError) as caught:
        _download(server, part)
    assert caught.value.code == "weights_mismatch"
    assert not part.exists()


@pytest.mark.parametrize(
    "answer",
    [
        pytest.param(lambda request: _send(request, 200, CONTENT + b"x"), id="announced size"),
        pytest.param(lambda request: _send(request, 206, CONTENT[9:], Content_Range="bytes 9-99/100"), id="size in the range"),
    ],
)
def test_another_size_is_refused_before_anything_is_written(server, part, answer):
    server.answers = [answer]
    part.write_bytes(CONTENT[:9])
    with pytest.raises(WeightsError) as caught:
        _download(server, part)
    assert caught.value.code == "weights_mismatch"
    assert part.read_bytes() == CONTENT[:9]


@pytest.mark.parametrize(
    ("answer", "says", "requests"),
    [
        pytest.param(status(404), "404", 1, id="missing"),
        pytest.param(status(500), "500", 3, id="broken"),
        pytest.param(redirect("file:///etc/passwd"), "not allowed", 1, id="redirect to a file"),
        pytest.param(redirect("ftp://127.0.0.1/x"), "only http", 1, id="redirect to ftp"),
    ],
)
def test_failures_name_their_cause(server, part, answer, says, requests):
    server.answers = [answer]
    with pytest.raises(WeightsError, match=says) as caught:
        _download(server, part)
    assert caught.value.code == "fetch_failed"
    assert len(server.ranges) == requests


@pytest.mark.parametrize(("behaviour", "says"), [("stall", "timed out"), ("drip", "too slowly")])
def test_a_slow_server_is_given_up_and_what_came_is_kept(server, part, behaviour, says):
    server.answers = [getattr(server, behaviour), status(500)]
    with pytest.raises(WeightsError) as caught:
        _download(server, part)
    assert caught.value.code == "fetch_failed"
    assert 0 < part.stat().st_size < len(CONTENT)
    assert len(server.ranges) == 3

    server.answers = [getattr(server, behaviour)]
    part.unlink()
    once = Patience(timeout_s=0.2, least_rate=1000, attempts=1)
    with pytest.raises(WeightsError, match=says):
        download(server.url, part, len(CONTENT), SHA256, patience=once)


def test_refused_connection(part):
    with pytest.raises(WeightsError, match="refused") as caught:
        download("http://127.0.0.1:9/x", part, len(CONTENT), SHA256, patience=QUICK)
    assert caught.value.code == "fetch_failed"


@pytest.mark.parametrize("url", ["file:///etc/passwd", "ftp://host/x", "weights.bin"])
def test_only_http(part, url):
    with pytest.raises(WeightsError, match="only http"):
        download(url, part, len(CONTENT), SHA256)
