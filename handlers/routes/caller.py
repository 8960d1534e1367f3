"""What every route needs of a request: the services, and who asks."""

from typing import Annotated

from anyio import to_thread
from fastapi import Depends, Request

from handlers.admission import Caller, admit
from handlers.services import Services


def services_of(request: Request) -> Services:
    """The services of the app."""
    services: Services = request.app.state.services
    return services


async def caller_of(request: Request) -> Caller:
    """Who asks.

    Raises:
        RefusedError: unauthorized, rate_limited.
    """
    return await to_thread.run_sync(admit, services_of(request), _presented(request))


def _presented(request: Request) -> str | None:
    key = request.headers.get("x-api-key")
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    bearer = token.strip() if scheme.lower() == "bearer" else None
    if key is not None:
        # Two keys that differ are none: a wrong one must not pass beside a right one.
        return key.strip() if bearer in (None, key.strip()) else ""
    # Any other way to log in is not known here; taken for a key, it is refused.
    return bearer if bearer is not None else (scheme or None)


AppServices = Annotated[Services, Depends(services_of)]
Asking = Annotated[Caller, Depends(caller_of)]
