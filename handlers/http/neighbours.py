"""Keeps web pages out of a server that asks for no keys: any page in a browser of this machine may send requests here.

Two ways lead in. A page sends a request, which its browser labels (Origin, Sec-Fetch-Site); or a name of its own is made to lead
here (DNS rebinding), and then the header Host has that name. Programs that are no browsers send neither label, and pass.
"""

import ipaddress
from collections.abc import Sequence
from typing import Any
from urllib.parse import urlsplit

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send

from lipgate.handlers.http.problems import problem
from lipgate.handlers.settings import ServiceSettings


class Neighbours:
    """ASGI middleware. Plain, so that bodies stream."""

    def __init__(self, app: ASGIApp, names: Sequence[str], origins: Sequence[str], *, only_here: bool) -> None:
        """Args:
        app: what is guarded.
        names: hosts that are answered beside this machine's own.
        origins: whose pages are let in; a server's own always is.
        only_here: this machine alone is served. Otherwise any address and any name without a dot passes, too: nobody outside can
            make those lead here.
        """
        self._app = app
        self._names = {name.lower() for name in names}
        self._origins = set(origins)
        self._only_here = only_here

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one connection."""
        refusal = self._refusal(scope) if scope["type"] == "http" else None
        await (refusal or self._app)(scope, receive, send)

    def _refusal(self, scope: Scope) -> ASGIApp | None:
        headers, request_id = Headers(scope=scope), scope.get("request_id")
        hosts = headers.getlist("host")
        if len(hosts) != 1 or not self._known(_name(hosts[0])):
            detail = "This server asks for no keys and answers to its own names only; LIPGATE_ALLOWED_HOSTS takes more."
            return problem("host_refused", detail, request_id)
        origins = headers.getlist("origin")
        own = f"{scope.get('scheme', 'http')}://{hosts[0]}"
        if any(origin not in self._origins and origin != own for origin in origins):
            return _refused(request_id)
        site = headers.get("sec-fetch-site", "none")
        return None if origins or site in ("none", "same-origin") else _refused(request_id)

    def _known(self, name: str) -> bool:
        if name in self._names or name == "localhost" or name.endswith(".localhost"):
            return True
        try:
            address = ipaddress.ip_address(name)
        except ValueError:
            return not self._only_here and bool(name) and "." not in name.rstrip(".")
        return address.is_loopback or not self._only_here


def neighbours(settings: ServiceSettings, *, only_here: bool) -> dict[str, Any]:
    """Arguments of `Neighbours` by the settings of `serve`."""
    public = urlsplit(settings.public_url or "").hostname
    listening = [] if only_here else [settings.host]
    names = [*settings.hosts, *([public] if public else []), *listening]
    return {"names": names, "origins": settings.origins, "only_here": only_here}


def _refused(request_id: str | None) -> ASGIApp:
    return problem("origin_refused", "This request comes from a page of another site.", request_id)


def _name(authority: str) -> str:
    try:
        return (urlsplit(f"//{authority}").hostname or "").lower()
    except ValueError:
        return ""
