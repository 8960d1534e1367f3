"""`lipgate serve`: the API on one machine."""

import argparse
import ipaddress
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lipgate.core.errors import LipgateError, SettingsError
from lipgate.handlers.commands.arguments import number, port

if TYPE_CHECKING:
    from lipgate.handlers.http.app import Extension
    from lipgate.handlers.settings import ServiceSettings


def add_parser(commands: Any) -> None:
    """Add the command to the parser's sub-commands."""
    parser = commands.add_parser("serve", description="Serve the HTTP API on this machine; state is kept in one folder.")
    parser.add_argument("--host", help="address to listen on (default: setting, 127.0.0.1)")
    parser.add_argument("--port", type=port, help="port (default: setting, 5000); 0 takes any")
    parser.add_argument("--upload-dir", type=Path, metavar="DIR", help="folder that video_path may name files in")
    parser.add_argument("--data-dir", type=Path, metavar="DIR", help="folder of jobs, keys, ledger and uploads")
    parser.add_argument("--workers", type=number(0, 64), metavar="N", help="jobs worked on at a time (default: setting, 1)")
    parser.add_argument("--require-keys", action="store_true", default=None, help="refuse requests without an API key")
    parser.add_argument("--insecure", action="store_true", help="serve other machines without API keys")
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Serve until told to stop (SIGTERM, Ctrl-C).

    Raises:
        SettingsError: bad_setting, a folder for videos that is not there.
        LipgateError: the models or the data folder cannot be used.
    """
    try:
        import fastapi  # noqa: F401
        import python_multipart  # noqa: F401
        import uvicorn  # noqa: F401
    except ImportError:
        from lipgate.core.runtime import how_to_install

        print(f"error [api_missing]: the packages of the API are not installed. Run: {how_to_install('api')}", file=sys.stderr)
        return 1
    settings = _settings(arguments)
    if settings.upload_dir is not None and not settings.upload_dir.is_dir():
        raise SettingsError(f"There is no folder {settings.upload_dir} to take videos from (--upload-dir).")
    if not (settings.require_api_keys or arguments.insecure or _is_loopback(settings.host)):
        print(
            f"error [usage]: {settings.host} can be reached by other machines. Give --require-keys (see `lipgate keys add`), "
            "or --insecure where something else keeps strangers out.",
            file=sys.stderr,
        )
        return 2
    from lipgate.core.settings import settings as core_settings
    from lipgate.handlers.adapters.local.assembly import local_services
    from lipgate.handlers.http.app import create_app
    from lipgate.handlers.http.server import run as run_server
    from lipgate.handlers.logs import log_json

    log_json(core_settings().log_level)
    services = local_services(settings)
    if settings.preload_models:
        try:
            services.scorer.load()
        except LipgateError:
            services.close()
            raise
    _announce(settings.host, settings.port)
    return run_server(create_app(services, _guard(settings)), services, settings.host, settings.port)


def _guard(settings: "ServiceSettings") -> "Extension":
    """A key is what no page has. Where none is asked for, pages are kept out otherwise."""
    from starlette.middleware import Middleware

    from lipgate.handlers.http.app import Extension
    from lipgate.handlers.http.neighbours import Neighbours, neighbours

    if settings.require_api_keys:
        return Extension()
    return Extension(middleware=[Middleware(Neighbours, **neighbours(settings, only_here=_is_loopback(settings.host)))])


def _settings(arguments: argparse.Namespace) -> "ServiceSettings":
    from lipgate.handlers.settings import ServiceSettings, service_settings

    given = {
        "host": arguments.host,
        "port": arguments.port,
        "upload_dir": arguments.upload_dir,
        "data_dir": arguments.data_dir,
        "workers": arguments.workers,
        "require_api_keys": arguments.require_keys,
    }
    values = service_settings().model_dump() | {name: value for name, value in given.items() if value is not None}
    return ServiceSettings.model_validate(values)


def _announce(host: str, port: int) -> None:
    if sys.stderr.isatty():
        print(f"Lipgate on http://{host}:{port} - documentation at /docs, Ctrl-C ends it.", file=sys.stderr)


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
