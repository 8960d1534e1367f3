"""POST /uploads: a ticket to upload with. Where no other service takes the upload, this one does."""

import time
from urllib.parse import urljoin, urlsplit

from anyio import to_thread
from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse, Response

from lipgate.handlers.admission import check_storage
from lipgate.handlers.domain.documents import timestamp
from lipgate.handlers.domain.errors import NotFoundError, RefusedError
from lipgate.handlers.domain.uploads import RECEIVER, new_upload_key
from lipgate.handlers.http.bodies import read_json, received_video
from lipgate.handlers.http.openapi import ALWAYS, BODY, gives, problems, takes
from lipgate.handlers.http.routes.caller import AppServices, Asking
from lipgate.handlers.http.schemas import UploadDocument, UploadRequest
from lipgate.handlers.jobs.orders import receive_upload

router = APIRouter(tags=["uploads"])


@router.post(
    "/uploads",
    status_code=201,
    openapi_extra=takes(UploadRequest),
    responses={201: gives(UploadDocument, "The ticket."), **problems("too_many_uploads", *BODY, *ALWAYS)},
)
async def post_upload(request: Request, services: AppServices, caller: Asking) -> JSONResponse:
    """A ticket for one upload."""
    asked = await read_json(request, UploadRequest)
    await to_thread.run_sync(check_storage, services, caller.owner)
    settings, key = services.settings, new_upload_key(caller.owner)
    most = settings.max_upload_bytes
    ticket = await to_thread.run_sync(
        services.objects.presign, key, asked.content_type, most, settings.upload_expiry_seconds, time.time()
    )
    document = {
        "upload": key,
        "url": _seen_from_outside(ticket.url, request, settings.public_url),
        "fields": ticket.fields,
        "max_bytes": most,
        "expires_at": timestamp(ticket.expires_at),
    }
    return JSONResponse(document, 201, {"Cache-Control": "no-store"})


def _seen_from_outside(url: str, request: Request, public_url: str | None) -> str:
    """The address of what takes the upload: a service's own, or a path of this one."""
    # A request's own address is only read where it is needed: in an event it may be anything.
    return url if urlsplit(url).scheme else urljoin((public_url or str(request.base_url)).rstrip("/") + "/", url)


@router.post(f"/{RECEIVER}", status_code=204, include_in_schema=False)
async def receive(request: Request, services: AppServices) -> Response:
    """Take an upload with its ticket; the ticket stands in for a key."""
    receiver = services.receiver
    if receiver is None:
        raise NotFoundError("not_found", "Not Found")
    tickets: list[str] = []

    def check(fields: dict[str, str]) -> int:
        key, most = receiver.check(fields, time.time())
        tickets.append(key)
        return most

    async with received_video(request, services.temporary, ("file",), check) as video:
        if video.path.stat().st_size == 0:
            raise RefusedError("empty_file", "The upload is empty.")
        await to_thread.run_sync(receive_upload, services, video.path, tickets[0])
    return Response(status_code=204)
