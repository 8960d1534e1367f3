"""What the operator page asks for. Everything but logging in needs the operator's cookie."""

from datetime import date
from pathlib import Path
from typing import Annotated, Any, Literal

from anyio import to_thread
from fastapi import APIRouter, Depends, Query, Request
from fastapi.responses import FileResponse, JSONResponse, Response, StreamingResponse
from pydantic import BaseModel, ConfigDict, Field

from lipgate.desktop.kiosk import history
from lipgate.desktop.kiosk.guard import read_cookie
from lipgate.desktop.kiosk.options import option_documents
from lipgate.desktop.kiosk.plots import plots
from lipgate.desktop.kiosk.routes.common import AppKiosk, disk, kiosk_of
from lipgate.desktop.kiosk.routes.station import recording_suffix
from lipgate.desktop.kiosk.sessions import SessionState
from lipgate.desktop.kiosk.settings import MAX_VIDEO_BYTES
from lipgate.desktop.kiosk.station import Station
from lipgate.desktop.kiosk.store import Store, entry_of
from lipgate.desktop.kiosk.verification import verify
from lipgate.handlers.domain.errors import NotFoundError
from lipgate.handlers.http.bodies import read_json, received_video

COOKIE = "lipgate_operator"
PLACE = "/api/operator"


async def require_operator(request: Request) -> None:
    """Refuse everybody else.

    Raises:
        RefusedError: operator_only.
    """
    kiosk_of(request).desk.require(read_cookie(request.headers, COOKIE))


doors = APIRouter(prefix=PLACE, include_in_schema=False)
router = APIRouter(prefix=PLACE, include_in_schema=False, dependencies=[Depends(require_operator)])


class Login(BaseModel):
    """A PIN."""

    model_config = ConfigDict(extra="forbid", strict=True)

    pin: str = Field(max_length=64)


@doors.post("/login")
async def login(request: Request, kiosk: AppKiosk) -> Response:
    """Let the operator in."""
    asked = await read_json(request, Login)
    cookie = await to_thread.run_sync(kiosk.desk.enter, asked.pin)
    answer = Response(status_code=204)
    answer.set_cookie(COOKIE, cookie, httponly=True, samesite="strict", path=PLACE)
    return answer


@router.post("/logout")
async def logout(kiosk: AppKiosk) -> Response:
    """Let the operator out."""
    kiosk.desk.leave()
    answer = Response(status_code=204)
    answer.delete_cookie(COOKIE, path=PLACE)
    return answer


Since = Annotated[date | None, Query(description="First day, by the station's clock.")]
Until = Annotated[date | None, Query(description="Last day, by the station's clock.")]


@router.get("/sessions")
async def sessions(
    kiosk: AppKiosk,
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
    before: Annotated[int | None, Query(ge=0, le=1 << 62)] = None,
    state: SessionState | None = None,
    since: Since = None,
    until: Until = None,
) -> JSONResponse:
    """Sessions, newest first."""

    def read(store: Store) -> dict[str, Any]:
        between = history.span(since, until)
        rows, following = history.page(store, *between, state, before, limit)
        counts = history.counts(store, *between)
        return {"sessions": rows, "next": following, "counts": counts, "summary": history.summary(counts)}

    return JSONResponse(await to_thread.run_sync(read, kiosk.station.store))


@router.get("/sessions/{session_id}")
async def session(session_id: str, kiosk: AppKiosk) -> JSONResponse:
    """A session with its attempts."""

    def read(store: Store) -> dict[str, Any]:
        found = store.session(session_id)
        if found is None:
            raise NotFoundError("session_unknown", "There is no such session.")
        made = [
            {**history.attempt_document(attempt), "plots": plots(attempt.report, attempt.id) if attempt.report else None}
            for attempt in history.attempts(store, session_id)
        ]
        return {**history.session_document(store, found), "attempts": made}

    return JSONResponse(await to_thread.run_sync(read, kiosk.station.store))


