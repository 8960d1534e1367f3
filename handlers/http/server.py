"""Runs an app until it is told to stop: the API's for `serve`, the station's for `kiosk`."""

import asyncio
import logging
import math
import socket
from typing import Any

import uvicorn
from fastapi import FastAPI

from lipgate.handlers.http.connections import Connection
from lipgate.handlers.services import Services

log = logging.getLogger(__name__)

ANSWER_SECONDS = 5.0
"""Beyond the grace time: for scores that are interrupted to end, and for their requests to be answered."""


def run(app: FastAPI, services: Services, host: str, port: int, listener: socket.socket | None = None) -> int:
    """Serve until SIGTERM or Ctrl-C.

    Args:
        app: with a lifespan that starts and stops the workers.
        services: of the app.
        host: address to listen on.
        port: 0 takes any.
        listener: a socket that listens already, instead of host and port.

    Returns:
        The exit status: 1 where it could not begin.
    """
    config = uvicorn.Config(
        app,
        host=host,
        port=port,
        http=Connection,
        ws="none",
        log_config=None,
        access_log=False,
        server_header=False,
        timeout_graceful_shutdown=math.ceil(services.settings.grace_seconds + ANSWER_SECONDS),
    )
    server = _Server(config, services)
    try:
        server.run(sockets=[listener] if listener else None)
    except (KeyboardInterrupt, SystemExit) as stop:
        # uvicorn passes the signal on once it has shut down; a bad port ends with a status of its own.
        code = stop.code if isinstance(stop, SystemExit) else 0
        return 1 if code == 1 else 0
    return 0 if server.started else 1


class _Server(uvicorn.Server):
    """Stops taking jobs as soon as it is told to stop, not when the last connection has closed."""

    def __init__(self, config: uvicorn.Config, services: Services) -> None:
        super().__init__(config)
        self._services = services

    def handle_exit(self, sig: int, frame: Any) -> None:
        if self._services.workers:
            self._services.workers.retire()
        super().handle_exit(sig, frame)

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        if self.started:
            address = self.servers[0].sockets[0].getsockname()
            log.info("serving", extra={"host": address[0], "port": address[1]})

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        close = self._services.scorer.close
        # The lifespan ends when the last request has, and requests end when the scorer lets go of them.
        closing = asyncio.create_task(asyncio.to_thread(close, self._services.settings.grace_seconds))
        await super().shutdown(sockets)
        if self.force_exit:
            await asyncio.to_thread(close)
        await closing
