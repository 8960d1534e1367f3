"""Around every request: its id, its limits, one line in the log. Plain ASGI, so that bodies stream."""

import asyncio
import logging
import re
import secrets
import time
from collections.abc import Callable

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from lipgate.handlers.domain.errors import RefusedError, StoppingError, TooLargeError
from lipgate.handlers.http.problems import of_error, problem

log = logging.getLogger(__name__)

IDLE_SECONDS = 30.0
"""Longest silence while a body is received, and how long it may come at any rate."""

SLOWEST_RATE = 16 * 1024
"""Bytes a second that a body must come at, on average, after that."""

_ID = re.compile(r"[A-Za-z0-9._-]{1,64}")
_LENGTH = re.compile(rb"[0-9]{1,20}")
"""Of longer ones Python would not make numbers. `serve` lets none through, but Lambda does."""
_ABSOLUTE = re.compile("https?://([^/]+)(/.*)?", re.DOTALL | re.IGNORECASE)
"""A request's target as proxies write it: host, path."""


class Envelope:
    """Request id in and out, size limit on bodies, access log, and a problem where the app fails."""

    def __init__(self, app: ASGIApp, limit_of: Callable[[str], int]) -> None:
        """Args:
        app: to wrap.
        limit_of: most bytes of a body, by path.
        """
        self._app = app
        self._limit_of = limit_of

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one connection."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        began = time.monotonic()
        if whole := _ABSOLUTE.fullmatch(scope["path"]):
            # RFC 9112 has servers take these, too; what they name then stands for the header Host.
            others = [header for header in scope["headers"] if header[0] != b"host"]
            scope = {**scope, "path": whole[2] or "/", "headers": [(b"host", whole[1].encode()), *others]}
        headers = {name.lower(): value for name, value in scope["headers"]}
        request_id = _request_id(headers.get(b"x-request-id", b""))
        scope["request_id"], scope["began"] = request_id, began
        body = _Body(receive, self._limit_of(scope["path"]))
        status = 0

        async def answer(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                own = [(b"x-request-id", request_id.encode()), (b"x-content-type-options", b"nosniff")]
                message = {**message, "headers": [*message.get("headers", []), *own]}
            await send(message)

        try:
            if not _LENGTH.fullmatch(length := headers.get(b"content-length", b"0")):
                await problem("bad_request", "Content-Length is not a length.", request_id)(scope, receive, answer)
            elif b"transfer-encoding" in headers and b"content-length" in headers:
                # Which one holds is where requests are smuggled past a proxy: nothing that follows can be trusted.
                detail = "A body has a Content-Length or a Transfer-Encoding, not both."
                closing = {"Connection": "close"}
                await problem("bad_request", detail, request_id, headers=closing)(scope, body.receive, answer)
            elif int(length) > body.most:
                # Answered before a byte is read: the server closes the connection.
                await _too_large(body.most, request_id)(scope, body.receive, answer)
            else:
                await self._app(scope, body.receive, answer)
        except asyncio.CancelledError:
            # The server stops, and waits no longer. Raised further, it would be answered with a text.
            if status:
                raise
            await of_error(StoppingError(), request_id)(scope, receive, answer)
        except Exception:
            log.exception("internal error", extra={"request_id": request_id})
            if status:
                raise
            await problem("internal_error", "There is a fault in Lipgate.", request_id)(scope, receive, answer)
        finally:
            route = scope.get("route")
            log.info(
                "request",
                extra={
                    "request_id": request_id,
                    "method": scope["method"],
                    # The route's pattern: a path could hold what a client would rather not see in a log.
                    "route": getattr(route, "path", None),
                    "status": status,
                    "ms": round((time.monotonic() - began) * 1000),
                    "bytes_in": body.received,
                },
            )


class _Body:
    """Counts what is received and does not wait for ever, be it for one byte after the other."""

    def __init__(self, receive: Receive, most: int) -> None:
        self._receive = receive
        self.most = most
        self.received = 0
        self._waited = 0.0
        self._complete = False

    async def receive(self) -> Message:
        """The next message.

        Raises:
            TooLargeError: body_too_large.
            RefusedError: request_timeout.
        """
        if self._complete:
            return await self._receive()
        began = time.monotonic()
        # Only the time waited here is the client's: what we do with the bytes may take longer.
        patience = min(IDLE_SECONDS, IDLE_SECONDS + self.received / SLOWEST_RATE - self._waited)
        try:
            message = await asyncio.wait_for(self._receive(), patience)
        except TimeoutError as error:
            detail = f"The body stopped coming, or came at less than {SLOWEST_RATE} bytes a second."
            raise RefusedError("request_timeout", detail) from error
        self._waited += time.monotonic() - began
        if message["type"] == "http.request":
            self.received += len(message.get("body", b""))
            self._complete = not message.get("more_body", False)
            if self.received > self.most:
                raise TooLargeError("body_too_large", f"The body is larger than the {self.most} bytes that are taken here.")
        else:
            self._complete = True
        return message


def _request_id(sent: bytes) -> str:
    text = sent.decode("latin-1")
    return text if _ID.fullmatch(text) else secrets.token_hex(16)


def _too_large(most: int, request_id: str) -> ASGIApp:
    detail = f"The body is larger than the {most} bytes that are taken here."
    return problem("body_too_large", detail, request_id, headers={"Connection": "close"})
