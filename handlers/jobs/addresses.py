"""Calls addresses that strangers name, and never one of this network: the address is checked, then connected to as checked."""

import http.client
import ipaddress
import socket
import ssl
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

from lipgate.handlers.domain.errors import RefusedError

IPAddress = ipaddress.IPv4Address | ipaddress.IPv6Address

_TRANSLATED = ipaddress.ip_network("64:ff9b::/96")
"""IPv6 addresses that a gateway turns into the IPv4 address in their last 32 bits."""


@dataclass(frozen=True)
class Target:
    """A URL that may be called."""

    url: str
    host: str
    port: int
    path: str
    tls: bool
    private: bool
    """Addresses that are not public are allowed."""


def check_url(url: str, *, private: bool = False) -> Target:
    """Read a URL.

    Args:
        url: absolute.
        private: allow http and addresses that are not public.

    Raises:
        RefusedError: webhook_refused.
    """
    try:
        parts = urlsplit(url)
        port = parts.port
        host = (parts.hostname or "").encode("idna").decode("ascii") if not _literal(parts.hostname) else parts.hostname or ""
    except (ValueError, UnicodeError) as error:
        raise _refused("it is not a valid URL") from error
    if any(ord(character) <= 32 or ord(character) > 126 for character in url) or len(url) > 2048:
        raise _refused("it may hold printable ASCII only, and at most 2048 characters")
    if parts.scheme != "https" and not (private and parts.scheme == "http"):
        raise _refused("it must begin with https://")
    if not host or parts.username is not None or parts.password is not None:
        raise _refused("it must name a host, and no user")
    literal = _literal(host)
    if literal and not private and not is_public(literal):
        raise _refused("its address is not public")
    tls = parts.scheme == "https"
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    return Target(url, host, port or (443 if tls else 80), path, tls, private)


def is_public(address: IPAddress) -> bool:
    """Whether an address is one of the internet at large, also where IPv6 wraps an IPv4 address."""
    if isinstance(address, ipaddress.IPv6Address):
        inner = address.ipv4_mapped or address.sixtofour or (address.teredo[1] if address.teredo else None)
        if address in _TRANSLATED:
            inner = ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
        if inner is not None:
            return is_public(inner)
        if address.is_site_local:
            return False
    return address.is_global and not (address.is_multicast or address.is_reserved or address.is_unspecified)


def resolve(target: Target) -> str:
    """An address of the target's host; all its addresses must be allowed.

    Raises:
        RefusedError: webhook_refused.
        OSError: the name is not known.
    """
    found = socket.getaddrinfo(target.host, target.port, type=socket.SOCK_STREAM)
    addresses = [str(entry[4][0]) for entry in found]
    if not target.private and not all(is_public(ipaddress.ip_address(address.partition("%")[0])) for address in addresses):
        raise _refused("its address is not public")
    return addresses[0]


def post(target: Target, body: bytes, headers: Mapping[str, str], timeout_s: float) -> int:
    """Send a POST. Redirects are not followed, the answer's body is not read.

    Args:
        target: from `check_url`.
        body: of the request.
        headers: of the request.
        timeout_s: for all of it once the name has been looked up, however slowly the other side drips.

    Returns:
        The status.

    Raises:
        RefusedError: webhook_refused.
        OSError, http.client.HTTPException: it could not be sent.
    """
    address = resolve(target)
    connection = _Connection(target, address, timeout_s)
    timer = threading.Timer(timeout_s, connection.abort)
    timer.daemon = True
    timer.start()
    try:
        connection.request("POST", target.path, body, {**headers, "Connection": "close"})
        status = connection.getresponse().status
        # An answer that was cut off in its headers looks whole to http.client.
        if connection.aborted:
            raise TimeoutError
        return status
    finally:
        timer.cancel()
        connection.close()


class _Connection(http.client.HTTPConnection):
    """To an address that is known, for a host whose certificate is checked."""

    def __init__(self, target: Target, address: str, timeout_s: float) -> None:
        super().__init__(target.host, target.port, timeout=timeout_s)
        self._target = target
        self._address = address
        self.aborted = False
        """Whether it was ended for taking too long."""

    def connect(self) -> None:
        # No proxy of the environment, no second look at the name.
        self.sock = socket.create_connection((self._address, self.port), self.timeout)
        if self._target.tls:
            self.default_port = 443
            # Known before the handshake begins: `abort` must find it, and the plain one is nobody's any more.
            secured = ssl.create_default_context().wrap_socket(
                self.sock, server_hostname=self._target.host, do_handshake_on_connect=False
            )
            self.sock = secured
            if not self.aborted:
                secured.do_handshake()
        if self.aborted:
            raise TimeoutError

    def abort(self) -> None:
        """End what is going on, from another thread."""
        self.aborted = True
        sock = self.sock
        if sock is not None:
            try:
                socket.socket.shutdown(sock, socket.SHUT_RDWR)  # that of TLS would pull the rug from under the other thread
            except OSError:
                sock.close()


def _literal(host: str | None) -> IPAddress | None:
    try:
        return ipaddress.ip_address((host or "").partition("%")[0])
    except ValueError:
        return None


def _refused(why: str) -> RefusedError:
    return RefusedError("webhook_refused", f"This webhook_url is not allowed: {why}.")
