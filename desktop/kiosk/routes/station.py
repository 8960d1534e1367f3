"""What the station page asks for. The page decides nothing: states, attempts and verdicts come from here."""

import time
from typing import Any, Literal

from anyio import CapacityLimiter, to_thread
from fastapi import APIRouter, Query, Request
from fastapi.responses import JSONResponse, Response
from pydantic import BaseModel, ConfigDict

from lipgate.core import __version__
from lipgate.desktop.kiosk.reference import reference
from lipgate.desktop.kiosk.routes.common import AppKiosk, disk, read_bytes
from lipgate.desktop.kiosk.sessions import Attempt, Session, phrase_check_of
from lipgate.desktop.kiosk.settings import COUNTDOWN_S, LONGEST_RECORDING_S, MAX_VIDEO_BYTES
from lipgate.desktop.kiosk.station import LANGUAGES, Station
from lipgate.handlers.domain.errors import RefusedError, UnavailableError
from lipgate.handlers.http.bodies import media_type, read_json, received_video

router = APIRouter(prefix="/api", include_in_schema=False)

Language = Literal["es", "en"]

SUFFIXES = {"video/webm": ".webm", "video/mp4": ".mp4", "video/x-matroska": ".mkv", "video/quicktime": ".mov"}
"""Recordings that are taken, and the names they are kept by."""


class SessionRequest(BaseModel):
    """A person begins."""

    model_config = ConfigDict(extra="forbid")

    language: Language


@router.get("/station")
async def station(kiosk: AppKiosk) -> JSONResponse:
    """What the page has to know to begin."""
    return JSONResponse(await to_thread.run_sync(_station_document, kiosk.station))


def _station_document(station: Station) -> dict[str, Any]:
    own, hearing = station.settings(), station.hearing
    languages = station.languages(own)
    return {
        "version": __version__,
        "languages": languages,
        "language": own.language if own.language in languages else languages[0],
        "max_attempts": own.max_attempts,
        "countdown_seconds": COUNTDOWN_S,
        "longest_recording_seconds": LONGEST_RECORDING_S,
        "cannot_verify": own.phrase_check and not any(station.checks_phrase(language, own) for language in LANGUAGES),
        "phrase_check": {language: station.checks_phrase(language, own) for language in LANGUAGES},
        "voice_start": {language: own.voice_start and hearing.can_be_called(language) for language in LANGUAGES},
        "keeps_videos": own.keep_videos,
        "retention_days": own.retention_days,
        "max_video_mb": MAX_VIDEO_BYTES >> 20,
    }


@router.post("/sessions")
async def start(request: Request, kiosk: AppKiosk) -> JSONResponse:
    """Begin a session."""
    asked = await read_json(request, SessionRequest)
    kiosk.desk.leave()  # a visitor stands there now, at the same browser
    session = await to_thread.run_sync(kiosk.station.start, asked.language)
    return JSONResponse(session_document(session), 201)


@router.get("/sessions/{session_id}")
async def show(session_id: str, kiosk: AppKiosk) -> JSONResponse:
    """A session, with a challenge that can be answered."""
    return JSONResponse(session_document(await to_thread.run_sync(kiosk.station.find, session_id)))


@router.delete("/sessions/{session_id}")
async def cancel(session_id: str, kiosk: AppKiosk) -> Response:
    """The person does not go on."""
    await to_thread.run_sync(kiosk.station.cancel, session_id)
    return Response(status_code=204)


@router.post("/sessions/{session_id}/attempts")
async def attempt(session_id: str, request: Request, kiosk: AppKiosk, challenge: str = Query(max_length=64)) -> JSONResponse:
    """A recording in, a verdict out."""
    suffix = recording_suffix(request)
    session, taken = await to_thread.run_sync(kiosk.station.take_challenge, session_id, challenge)
    with disk():
        async with received_video(request, request.app.state.services.temporary, (), lambda _: MAX_VIDEO_BYTES) as video:
            after, judged = await to_thread.run_sync(kiosk.station.judge, session, taken, video.path, suffix)
    return JSONResponse({"session": session_document(after), "attempt": attempt_document(judged)}, 201)


@router.post("/preview")
async def preview(request: Request, kiosk: AppKiosk) -> JSONResponse:
    """What could be better about the picture before it is recorded."""
    picture = await read_bytes(request)
    limiter = _one_at_a_time(request, "preview")
    if limiter.available_tokens == 0:
        raise UnavailableError("queue_full", "The picture before is still looked at.", retry_after=1)
    return JSONResponse(await to_thread.run_sync(kiosk.eye.look, picture, limiter=limiter))


@router.post("/listen")
async def listen(request: Request, kiosk: AppKiosk, language: Language) -> JSONResponse:
    """Whether the station was called."""
    pcm = await read_bytes(request)
    own = await to_thread.run_sync(kiosk.station.settings)
    if not own.voice_start or not kiosk.station.hearing.can_be_called(language):
        raise RefusedError("not_available", "This station does not listen for words that start a session in this language.")
    if len(pcm) % 2:
        raise RefusedError("bad_sound", "The sound must be whole samples of 16 bits.")
    limiter = _one_at_a_time(request, "listen")
    heard = await to_thread.run_sync(kiosk.station.hearing.called, language, pcm, limiter=limiter)
    return JSONResponse({"heard": heard})


def recording_suffix(request: Request) -> str:
    """How a recording of this content type is called.

    Raises:
        RefusedError: unsupported_media_type.
    """
    suffix = SUFFIXES.get(media_type(request))
    if suffix is None:
        raise RefusedError("unsupported_media_type", f"Send one of {', '.join(SUFFIXES)}.")
    return suffix


def session_document(session: Session) -> dict[str, Any]:
    """A session as the page sees it."""
    challenge = session.challenge
    return {
        "id": session.id,
        "reference": reference(session.id),
        "state": str(session.state),
        "language": session.language,
        "attempts_used": session.attempts_used,
        "attempts_left": session.attempts_left,
        "challenge": challenge
        and {
            "id": challenge.id,
            "digits": challenge.digits,
            "expires_in_seconds": max(0, round(challenge.expires_at - time.time())),
        },
    }


def attempt_document(attempt: Attempt) -> dict[str, Any]:
    """An attempt as the page sees it."""
    report = attempt.report or {}
    return {
        "number": attempt.number,
        "decision": attempt.decision,
        "reason": attempt.reason,
        "first_reason": attempt.first_reason,
        "phrase_check": phrase_check_of(attempt),
        **{name: report.get(name) for name in ("offset_frames", "confidence", "score", "processing_time_ms")},
    }


def _one_at_a_time(request: Request, what: str) -> CapacityLimiter:
    limiters: dict[str, CapacityLimiter] = request.app.state.limiters
    return limiters.setdefault(what, CapacityLimiter(1))
