"""What the routes of the kiosk share."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends, Request

from lipgate.desktop.kiosk.desk import Desk
from lipgate.desktop.kiosk.preview import PreviewEye
from lipgate.desktop.kiosk.station import Station
from lipgate.handlers.domain.errors import UnavailableError
from lipgate.handlers.http.bodies import stream


@dataclass(frozen=True)
class Kiosk:
    """Everything a request needs. Made once per process."""

    station: Station
    desk: Desk
    eye: PreviewEye


def kiosk_of(request: Request) -> Kiosk:
    """The kiosk of the app."""
    kiosk: Kiosk = request.app.state.kiosk
    return kiosk


AppKiosk = Annotated[Kiosk, Depends(kiosk_of)]


async def read_bytes(request: Request) -> bytes:
    """A small body; how small, the app's limits say."""
    body = bytearray()
    async for piece in stream(request):
        body += piece
    return bytes(body)


@contextmanager
def disk() -> Iterator[None]:
    """A disk that is full or gone is the station's fault, not the person's.

    Raises:
        UnavailableError: storage_unavailable.
    """
    try:
        yield
    except OSError as error:
        why = error.strerror or error
        raise UnavailableError("storage_unavailable", f"The station's disk cannot be used: {why}.") from error
