"""Errors as problem+json (RFC 9457): every code has one status, in the order of `lipgate.core.errors`, those of the service,
and those of the kiosk, which serves the same app."""

import logging
import math
from http import HTTPStatus
from pathlib import Path
from typing import Any

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Match, Route

from lipgate.core.errors import LipgateError
from lipgate.handlers.domain.errors import ServiceError
from lipgate.handlers.domain.public import public_message

log = logging.getLogger(__name__)

STATUS = {
    "file_not_found": 404,
    "not_a_file": 422,
    "file_unreadable": 422,
    "empty_file": 422,
    "not_a_video": 422,
    "no_video_stream": 422,
    "corrupt_video": 422,
    "track_not_found": 422,
    "video_too_long": 422,
    "resolution_too_high": 422,
    "ffmpeg_missing": 503,
    "manifest_invalid": 422,
    "bad_timecode": 422,
    "bad_shard": 422,
    "timeout": 504,
    "weights_missing": 503,
    "weights_mismatch": 503,
    "weights_unknown": 503,
    "weights_unreadable": 503,
    "licence_not_accepted": 503,
    "fetch_failed": 503,
    "bad_setting": 503,
    "calibration_unreadable": 503,
    "calibration_mismatch": 503,
    "calibration_impossible": 503,
    "too_little_data": 503,
    "not_promised": 503,
    "cuda_unavailable": 503,
    "torch_missing": 503,
    "output_failed": 503,
    "extra_missing": 503,
    "not_repaired": 422,
    "not_judged": 422,
    "internal_error": 500,
    "unauthorized": 401,
    "rate_limited": 429,
    "quota_exceeded": 429,
    "key_revoked": 403,
    "compute_exceeded": 429,
    "too_many_jobs": 429,
    "too_many_uploads": 429,
    "video_path_refused": 403,
    "webhook_refused": 403,
    "upload_refused": 403,
    "bad_request": 400,
    "invalid_request": 422,
    "video_missing": 422,
    "request_timeout": 408,
    "unsupported_media_type": 415,
    "idempotency_conflict": 409,
    "upload_taken": 409,
    "job_not_found": 404,
    "upload_not_found": 404,
    "body_too_large": 413,
    "queue_full": 503,
    "storage_unavailable": 503,
    "shutting_down": 503,
    "scorer_died": 500,
    "gave_up": 500,
    "not_found": 404,
    "method_not_allowed": 405,
    "forbidden": 403,
    "host_refused": 403,
    "origin_refused": 403,
    "station_only": 403,
    "operator_only": 401,
    "no_pin": 403,
    "wrong_pin": 401,
    "locked": 429,
    "session_unknown": 404,
    "session_ended": 409,
    "challenge_used": 409,
    "challenge_expired": 409,
    "video_unknown": 404,
    "bad_picture": 422,
    "bad_sound": 422,
    "language_not_offered": 422,
    "not_available": 404,
}
"""HTTP status of each code."""

MEDIA_TYPE = "application/problem+json"

_TITLES = {413: "Content Too Large", 422: "Unprocessable Content"}
"""As RFC 9110 has them; older Pythons know older names."""

_FRAMEWORK = {
    400: "bad_request",
    404: "not_found",
    405: "method_not_allowed",
    413: "body_too_large",
    415: "unsupported_media_type",
}


def problem(
    code: str, detail: str, request_id: str | None, *, retry_after: float | None = None, headers: dict[str, str] | None = None
) -> JSONResponse:
    """The answer for a code.

    Args:
        code: a key of `STATUS`.
        detail: for a person.
        request_id: of the request.
        retry_after: seconds; rounded up.
        headers: more of them.
    """
    status = STATUS.get(code, 500)
    if status == HTTPStatus.SERVICE_UNAVAILABLE and retry_after is None:
        retry_after = 30
    headers = dict(headers or {})
    if retry_after is not None:
        headers["Retry-After"] = str(max(1, math.ceil(retry_after)))
    if status == HTTPStatus.UNAUTHORIZED:
        headers["WWW-Authenticate"] = "Bearer"
    return JSONResponse(document(code, detail, request_id), status, headers, MEDIA_TYPE)


def document(code: str, detail: str, request_id: str | None) -> dict[str, Any]:
    """The body of the answer for a code."""
    status = STATUS.get(code, 500)
    return {
        "type": f"urn:lipgate:problem:{code}",
        "title": _TITLES.get(status) or HTTPStatus(status).phrase,
        "status": status,
        "detail": detail,
        "code": code,
        "request_id": request_id,
    }


def of_error(error: LipgateError, request_id: str | None, video: Path | None = None) -> JSONResponse:
    """The answer for an error raised on purpose. The log gets the message as it is.

    Args:
        error: what happened.
        request_id: of the request.
        video: what was being scored; the answer does not name it.
    """
    if STATUS.get(error.code, 500) >= 500:
        log.warning("request failed", extra={"request_id": request_id, "code": error.code, "problem": error.message})
    retry_after = error.retry_after if isinstance(error, ServiceError) else None
    # What the service itself refuses does not speak of files, and a file may have any word for a name.
    detail = public_message(error, None if isinstance(error, ServiceError) else video)
    return problem(error.code, detail, request_id, retry_after=retry_after)


async def on_lipgate_error(request: Request, error: Exception) -> JSONResponse:
    """Exception handler of `LipgateError`."""
    assert isinstance(error, LipgateError)  # noqa: S101
    return of_error(error, request.scope.get("request_id"), request.scope.get("video"))


async def on_http_exception(request: Request, error: Exception) -> JSONResponse:
    """Exception handler of what the framework refuses: unknown paths, wrong methods."""
    assert isinstance(error, HTTPException)  # noqa: S101
    code = _FRAMEWORK.get(error.status_code, "internal_error" if error.status_code >= 500 else "bad_request")
    headers = dict(error.headers or {})
    if code == "method_not_allowed" and (methods := _methods(request)):
        headers["Allow"] = ", ".join(methods)
    return problem(code, str(error.detail), request.scope.get("request_id"), headers=headers)


def _methods(request: Request) -> list[str]:
    """All methods of a path. The framework names those of the first of its routes only."""
    routes: list[Route] = request.app.state.routes
    matching = [route for route in routes if route.matches(request.scope)[0] is not Match.NONE]
    return sorted({method for route in matching for method in getattr(route, "methods", None) or ()})
