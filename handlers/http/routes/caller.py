"""What every route needs of a request: the services, and who asks."""

from typing import Annotated

from anyio import to_thread
from fastapi import Depends, Request

from lipgate.handlers.admission import Caller, admit
from lipgate.handlers.services import Services


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
    """The key as it was sent. Two that differ are none: a wrong one must not pass beside a right one."""
    headers = request.headers
    keys = {key.strip() for key in headers.getlist("x-api-key")} | {
        _token(sent) for sent in headers.getlist("authorization") if sent
    }
    return "" if len(keys) > 1 else next(iter(keys), None)


def _token(authorization: str) -> str:
    scheme, _, token = authorization.partition(" ")
    # Any other way to log in is not known here; taken for a key, it is refused.
    return (token if scheme.lower() == "bearer" else authorization).strip()


AppServices = Annotated[Services, Depends(services_of)]
Asking = Annotated[Caller, Depends(caller_of)]
