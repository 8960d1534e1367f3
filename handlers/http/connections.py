"""Connections of `serve`: one on which nothing is asked does not stay, and what is no HTTP is refused like everything else."""

import asyncio
import json
import secrets

import h11
from uvicorn.protocols.http.h11_impl import H11Protocol

from lipgate.handlers.http.problems import MEDIA_TYPE, problem
from lipgate.handlers.http.strict import make_strict

HEADER_SECONDS = 30.0
"""Longest time from the beginning of a connection, or from an answer on it, to the end of the next request's headers."""


class Connection(H11Protocol):
    """Uvicorn's own has a time limit between requests only: half a header, or the rest of a body, would keep one for ever."""

    _late: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """A client has come."""
        super().connection_made(transport)
        make_strict(self.conn)
        self._watch()

    def data_received(self, data: bytes) -> None:
        """Some bytes have."""
        super().data_received(data)
        self._watch()

    def on_response_complete(self) -> None:
        """An answer has been given."""
        super().on_response_complete()
        self._watch()

    def connection_lost(self, exc: Exception | None) -> None:
        """The client has gone."""
        self._unwatch()
        super().connection_lost(exc)

    def send_400_response(self, msg: str) -> None:
        """Answer what cannot be read as a request."""
        answer = problem("bad_request", msg, secrets.token_hex(16))
        body = bytes(answer.body)
        headers = [("Content-Type", MEDIA_TYPE), ("Content-Length", str(len(body))), ("Connection", "close")]
        headers.append(("X-Request-Id", json.loads(body)["request_id"]))
        for event in (h11.Response(status_code=400, headers=headers, reason=b"Bad Request"), h11.Data(body), h11.EndOfMessage()):
            self.transport.write(self.conn.send(event) or b"")
        self.transport.close()

    def _watch(self) -> None:
        """The time runs while no request is worked on, whatever drips in: headers, or a body that has its answer already."""
        if self.cycle is not None and not self.cycle.response_complete:
            self._unwatch()
        elif self._late is None:
            self._late = self.loop.call_later(HEADER_SECONDS, self.transport.close)

    def _unwatch(self) -> None:
        if self._late is not None:
            self._late.cancel()
            self._late = None
