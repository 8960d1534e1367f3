"""Bodies of requests: small JSON documents, and videos received into a private file."""

import codecs
import os
import tempfile
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from pydantic import BaseModel, ValidationError
from starlette.requests import ClientDisconnect, Request

from lipgate.handlers.domain.errors import RefusedError, TooLargeError, UnavailableError
from lipgate.handlers.http.multipart import FormReader

M = TypeVar("M", bound=BaseModel)

JSON_BYTES = 64 * 1024
"""Largest JSON document taken."""

FORM_BYTES = 64 * 1024
"""What a multipart body may have beside its file."""


@dataclass(frozen=True)
class ReceivedVideo:
    """A video that came with a request."""

    path: Path
    fields: dict[str, str]
    """Of the form, where it was one."""


def media_type(request: Request) -> str:
    """The content type without its parameters, in lower case."""
    return request.headers.get("content-type", "").partition(";")[0].strip().lower()


async def read_json(request: Request, model: type[M]) -> M:
    """The body as a value.

    Raises:
        RefusedError: unsupported_media_type, bad_request (no JSON), invalid_request (other JSON).
        TooLargeError: body_too_large.
    """
    if media_type(request) != "application/json":
        raise RefusedError("unsupported_media_type", "The body must be application/json.")
    body = bytearray()
    async for chunk in stream(request):
        body += chunk
        if len(body) > JSON_BYTES:
            raise TooLargeError("body_too_large", f"A JSON document may have at most {JSON_BYTES} bytes.")
    try:
        return model.model_validate_json(bytes(body).removeprefix(codecs.BOM_UTF8))
    except ValidationError as error:
        problem = error.errors(include_input=False, include_url=False)[0]
        if problem["type"] == "json_invalid":
            raise RefusedError("bad_request", "The body is not valid JSON.") from error
        place = ".".join(map(str, problem["loc"]))
        where = f"The field {place} is wrong: " if place else ""
        raise RefusedError("invalid_request", f"{where}{problem['msg']}.") from error


@asynccontextmanager
async def received_video(
    request: Request, folder: Path | None, files: tuple[str, ...], limit_of: Callable[[dict[str, str]], int]
) -> AsyncIterator[ReceivedVideo]:
    """Receive the video of a raw or multipart body into a file that is gone at the end, unless somebody has moved it.

    Args:
        request: whose body it is.
        folder: where the file is made; the system's temporary folder by default.
        files: names the file part of a form may have.
        limit_of: most bytes, from the fields of the form so far.

    Raises:
        RefusedError: bad_request, video_missing.
        TooLargeError: body_too_large.
        UnavailableError: storage_unavailable.
    """
    with _storing():
        handle, name = tempfile.mkstemp(prefix="video-", dir=folder)
    path = Path(name)
    try:
        with _storing(), os.fdopen(handle, "wb") as target:
            if media_type(request) == "multipart/form-data":
                reader = FormReader(request.headers["content-type"], files, target, limit_of)
                await reader.read(stream(request))
                if not reader.found:
                    raise RefusedError("video_missing", f"The form has no file called {' or '.join(files)}.")
                fields = reader.fields
            else:
                fields = {}
                most, size = limit_of(fields), 0
                async for chunk in stream(request):
                    size += len(chunk)
                    if size > most:
                        raise TooLargeError("body_too_large", f"The video is larger than the {most} bytes that are taken here.")
                    target.write(chunk)
        yield ReceivedVideo(path, fields)
    finally:
        path.unlink(missing_ok=True)


@contextmanager
def _storing() -> Iterator[None]:
    """A full disk is the server's trouble, and may pass."""
    try:
        yield
    except OSError as error:
        raise UnavailableError("storage_unavailable", "There is no room for the video now. Try again.", retry_after=30) from error


async def stream(request: Request) -> AsyncIterator[bytes]:
    """The body in pieces.

    Raises:
        RefusedError: bad_request, where the client went away.
    """
    try:
        async for chunk in request.stream():
            yield chunk
    except ClientDisconnect as error:
        raise RefusedError("bad_request", "The body ended too soon.") from error
