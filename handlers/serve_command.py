"""`lipgate serve`: the API on one machine."""

import argparse
import ipaddress
import logging
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from core.errors import LipgateError

if TYPE_CHECKING:
    from handlers.settings import ServiceSettings

log = logging.getLogger(__name__)


def add_parser(commands: Any) -> None:
    """Add the command to the parser's sub-commands."""
    parser = commands.add_parser("serve", description="Serve the HTTP API on this machine; state is kept in one folder.")
    parser.add_argument("--host", help="address to listen on (default: setting, 127.0.0.1)")
    parser.add_argument("--port", type=int, help="port (default: setting, 5000); 0 takes any")
    parser.add_argument("--upload-dir", type=Path, metavar="DIR", help="folder that video_path may name files in")
    parser.add_argument("--data-dir", type=Path, metavar="DIR", help="folder of jobs, keys, ledger and uploads")
    parser.add_argument("--workers", type=int, metavar="N", help="jobs worked on at a time (default: setting, 1)")
    parser.add_argument("--require-keys", action="store_true", default=None, help="refuse requests without an API key")
    parser.add_argument("--insecure", action="store_true", help="serve other machines without API keys")
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Serve until told to stop (SIGTERM, Ctrl-C).

    Raises:
        LipgateError: the models or the data folder cannot be used.
    """
    try:
        import fastapi  # noqa: F401
        import python_multipart  # noqa: F401
        import uvicorn
    except ImportError:
        print("error [api_missing]: the packages of the API are not installed. Run: ./lipgate install api", file=sys.stderr)
        return 1
    settings = _settings(arguments)
    if not (settings.require_api_keys or arguments.insecure or _is_loopback(settings.host)):
        print(
            f"error [usage]: {settings.host} can be reached by other machines. Give --require-keys (see `lipgate keys add`), "
            "or --insecure where something else keeps strangers out.",
            file=sys.stderr,
        )
        return 2
    from core.settings import settings as core_settings
    from handlers.app import create_app
    from handlers.connections import Connection
    from handlers.logs import log_json
    from handlers.services import local_services

    port = core_settings().port if arguments.port is None else arguments.port
    log_json(core_settings().log_level)
    services = local_services(settings)
    if settings.preload_models:
        try:
            services.scorer.load()
        except LipgateError:
            services.close()
            raise
    workers = services.workers

    class Server(uvicorn.Server):
        """Stops taking jobs as soon as it is told to stop, not when the last connection has closed."""

        def handle_exit(self, sig: int, frame: Any) -> None:
            if workers:
                workers.retire()
            super().handle_exit(sig, frame)

        async def startup(self, sockets: list[Any] | None = None) -> None:
            await super().startup(sockets)
            if self.started:
                address = self.servers[0].sockets[0].getsockname()
                log.info("serving", extra={"host": address[0], "port": address[1]})

    config = uvicorn.Config(
        create_app(services),
        host=settings.host,
        port=port,
        http=Connection,
        ws="none",
        log_config=None,
        access_log=False,
        server_header=False,
        timeout_graceful_shutdown=max(1, round(settings.grace_seconds)),
    )
    server = Server(config)
    try:
        _announce(config)
        server.run()
    except (KeyboardInterrupt, SystemExit) as stop:
        # uvicorn passes the signal on once it has shut down; a bad port ends with a status of its own.
        code = stop.code if isinstance(stop, SystemExit) else 0
        return 1 if code == 1 else 0
    return 0 if server.started else 1


def _settings(arguments: argparse.Namespace) -> "ServiceSettings":
    from handlers.settings import ServiceSettings, service_settings

    given = {
        "host": arguments.host,
        "upload_dir": arguments.upload_dir,
        "data_dir": arguments.data_dir,
        "workers": arguments.workers,
        "require_api_keys": arguments.require_keys,
    }
    values = service_settings().model_dump() | {name: value for name, value in given.items() if value is not None}
    return ServiceSettings.model_validate(values)


def _announce(config: Any) -> None:
    if sys.stderr.isatty():
        print(f"Lipgate on http://{config.host}:{config.port} - documentation at /docs, Ctrl-C ends it.", file=sys.stderr)


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
