"""Keeps everybody but the station's own browser out: other programs' pages, other machines' names, other users.

Listening on loopback is not enough: any web page may send requests there, and a name that a stranger's server resolves to
127.0.0.1 makes them look like the station's own. So Host and Origin must be the station's to the letter, and everything but
/health needs a cookie that only the one-time link gives.
"""

import hmac
import secrets
import threading
from http.cookies import CookieError, SimpleCookie
from urllib.parse import parse_qs

from starlette.datastructures import Headers
from starlette.responses import RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from lipgate.handlers.http.problems import problem

COOKIE = "lipgate_station"

POLICY = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self' data: blob:",
        "media-src 'self' blob:",
        "connect-src 'self'",
        "worker-src 'self'",
        "font-src 'self'",
        "manifest-src 'self'",
        "base-uri 'none'",
        "form-action 'none'",
        "frame-ancestors 'none'",
    )
)

_HEADERS = (
    (b"content-security-policy", POLICY.encode()),
    (b"permissions-policy", b"camera=(self), microphone=(self), geolocation=(), display-capture=()"),
    (b"referrer-policy", b"no-referrer"),
    (b"cross-origin-opener-policy", b"same-origin"),
    (b"cross-origin-resource-policy", b"same-origin"),
    (b"x-frame-options", b"DENY"),
)

_CLOSED = """<!doctype html>
<html lang="en"><meta charset="utf-8"><title>Lipgate</title>
<p>This page opens with the link that <code>lipgate kiosk</code> prints. It works once; start the kiosk again for a new one.</p>
<p lang="es">Esta página se abre con el enlace que muestra <code>lipgate kiosk</code>. Sirve una sola vez.</p>
</html>
"""


class Doorkeeper:
    """Gives out one-time tokens and knows the browser that used one. May be used from several threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._token = ""
        self._cookie = ""

    def new_token(self) -> str:
        """A token for the link. One that was given out before and not used is no longer valid."""
        with self._lock:
            self._token = secrets.token_urlsafe(32)
            return self._token

    def redeem(self, token: str) -> str | None:
        """Exchange a token, once, for a cookie's value. The browser that had one before is out. None for a wrong token."""
        with self._lock:
            if not self._token or not _same(token, self._token):
                return None
            self._token, self._cookie = "", secrets.token_urlsafe(32)
            return self._cookie

    def knows(self, cookie: str) -> bool:
        """Whether this is the browser that came by the link."""
        return bool(self._cookie) and _same(cookie, self._cookie)


class Guard:
    """ASGI middleware. Plain, so that bodies stream."""

    def __init__(self, app: ASGIApp, doorkeeper: Doorkeeper, authority: str) -> None:
        """Args:
        app: what is guarded.
        doorkeeper: knows the browser.
        authority: `127.0.0.1:PORT`, the only Host that is answered.
        """
        self._app = app
        self._doorkeeper = doorkeeper
        self._authority = authority
        self._origin = f"http://{authority}"

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one connection."""
        if scope["type"] == "lifespan":
            await self._app(scope, receive, send)
            return
        refusal = self._refusal(scope) if scope["type"] == "http" else problem("forbidden", "No such thing here.", None)

        async def answer(message: Message) -> None:
            if message["type"] == "http.response.start":
                given = {name for name, _ in message.get("headers", [])}
                own = [(name, value) for name, value in _HEADERS if name not in given]
                if b"cache-control" not in given:
                    own.append((b"cache-control", b"no-store"))
                message = {**message, "headers": [*message.get("headers", []), *own]}
            await send(message)

        await (refusal or self._app)(scope, receive, answer)

    def _refusal(self, scope: Scope) -> Response | None:
        headers = Headers(scope=scope)
        request_id = scope.get("request_id")
        if headers.getlist("host") != [self._authority]:
            return problem("host_refused", "This station answers its own browser only.", request_id)
        safe = scope["method"] in ("GET", "HEAD")
        origins = headers.getlist("origin")
        foreign = origins not in ([], [self._origin]) or (not safe and not origins)
        # A link from elsewhere may open the page, but nothing else may ask for anything.
        if foreign or headers.get("sec-fetch-site", "same-origin") not in ("same-origin", "none"):
            return problem("origin_refused", "This request comes from another page.", request_id)
        if scope["path"] == "/health" and safe:
            return None
        token = parse_qs(scope["query_string"].decode("latin-1")).get("token") if scope["path"] == "/" and safe else None
        if token:
            cookie = self._doorkeeper.redeem(token[0]) if scope["method"] == "GET" else None
            return _welcome(cookie) if cookie else _closed()
        if self._doorkeeper.knows(read_cookie(headers, COOKIE)):
            return None
        return _closed() if scope["path"] == "/" else problem("station_only", "Open the station's link first.", request_id)


def read_cookie(headers: Headers, name: str) -> str:
    """The value of a cookie, empty where there is none."""
    try:
        cookies = SimpleCookie(headers.get("cookie", ""))
    except CookieError:
        return ""
    return cookies[name].value if name in cookies else ""


def _same(one: str, other: str) -> bool:
    return hmac.compare_digest(one.encode("utf-8", "replace"), other.encode())


def _welcome(cookie: str) -> Response:
    # The token must not stay in the address, where the next person could read it or go back to it.
    answer = RedirectResponse("/", 303)
    answer.set_cookie(COOKIE, cookie, httponly=True, samesite="strict", path="/")
    return answer


def _closed() -> Response:
    return Response(_CLOSED, 403, media_type="text/html; charset=utf-8")
