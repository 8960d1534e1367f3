"""Puts the kiosk together: the API's own app with the station's pages, its routes and its guard."""

import contextlib
import logging
import threading
from collections.abc import Iterator
from dataclasses import dataclass

from fastapi import FastAPI
from starlette.middleware import Middleware

from lipgate.desktop.kiosk.desk import Desk
from lipgate.desktop.kiosk.guard import Doorkeeper, Guard
from lipgate.desktop.kiosk.hearing import Hearing
from lipgate.desktop.kiosk.preview import MAX_BYTES, PreviewEye
from lipgate.desktop.kiosk.routes import operator, pages, station
from lipgate.desktop.kiosk.routes.common import Kiosk
from lipgate.desktop.kiosk.settings import MAX_VIDEO_BYTES, KioskSettings
from lipgate.desktop.kiosk.station import Station
from lipgate.desktop.kiosk.store import DATABASE, Store
from lipgate.handlers.adapters.local.assembly import local_services
from lipgate.handlers.http.app import Extension, create_app
from lipgate.handlers.services import Services
from lipgate.handlers.settings import service_settings

log = logging.getLogger(__name__)

SWEEP_S = 60.0

PCM_BYTES = 64 * 1024
"""Two seconds of sound."""


@dataclass(frozen=True)
class Assembled:
    """A kiosk that is ready to be served."""

    app: FastAPI
    services: Services
    station: Station


@contextlib.contextmanager
def assembled(settings: KioskSettings, doorkeeper: Doorkeeper, authority: str) -> Iterator[Assembled]:
    """Make the kiosk, and keep its store in order while the block runs.

    Args:
        settings: of the kiosk.
        doorkeeper: knows the station's browser.
        authority: `127.0.0.1:PORT`, as the browser will call it.

    Raises:
        UnavailableError: storage_unavailable.
        WeightsError, CalibrationError: the weights are not what they should be, or the site's file.
        SettingsError: bad_setting, thresholds that do not go together: of settings, site and operator.
    """
    service = service_settings().model_copy(
        # One person at a time: the whole machine works on that recording.
        update={"data_dir": settings.dir / "service", "score_slots": 1, "require_api_keys": False, "upload_dir": None}
    )
    services = local_services(service)
    it = Station(Store(settings.dir / DATABASE), services.scorer, Hearing(settings.ears_dir), settings, settings.dir / "videos")
    extension = Extension(
        routers=(pages.router, station.router, operator.doors, operator.router),
        body_limits={"attempts": MAX_VIDEO_BYTES, "recording": MAX_VIDEO_BYTES, "preview": MAX_BYTES, "listen": PCM_BYTES},
        middleware=(Middleware(Guard, doorkeeper=doorkeeper, authority=authority),),
        docs_page=False,
    )
    app = create_app(services, extension)
    app.state.kiosk = Kiosk(it, Desk(it), PreviewEye())
    app.state.limiters = {}
    it.sweep(starting=True)
    ended = threading.Event()
    sweeper = threading.Thread(target=_keep_sweeping, args=[it, ended], name="kiosk-sweeper", daemon=True)
    sweeper.start()
    try:
        it.limits()
        yield Assembled(app, services, it)
    finally:
        ended.set()
        sweeper.join()
        it.close()


def _keep_sweeping(it: Station, ended: threading.Event) -> None:
    while not ended.wait(SWEEP_S):
        # Whatever happens in one round, a full disk most of all, the next one tries again.
        try:
            it.sweep()
        except Exception:
            log.exception("could not sweep up")
