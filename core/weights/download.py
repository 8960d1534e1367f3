"""One file over HTTP whose size and hash are known beforehand: resumes, retries, never takes more than it should."""

import http.client
import time
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO
from urllib.error import HTTPError, URLError
from urllib.parse import urlsplit

from lipgate.core import __version__
from lipgate.core.errors import WeightsError
from lipgate.core.files import hash_file

OnBytes = Callable[[int, int], None]
"""Called with (bytes so far, bytes in all)."""

_PIECE = 1 << 16


@dataclass(frozen=True)
class Patience:
    """How long to wait for a server."""

    timeout_s: float = 30.0
    """Longest wait for a connection, and for the next byte."""

    least_rate: float = 512.0
    """Bytes per second, over `timeout_s`, below which a connection counts as stalled."""

    attempts: int = 5
    """Tries in a row that may bring nothing new."""

    pause_s: float = 1.0
    """Wait before the second try; doubled for each one after."""


class _TransientError(Exception):
    """Worth another try."""


def download(
    url: str, part: Path, size: int, sha256: str, *, progress: OnBytes | None = None, patience: Patience | None = None
) -> Path:
    """Bring a file to `part`, going on with what is there already.

    Args:
        url: http or https.
        part: where to put it. Kept when the connection fails, removed when the content is wrong.
        size: bytes the file has.
        sha256: its hash, lower-case hex.
        progress: told after every piece.
        patience: timeouts and retries.

    Returns:
        `part`, complete and checked.

    Raises:
        WeightsError: fetch_failed with the cause, or weights_mismatch when the server has another file.
        OSError: the disk cannot be written.
    """
    patience = patience or Patience()
    if urlsplit(url).scheme not in ("http", "https"):
        raise WeightsError("fetch_failed", f"{url}: only http and https are allowed.")
    if _size(part) > size:
        part.unlink()
    failures = 0
    while _size(part) < size:
        before = _size(part)
        try:
            _try_once(url, part, size, progress or _silent, patience)
        except _TransientError as error:
            failures = 1 if _size(part) > before else failures + 1
            if failures >= patience.attempts:
                raise WeightsError("fetch_failed", f"{url} could not be fetched: {error}. Try again; it resumes.") from error
            time.sleep(patience.pause_s * 2 ** (failures - 1))
    found = hash_file(part)
    if found != sha256:
        part.unlink()
        raise WeightsError("weights_mismatch", f"{url} holds another file: its SHA-256 is {found}, not {sha256}.")
    return part


def _try_once(url: str, part: Path, size: int, progress: OnBytes, patience: Patience) -> None:
    have = _size(part)
    headers = {"User-Agent": f"lipgate/{__version__}", "Accept-Encoding": "identity"}
    if have:
        headers["Range"] = f"bytes={have}-"
    request = urllib.request.Request(url, headers=headers)  # noqa: S310 - the scheme was checked
    try:
        with _opener().open(request, timeout=patience.timeout_s) as response:
            start = _start(response, have, size, url)
            with part.open("r+b" if start else "wb") as stream:
                stream.seek(start)
                stream.truncate()
                _copy(response, stream, size, progress, patience)
    except HTTPError as error:
        if error.code == 416 and have:
            part.unlink()
            raise _TransientError("the server cannot resume") from error
        if error.code in (408, 425, 429) or error.code >= 500:
            raise _TransientError(f"HTTP {error.code} {error.reason}") from error
        raise WeightsError("fetch_failed", f"{url} could not be fetched: HTTP {error.code} {error.reason}.") from error
    except URLError as error:
        raise _TransientError(str(error.reason)) from error
    except (http.client.HTTPException, TimeoutError, ConnectionError) as error:
        raise _TransientError(str(error) or type(error).__name__) from error


def _start(response: http.client.HTTPResponse, have: int, size: int, url: str) -> int:
    """Where in the file the answer begins; a server may ignore the wish to resume."""
    start = 0
    if response.status == 206:
        unit, _, span = response.headers.get("Content-Range", "").partition(" ")
        first, _, total = span.partition("/")
        if unit != "bytes" or first.partition("-")[0] != str(have):
            raise _TransientError(f"the server sent another range than asked for: {span or 'none'}")
        if total not in ("*", str(size)):
            raise WeightsError("weights_mismatch", f"{url} has {total} bytes, not {size}.")
        start = have
    length = response.headers.get("Content-Length")
    if length is not None and length.isdigit() and start + int(length) != size:
        raise WeightsError("weights_mismatch", f"{url} has {start + int(length)} bytes, not {size}.")
    return start


def _copy(response: http.client.HTTPResponse, stream: BinaryIO, size: int, progress: OnBytes, patience: Patience) -> None:
    """Append the answer to `stream` until it holds `size` bytes."""
    done = stream.tell()
    window_began, window_done = time.monotonic(), done
    progress(done, size)
    while done < size:
        piece = response.read1(min(_PIECE, size - done))
        if not piece:
            raise _TransientError(f"the connection ended after {done:,} of {size:,} bytes")
        stream.write(piece)
        done += len(piece)
        progress(done, size)
        elapsed = time.monotonic() - window_began
        if elapsed >= patience.timeout_s:
            if done - window_done < patience.least_rate * elapsed:
                raise _TransientError("the server sends too slowly")
            window_began, window_done = time.monotonic(), done


class _HttpRedirects(urllib.request.HTTPRedirectHandler):
    """Follows redirects to http and https only."""

    def redirect_request(self, req, fp, code, msg, headers, newurl):  # type: ignore[no-untyped-def]
        if urlsplit(newurl).scheme not in ("http", "https"):
            raise WeightsError("fetch_failed", f"{req.full_url} redirects to {newurl}: only http and https are allowed.")
        return super().redirect_request(req, fp, code, msg, headers, newurl)


def _opener() -> urllib.request.OpenerDirector:
    """Without the handlers for files, FTP and data that `build_opener` adds."""
    opener = urllib.request.OpenerDirector()
    for handler in (
        urllib.request.ProxyHandler(),
        urllib.request.HTTPHandler(),
        urllib.request.HTTPSHandler(),
        urllib.request.HTTPDefaultErrorHandler(),
        urllib.request.HTTPErrorProcessor(),
        _HttpRedirects(),
        urllib.request.UnknownHandler(),
    ):
        opener.add_handler(handler)
    return opener


def _silent(_done: int, _total: int) -> None:
    """Progress nobody watches."""


def _size(path: Path) -> int:
    return path.stat().st_size if path.exists() else 0
