"""GET /health."""

from anyio import to_thread
from fastapi import APIRouter
from fastapi.responses import JSONResponse

from lipgate.core import __version__
from lipgate.handlers.http.openapi import gives
from lipgate.handlers.http.routes.caller import AppServices
from lipgate.handlers.http.schemas import Health

router = APIRouter(tags=["health"])


@router.head("/health", include_in_schema=False)  # load balancers ask so
@router.get("/health", responses={200: gives(Health, "Ready."), 503: gives(Health, "The weights are not in place.")})
async def health(services: AppServices) -> JSONResponse:
    """Whether videos can be scored. Needs no key."""
    ready = await to_thread.run_sync(services.scorer.ready)
    document = {
        "status": "healthy" if ready else "degraded",
        "service": "syncnet-avsync",
        "version": __version__,
        "syncnet_available": ready,
        "models_loaded": ready,
        "model": await to_thread.run_sync(services.scorer.model) if ready else None,
        "in_memory": services.scorer.loaded,
    }
    return JSONResponse(document, 200 if ready else 503)
