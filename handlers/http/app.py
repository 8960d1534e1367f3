"""The FastAPI app. The same for one machine and for Lambda; what differs is in the services it is given."""

from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from anyio import to_thread
from fastapi import APIRouter, FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.middleware.cors import CORSMiddleware

from lipgate.core import __version__
from lipgate.core.errors import LipgateError
from lipgate.handlers.domain.uploads import RECEIVER
from lipgate.handlers.http.bodies import FORM_BYTES, JSON_BYTES
from lipgate.handlers.http.middleware import Envelope
from lipgate.handlers.http.openapi import describe
from lipgate.handlers.http.prefix import Prefix
from lipgate.handlers.http.problems import on_http_exception, on_lipgate_error, problem
from lipgate.handlers.http.routes import health, jobs, score, uploads, usage
from lipgate.handlers.services import Services
from lipgate.handlers.settings import MEBIBYTE

DESCRIPTION = """Measures whether the face in a video really speaks the words we hear: offset, confidence, score, decision.

Short videos: `POST /score`. Long ones: `POST /uploads`, upload, `POST /jobs`, then `GET /jobs/{id}` or a webhook.
Errors are problem+json with a stable `code`."""

EXPOSED_HEADERS = ("Location", "Retry-After", "X-Request-Id", "Lipgate-Cache", "Idempotency-Replayed")
"""Of answers, for pages of the origins that are let in: a browser shows them no others of ours."""


@dataclass(frozen=True)
class Extension:
    """What a program that serves more than the API adds to the app."""

    routers: Sequence[APIRouter] = ()
    body_limits: Mapping[str, int] = field(default_factory=dict)
    """Most bytes of a body, by the last part of the path; elsewhere the API's own limits hold."""
    middleware: Sequence[Middleware] = ()
    """Around all routes, the first one outermost; request ids, the log and CORS stay outside of them."""
    docs_page: bool = True
    """Serve /docs. /openapi.json is there in any case."""


def create_app(services: Services, extension: Extension | None = None) -> FastAPI:
    """Make the app.

    Args:
        services: of this process. Its workers start and stop with the app; where there are none, no lifespan is needed.
        extension: what is served beside the API.
    """
    extension = extension or Extension()
    app = (_documented if extension.docs_page else _bare)(
        title="Lipgate", version=__version__, description=DESCRIPTION, lifespan=_lifespan, redirect_slashes=False
    )
    app.state.services = services
    app.state.routes = []
    for router in (*(module.router for module in (health, score, uploads, jobs, usage)), *extension.routers):
        app.include_router(router)
        app.state.routes += router.routes
    app.add_exception_handler(LipgateError, on_lipgate_error)
    app.add_exception_handler(HTTPException, on_http_exception)
    app.add_exception_handler(RequestValidationError, _on_invalid)
    app.user_middleware.extend(extension.middleware)
    app.add_middleware(Envelope, limit_of=_limits(services, extension.body_limits))
    if origins := services.settings.origins:
        # Outside of the envelope, or a page could not read what that answers itself.
        app.add_middleware(
            CORSMiddleware, allow_origins=origins, allow_methods=["*"], allow_headers=["*"], expose_headers=EXPOSED_HEADERS
        )
    prefix = urlsplit(services.settings.public_url or "").path.rstrip("/")
    app.add_middleware(Prefix, of=lambda _: prefix)
    describe(app, keys_required=services.settings.require_api_keys)
    return app


def _documented(**fields: Any) -> FastAPI:
    # FastAPI's own page takes its scripts from the Internet.
    from fastapi_offline import FastAPIOffline

    return FastAPIOffline(docs_url="/docs", redoc_url=None, static_url="/docs-files", **fields)


def _bare(**fields: Any) -> FastAPI:
    return FastAPI(docs_url=None, redoc_url=None, **fields)


@asynccontextmanager
async def _lifespan(app: FastAPI) -> AsyncIterator[None]:
    services: Services = app.state.services
    if services.workers:
        services.workers.start()
    yield
    if services.workers:
        await to_thread.run_sync(services.workers.stop)
    services.close()


def _limits(services: Services, others: Mapping[str, int]) -> Callable[[str], int]:
    """Most bytes of a body, by path."""
    by_path = {
        "/score": int(services.scorer.settings.max_video_size_mb * MEBIBYTE) + FORM_BYTES,
        f"/{RECEIVER}": services.settings.max_upload_bytes + FORM_BYTES,
    }
    return lambda path: by_path.get(path) or others.get(path.rpartition("/")[2], JSON_BYTES)


async def _on_invalid(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, RequestValidationError)  # noqa: S101
    first = error.errors()[0]
    return problem("invalid_request", f"{'.'.join(map(str, first['loc']))}: {first['msg']}.", request.scope.get("request_id"))