@router.get("/attempts/{attempt_id}/video")
async def video(attempt_id: str, kiosk: AppKiosk) -> FileResponse:
    """The kept recording of an attempt."""

    def look() -> Path | None:
        attempt = history.find_attempt(kiosk.station.store, attempt_id)
        return kiosk.station.video(attempt) if attempt else None

    path = await to_thread.run_sync(look)
    if path is None:
        raise NotFoundError("video_unknown", "There is no recording of this attempt.")
    return FileResponse(path, headers={"Cache-Control": "no-store"})


@router.get("/export")
async def export(
    kiosk: AppKiosk,
    form: Annotated[Literal["csv", "json"], Query(alias="format")] = "csv",
    since: Since = None,
    until: Until = None,
) -> StreamingResponse:
    """Everything of a span of days, as a download."""
    write = history.export_csv if form == "csv" else history.export_json
    kind = "text/csv; charset=utf-8" if form == "csv" else "application/json"
    headers = {"Content-Disposition": f'attachment; filename="lipgate-sessions.{form}"'}
    return StreamingResponse(write(kiosk.station.store, *history.span(since, until)), media_type=kind, headers=headers)


@router.get("/audit")
async def audit(kiosk: AppKiosk, limit: Annotated[int, Query(ge=1, le=1000)] = 100) -> JSONResponse:
    """The newest entries of the audit log, and whether the whole of it is intact."""

    def read(store: Store) -> dict[str, Any]:
        found = verify(store)
        rows = store.read("SELECT * FROM audit ORDER BY sequence DESC LIMIT ?", (limit,))
        return {
            "intact": found.intact,
            "broken_at": found.broken_at,
            "altered": found.altered,
            "count": found.count,
            "head": found.head,
            "entries": [
                {name: getattr(entry, name) for name in ("sequence", "at", "event", "detail", "hash")}
                for entry in map(entry_of, rows)
            ],
        }

    return JSONResponse(await to_thread.run_sync(read, kiosk.station.store))


@router.get("/settings")
async def settings(kiosk: AppKiosk) -> JSONResponse:
    """Settings that may be changed, and what scores come from."""
    return JSONResponse(await to_thread.run_sync(_settings_document, kiosk.station))


@router.put("/settings")
async def change(request: Request, kiosk: AppKiosk) -> JSONResponse:
    """Change some of them."""
    values = await read_json(request, Changes)
    await to_thread.run_sync(kiosk.desk.change, values.model_extra or {})
    return JSONResponse(await to_thread.run_sync(_settings_document, kiosk.station))


class Changes(BaseModel):
    """Values by name."""

    model_config = ConfigDict(extra="allow")


@router.get("/device")
async def device(kiosk: AppKiosk) -> JSONResponse:
    """What is there, and what to do about what is not."""
    from lipgate.desktop.doctor import checks

    found = await to_thread.run_sync(checks, kiosk.station.usual_settings.dir)
    return JSONResponse({"checks": [{**vars(check), "state": str(check.state)} for check in found]})


@router.post("/recording")
async def recording(request: Request, kiosk: AppKiosk) -> JSONResponse:
    """Measure a recording for the device check. Nothing is kept."""
    recording_suffix(request)
    with disk():
        async with received_video(request, request.app.state.services.temporary, (), lambda _: MAX_VIDEO_BYTES) as made:
            report = await to_thread.run_sync(kiosk.station.measure, made.path)
    return JSONResponse({"report": report, "plots": plots(report, "recording")})


def _settings_document(station: Station) -> dict[str, Any]:
    chosen = station.scorer.chosen()
    return {
        "settings": option_documents(station),
        "calibration": chosen.site.origin() if chosen.site else {"origin": "embedded"},
        **{
            kind: {"name": bundle.name, "version": bundle.version, "sha256": bundle.sha256}
            for kind, bundle in (("model", chosen.sync), ("detector", chosen.detector))
        },
    }
