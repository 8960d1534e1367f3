"""A proxy before moto that fails on command: as AWS fails, and as networks do."""

import http.client
import json
import random
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import urlsplit


@dataclass(frozen=True)
class Fault:
    """What happens to requests, and to which."""

    status: int = 503
    code: str = "ServiceUnavailable"
    operation: str = ""
    """Part of the operation's name (`DynamoDB_20120810.UpdateItem`, `AmazonSQS.SendMessage`) or, for S3, of `METHOD /path`."""
    times: int = 1_000_000
    """How often."""
    after: bool = False
    """The request has its effect; only the answer is lost."""
    share: float = 1.0
    """Of the requests it could meet, so many meet it, by chance."""
    seed: int = 0
    """Of that chance. Half of those have their effect all the same, whatever `after` says, where `share` is below 1."""


@dataclass
class Faults:
    """Give it a fault; take it back with None."""

    address: str
    fault: Fault | None = None
    seen: list[str] = field(default_factory=list)
    """Operations of the requests that met a fault."""
    chance: random.Random = field(default_factory=random.Random)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def meets(self, operation: str) -> Fault | None:
        """The fault this request meets."""
        with self.lock:
            fault = self.fault
            if fault is None or fault.operation not in operation or len(self.seen) >= fault.times:
                return None
            if fault.share < 1:
                if self.chance.random() >= fault.share:
                    return None
                fault = replace(fault, after=self.chance.random() < 0.5)
            self.seen.append(operation)
            return fault

    @contextmanager
    def of(self, fault: Fault) -> Iterator[list[str]]:
        """While the block runs. Gives the operations that met it."""
        self.seen, self.fault, self.chance = [], fault, random.Random(fault.seed)  # noqa: S311 - to be had again
        try:
            yield self.seen
        finally:
            self.fault = None


@contextmanager
def faulty(upstream: str) -> Iterator[Faults]:
    """A proxy of a server."""
    place = urlsplit(upstream)

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def _forward(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            fault = faults.meets(self.headers.get("X-Amz-Target") or f"{self.command} {self.path}")
            if fault and not fault.after:
                self._fail(fault)
                return
            connection = http.client.HTTPConnection(place.hostname or "", place.port, timeout=30)
            # The host stays as it was: presigned forms and queues are named after it.
            connection.request(self.command, self.path, body, dict(self.headers))
            answer = connection.getresponse()
            content = answer.read()
            connection.close()
            if fault:
                self._fail(fault)
                return
            self.send_response(answer.status)
            for name, value in answer.getheaders():
                if name.lower() not in ("transfer-encoding", "connection", "content-length"):
                    self.send_header(name, value)
            length = answer.getheader("Content-Length") if self.command == "HEAD" else str(len(content))
            self.send_header("Content-Length", length or "0")
            self.end_headers()
            self.wfile.write(content)

        def _fail(self, fault: Fault) -> None:
            content = json.dumps({"__type": fault.code, "message": "injected"}).encode()
            if "X-Amz-Target" not in self.headers:
                content = f"<Error><Code>{fault.code}</Code><Message>injected</Message></Error>".encode()
            self.send_response(fault.status)
            self.send_header("Content-Type", "application/x-amz-json-1.0" if content[:1] == b"{" else "application/xml")
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            if self.command != "HEAD":
                self.wfile.write(content)

        do_GET = do_PUT = do_POST = do_DELETE = do_HEAD = _forward  # noqa: N815 - names of the base class

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    class Server(ThreadingHTTPServer):
        """Says nothing of clients that were killed."""

        def handle_error(self, *_: object) -> None:
            """Nothing: whoever asked sees that there is no answer."""

    server = Server(("127.0.0.1", 0), Handler)
    faults = Faults(f"http://127.0.0.1:{server.server_address[1]}")
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield faults
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
