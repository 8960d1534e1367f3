"""What every route needs of a request: the services, and who asks."""

from typing import Annotated

from anyio import to_thread
from fastapi import Depends, Request

from lipgate.handlers.admission import Caller, admit, presented
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
    headers = request.headers
    key = presented(headers.getlist("x-api-key"), headers.getlist("authorization"))
    return await to_thread.run_sync(admit, services_of(request), key)


AppServices = Annotated[Services, Depends(services_of)]
Asking = Annotated[Caller, Depends(caller_of)]
