"""Webhooks reach public addresses only: what is refused, and that what was checked is what is called."""

import ipaddress
import socket
import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from lipgate.handlers.domain.errors import RefusedError
from lipgate.handlers.jobs import addresses
from lipgate.handlers.jobs.addresses import check_url, is_public, post, resolve


@pytest.mark.parametrize(
    "url",
    [
        "",
        "example.com",
        "http://example.com/",
        "ftp://example.com/",
        "file:///etc/passwd",
        "gopher://example.com/",
        "https://",
        "https:///path",
        "https://user@example.com/",
        "https://user:pass@example.com/",
        "https://example.com:99999/",
        "https://example.com:x/",
        "https://127.0.0.1/",
        "https://127.1.2.3/",
        "https://0.0.0.0/",
        "https://10.0.0.1/",
        "https://172.16.0.1/",
        "https://192.168.1.1/",
        "https://169.254.169.254/latest/meta-data/",
        "https://100.64.0.1/",
        "https://192.0.2.1/",
        "https://198.18.0.1/",
        "https://224.0.0.1/",
        "https://240.0.0.1/",
        "https://255.255.255.255/",
        "https://[::1]/",
        "https://[::]/",
        "https://[fe80::1]/",
        "https://[fc00::1]/",
        "https://[fd12:3456::1]/",
        "https://[fec0::1]/",
        "https://[ff02::1]/",
        "https://[2001:db8::1]/",
        "https://[::ffff:127.0.0.1]/",
        "https://[::ffff:10.0.0.1]/",
        "https://[2002:7f00:1::]/",
        "https://[64:ff9b::7f00:1]/",
        "https://[64:ff9b::a9fe:a9fe]/",
        "https://[::127.0.0.1]/",
        "https://example.com/\r\nX: y",
        "https://example.com/a b",
        "https://exämple.com/",
        "https://[::1/",
        "https://example.com/" + "x" * 2100,
    ],
)
def test_urls_that_are_refused(url: str) -> None:
    with pytest.raises(RefusedError) as caught:
        check_url(url)
    assert caught.value.code == "webhook_refused"


@pytest.mark.parametrize(
    ("url", "host", "port", "path"),
    [
        ("https://example.com", "example.com", 443, "/"),
        ("https://example.com:8443/hook?a=1&b=2#part", "example.com", 8443, "/hook?a=1&b=2"),
        ("https://93.184.216.34/x", "93.184.216.34", 443, "/x"),
        ("https://[2606:2800:220:1:248:1893:25c8:1946]/", "2606:2800:220:1:248:1893:25c8:1946", 443, "/"),
        ("HTTPS://EXAMPLE.com/Hook", "example.com", 443, "/Hook"),
    ],
)
def test_urls_that_are_taken(url: str, host: str, port: int, path: str) -> None:
    target = check_url(url)
    assert (target.host, target.port, target.path, target.tls) == (host, port, path, True)


@pytest.mark.parametrize(
    "found",
    [
        ["127.0.0.1"],
        ["169.254.169.254"],
        ["93.184.216.34", "10.0.0.1"],
        ["::1"],
        ["fe80::1%eth0"],
        ["::ffff:192.168.0.1"],
        ["2130706433"],
    ],
)
def test_a_name_that_leads_into_this_network_is_refused(found: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    """Also where only one of its addresses does."""
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: [(2, 1, 6, "", (address, 443)) for address in found])
    with pytest.raises((RefusedError, ValueError)):
        resolve(check_url("https://rebound.example/"))


def test_numbers_that_are_addresses_in_disguise_are_resolved_before_they_are_called() -> None:
    for disguised in ("https://2130706433/", "https://0x7f000001/", "https://127.1/", "https://017700000001/"):
        with pytest.raises((RefusedError, OSError)):
            resolve(check_url(disguised))


@pytest.mark.parametrize("address", ["8.8.8.8", "2606:4700::1111", "::ffff:8.8.8.8", "64:ff9b::808:808"])
def test_public_addresses_are_public(address: str) -> None:
    assert is_public(ipaddress.ip_address(address))


