"""POST /score: a video in, a report out; or a job where that would take too long."""

import asyncio
import time
from collections.abc import AsyncIterator
from concurrent.futures import Future
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from anyio import to_thread
from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse

from lipgate.core.errors import DeadlineError
from lipgate.handlers.admission import Caller
from lipgate.handlers.domain.errors import RefusedError, StoppingError
from lipgate.handlers.domain.fingerprint import content_hash
from lipgate.handlers.domain.public import with_session
from lipgate.handlers.http.bodies import media_type, read_json, received_video
from lipgate.handlers.http.deadline import deadline_of
from lipgate.handlers.http.openapi import ALWAYS, BODY, gives, problems, ref
from lipgate.handlers.http.routes.caller import AppServices, Asking
from lipgate.handlers.http.routes.jobs import job_answer
from lipgate.handlers.http.schemas import JobDocument, ReportDocument, ScoreRequest
from lipgate.handlers.jobs.orders import adopt
from lipgate.handlers.jobs.paths import resolve_video_path
from lipgate.handlers.scoring.billed import Scored, check_size, find_cached, score_unless_known
from lipgate.handlers.scoring.slots import Interrupted
from lipgate.handlers.services import Services
from lipgate.handlers.settings import MEBIBYTE

router = APIRouter(tags=["score"])

FILE_FIELDS = ("file", "video")
LONGEST_SESSION_ID = 200

_FORM = {
    "type": "object",
    "properties": {
        "file": {"type": "string", "format": "binary", "description": "The video; `video` is taken too."},
        "session_id": {"type": "string", "maxLength": LONGEST_SESSION_ID},
    },
    "required": ["file"],
}
_REFUSED = (
    *("video_path_refused", "file_not_found", "video_missing"),
    *("empty_file", "not_a_video", "no_video_stream", "corrupt_video", "video_too_long", "resolution_too_high"),
    *("quota_exceeded", "compute_exceeded", "too_many_jobs", "too_many_uploads"),
    *("queue_full", "shutting_down", "weights_missing", "scorer_died"),
)
_RAW = {"schema": {"type": "string", "format": "binary"}}
_BODY = {
    "requestBody": {
        "required": True,
        "content": {
            "application/json": {"schema": ref(ScoreRequest)},
            "multipart/form-data": {"schema": _FORM},
            "video/*": _RAW,
            "application/octet-stream": _RAW,
        },
    },
    "parameters": [
        {
            "name": "session_id",
            "in": "query",
            "description": "For a raw body.",
            "schema": {"type": "string", "maxLength": LONGEST_SESSION_ID},
        }
    ],
}


@router.post(
    "/score",
    openapi_extra=_BODY,
    responses={
        200: gives(ReportDocument, "The report."),
        202: gives(JobDocument, "It takes longer than a request may: it goes on as a job.", location=True),
        **problems(*_REFUSED, *BODY, *ALWAYS),
    },
)
async def score(request: Request, services: AppServices, caller: Asking) -> JSONResponse:
    """Score a video: one in the upload folder (JSON), or the body itself (multipart, or raw)."""
    deadline = deadline_of(request.scope, services.scorer.settings.processing_timeout_seconds)
    with services.scorer.admitted(caller.key.id if caller.key else None):
        return await _answer(request, services, caller, deadline)


async def _answer(request: Request, services: Services, caller: Caller, deadline: float) -> JSONResponse:
    async with _video(request, services) as (path, session_id, received):
        request.scope["video"] = path
        try:
            content = await to_thread.run_sync(content_hash, path)
            scored = await to_thread.run_sync(find_cached, services, caller.owner, content)
            cached = scored is not None
            scored = scored or await _scored(services, caller, path, content, deadline)
        except DeadlineError:
            job = await to_thread.run_sync(lambda: adopt(services, caller.owner, path, session_id, received=received))
            return job_answer(request, job)
    return JSONResponse(with_session(scored.report, session_id), headers={"Lipgate-Cache": "hit" if cached else "miss"})


async def _scored(services: Services, caller: Caller, path: Path, content: str, deadline: float) -> Scored:
    """Score it in a slot and write it down.

    Raises:
        DeadlineError: not in time, be it for want of a slot.
        StoppingError: shutting_down.
    """
    owner = caller.owner
    task: Future[Scored] = services.scorer.submit(lambda: score_unless_known(services, owner, path, content, deadline), owner)
    waiting = asyncio.wrap_future(task)
    try:
        done, _ = await asyncio.wait([waiting], timeout=max(0.0, deadline - time.monotonic()))
        if not done and task.cancel():
            raise DeadlineError(services.scorer.settings.processing_timeout_seconds)
        # One that runs sees the deadline itself, within a second of video.
        scored = await waiting
    except (Interrupted, asyncio.CancelledError) as error:
        raise StoppingError from error
    if scored.result and scored.entry:
        await to_thread.run_sync(services.results.store, scored.result, scored.entry)
    return scored


@asynccontextmanager
async def _video(request: Request, services: Services) -> AsyncIterator[tuple[Path, str | None, bool]]:
    """The video, the session id, and whether the file came with the request."""
    most = int(services.scorer.settings.max_video_size_mb * MEBIBYTE)
    kind = media_type(request)
    if kind == "application/json":
        asked = await read_json(request, ScoreRequest)
        path = await to_thread.run_sync(resolve_video_path, asked.video_path, services.settings.upload_dir)
        check_size(path, most)
        yield path, asked.session_id, False
    elif kind == "multipart/form-data" or kind.startswith("video/") or kind == "application/octet-stream":
        _checked(request.query_params.get("session_id"))
        async with received_video(request, services.temporary, FILE_FIELDS, lambda _: most) as video:
            yield video.path, _checked(video.fields.get("session_id", request.query_params.get("session_id"))), True
    else:
        raise RefusedError(
            "unsupported_media_type", "Send application/json, multipart/form-data, video/* or application/octet-stream."
        )


def _checked(session_id: Any) -> str | None:
    if session_id is not None and len(session_id) > LONGEST_SESSION_ID:
        raise RefusedError("invalid_request", f"The field session_id may have at most {LONGEST_SESSION_ID} characters.")
    return session_id
