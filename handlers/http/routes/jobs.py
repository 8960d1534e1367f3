"""POST /jobs, GET /jobs/{id}, DELETE /jobs/{id}."""

from typing import Annotated

from anyio import to_thread
from fastapi import APIRouter, Header, Path, Request
from fastapi.responses import JSONResponse, Response

from lipgate.handlers.domain.documents import job_document
from lipgate.handlers.domain.errors import RefusedError
from lipgate.handlers.domain.jobs import Job
from lipgate.handlers.http.bodies import read_json
from lipgate.handlers.http.openapi import ALWAYS, BODY, gives, problems, takes
from lipgate.handlers.http.routes.caller import AppServices, Asking
from lipgate.handlers.http.schemas import JobDocument, JobRequest
from lipgate.handlers.jobs.orders import Order, create_job, delete_job, find_job

router = APIRouter(tags=["jobs"])

ASK_AGAIN_SECONDS = 2

_REFUSED = (
    *("video_path_refused", "file_not_found", "upload_not_found", "webhook_refused", "idempotency_conflict", "upload_taken"),
    *("quota_exceeded", "compute_exceeded", "too_many_jobs", "queue_full"),
)

JobId = Annotated[str, Path(description="As POST /jobs gave it.")]
IdempotencyKey = Annotated[
    str | None,
    Header(min_length=1, max_length=200, pattern="^[!-~]+$", description="The same request sent again gives the first job back."),
]


@router.post(
    "/jobs",
    status_code=202,
    openapi_extra=takes(JobRequest),
    responses={
        202: gives(JobDocument, "The job.", location=True),
        **problems(*_REFUSED, *BODY, *ALWAYS),
    },
)
async def post_job(
    request: Request, services: AppServices, caller: Asking, idempotency_key: IdempotencyKey = None
) -> JSONResponse:
    """Have a video scored in the background."""
    if len(set(request.headers.getlist("idempotency-key"))) > 1:
        raise RefusedError("bad_request", "There are two Idempotency-Keys that differ.")
    asked = await read_json(request, JobRequest)
    order = Order(asked.upload, asked.video_path, asked.session_id, asked.webhook_url)
    job, new = await to_thread.run_sync(create_job, services, caller.owner, order, idempotency_key)
    answer = job_answer(request, job)
    if not new:
        answer.headers["Idempotency-Replayed"] = "true"
    return answer


@router.get("/jobs/{job_id}", responses={200: gives(JobDocument, "The job."), **problems("job_not_found", *ALWAYS)})
async def get_job(services: AppServices, caller: Asking, job_id: JobId) -> JSONResponse:
    """A job, with its result once it is done."""
    job = await to_thread.run_sync(find_job, services, caller.owner, job_id)
    headers = {} if job.state.final else {"Retry-After": str(ASK_AGAIN_SECONDS)}
    return JSONResponse(job_document(job), headers={**headers, "Cache-Control": "no-store"})


@router.delete(
    "/jobs/{job_id}", status_code=204, responses={204: {"description": "Removed."}, **problems("job_not_found", *ALWAYS)}
)
async def remove_job(services: AppServices, caller: Asking, job_id: JobId) -> Response:
    """Remove a job with its video and report. What was scored stays paid for."""
    await to_thread.run_sync(delete_job, services, caller.owner, job_id)
    return Response(status_code=204)


def job_answer(request: Request, job: Job) -> JSONResponse:
    """202, and where to look."""
    place = f"{request.scope.get('root_path', '').rstrip('/')}/jobs/{job.id}"
    return JSONResponse(job_document(job), 202, {"Location": place, "Retry-After": str(ASK_AGAIN_SECONDS)})