# How it is called

Serve = Callable[[Callable[[socket.socket], None]], str]


@pytest.fixture
def serve() -> Iterator[Serve]:
    """A function that answers one connection in its own way, and gives the URL."""
    listeners = []

    def start(answer: Callable[[socket.socket], None]) -> str:
        listener = socket.create_server(("127.0.0.1", 0))
        listeners.append(listener)

        def run() -> None:
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            with connection:
                answer(connection)

        threading.Thread(target=run, daemon=True).start()
        return f"http://127.0.0.1:{listener.getsockname()[1]}/hook"

    yield start
    for listener in listeners:
        listener.close()


def answering(text: bytes, seen: list[bytes] | None = None) -> Callable[[socket.socket], None]:
    def answer(connection: socket.socket) -> None:
        data = connection.recv(65536)
        while b"body" not in data:
            data += connection.recv(65536)
        if seen is not None:
            seen.append(data)
        connection.sendall(text)

    return answer


def test_the_name_is_looked_up_once_and_the_address_called(serve: Serve, monkeypatch: pytest.MonkeyPatch) -> None:
    """Else a second answer of the name server could lead elsewhere than what was checked."""
    seen: list[bytes] = []
    url = serve(answering(b"HTTP/1.1 204 No Content\r\n\r\n", seen)).replace("127.0.0.1", "hook.example")
    looked_up: list[Any] = []

    def look_up(host: str, port: int, *_: Any, **__: Any) -> list:
        if host != "127.0.0.1":
            looked_up.append(host)
            host = "127.0.0.1"
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (host, port))]

    monkeypatch.setattr(socket, "getaddrinfo", look_up)
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9/")
    assert post(check_url(url, private=True), b"body", {"X-Test": "1"}, 5) == 204
    assert looked_up == ["hook.example"]
    assert seen[0].startswith(b"POST /hook HTTP/1.1\r\nHost: hook.example:")


def test_redirects_are_not_followed(serve: Serve) -> None:
    url = serve(answering(b"HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:1/\r\nContent-Length: 0\r\n\r\n"))
    assert post(check_url(url, private=True), b"body", {}, 5) == 302


@pytest.mark.parametrize("drip", [b"", b"x", b"HTTP/1.1 200 OK\r\nX: y\r\n"])
def test_whoever_answers_slowly_is_left(drip: bytes, serve: Serve) -> None:
    ended = threading.Event()

    def slow(connection: socket.socket) -> None:
        connection.sendall(drip)
        while not ended.wait(0.05):
            try:
                connection.sendall(drip[:1])
            except OSError:
                return

    try:
        with pytest.raises((OSError, addresses.http.client.HTTPException)):
            post(check_url(serve(slow), private=True), b"body", {}, 0.4)
    finally:
        ended.set()


def test_the_time_for_all_of_it_ends_a_handshake_too(serve: Serve, monkeypatch: pytest.MonkeyPatch) -> None:
    ended = threading.Event()
    seen: list[bytes] = []

    class Secured(socket.socket):
        def do_handshake(self) -> None:
            self.settimeout(20)
            seen.append(self.recv(1))

    class Context:
        def wrap_socket(self, plain: socket.socket, **_: Any) -> Secured:
            return Secured(fileno=plain.detach())

    monkeypatch.setattr(addresses.ssl, "create_default_context", Context)
    url = serve(lambda _: ended.wait(30) and None).replace("http:", "https:")
    try:
        with pytest.raises(TimeoutError):
            post(check_url(url, private=True), b"body", {}, 0.4)
    finally:
        ended.set()
    assert seen == [b""]  # it was shut, and did not time out by itself


def test_whoever_has_no_valid_certificate_is_not_spoken_to(serve: Serve, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[bytes] = []

    def listen(connection: socket.socket) -> None:
        seen.append(connection.recv(65536))

    url = serve(listen).replace("http:", "https:")
    with pytest.raises(OSError, match=r"(?i)ssl|reset|eof"):
        post(check_url(url, private=True), b"body", {}, 3)
    assert b"body" not in b"".join(seen)
