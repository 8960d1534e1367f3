"""GET /usage: what was scored and is paid for."""

import time
from typing import Annotated

from anyio import to_thread
from fastapi import APIRouter, Query
from fastapi.responses import JSONResponse

from lipgate.handlers.domain.usage import period_of
from lipgate.handlers.http.openapi import ALWAYS, gives, problems
from lipgate.handlers.http.routes.caller import AppServices, Asking
from lipgate.handlers.http.schemas import UsageDocument

router = APIRouter(tags=["usage"])

Period = Annotated[str | None, Query(pattern=r"^[0-9]{4}-(0[1-9]|1[0-2])$", description="Month in UTC; this one by default.")]


@router.get("/usage", responses={200: gives(UsageDocument, "Sums of the ledger."), **problems("invalid_request", *ALWAYS)})
async def usage(services: AppServices, caller: Asking, period: Period = None) -> JSONResponse:
    """Videos scored for this key in a month."""
    month = period or period_of(time.time())
    sums = await to_thread.run_sync(services.ledger.usage, caller.owner, month)
    quota = caller.key.monthly_quota if caller.key else None
    document = {
        "period": month,
        "videos": sums.videos,
        "video_seconds": round(sums.video_seconds, 3),
        "compute_seconds": round(sums.compute_seconds, 3),
        "monthly_quota": quota,
        "remaining": None if quota is None else max(0, quota - sums.videos),
    }
    return JSONResponse(document)
