"""`lipgate kiosk`: the verification station."""

import argparse
import contextlib
import getpass
import socket
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lipgate.core.errors import LipgateError
from lipgate.handlers.commands.arguments import port

if TYPE_CHECKING:
    from lipgate.desktop.kiosk.settings import KioskSettings

HOST = "127.0.0.1"

LOCK = "lock"
"""File in the station's folder. It stays; what counts is whether a process holds it."""


def add_parser(commands: Any) -> None:
    """Add the command to the parser's sub-commands."""
    parser = commands.add_parser(
        "kiosk",
        description="Serve the verification station to a browser on this machine. Prints the link that opens it, once.",
    )
    parser.add_argument("--language", choices=["es", "en"], help="language it begins with (default: setting, es)")
    parser.add_argument("--port", type=port, help="port on 127.0.0.1 (default: setting, any)")
    parser.add_argument("--data-dir", type=Path, metavar="DIR", help="folder of sessions, audit log and kept recordings")
    opening = parser.add_mutually_exclusive_group()
    opening.add_argument("--open", action="store_true", help="open it in this machine's browser")
    opening.add_argument(
        "--fullscreen", action="store_true", help="open it in a Chromium that fills the screen, and keep it open"
    )
    parser.add_argument("--set-pin", action="store_true", help="set the operator's PIN, asked for or read from standard input")
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Serve until told to stop (SIGTERM, Ctrl-C).

    Raises:
        LipgateError: the models or the data folder cannot be used, or another station uses it.
    """
    settings = _settings(arguments)
    if arguments.set_pin:
        return _set_pin(settings)
    try:
        import fastapi  # noqa: F401
        import python_multipart  # noqa: F401
        import uvicorn  # noqa: F401
    except ImportError:
        from lipgate.core.runtime import how_to_install

        advice = how_to_install("kiosk")
        print(f"error [kiosk_missing]: the packages of the kiosk are not installed. Run: {advice}", file=sys.stderr)
        return 1
    try:
        listener = socket.create_server((HOST, settings.port), backlog=128)
    except OSError as error:
        raise LipgateError("port_taken", f"Port {settings.port} of {HOST} cannot be used: {error.strerror}.") from error
    with listener, _alone(settings.dir):
        return _serve(settings, listener, arguments)


def _serve(settings: "KioskSettings", listener: socket.socket, arguments: argparse.Namespace) -> int:
    from lipgate.core.settings import settings as core_settings
    from lipgate.desktop.kiosk.app import assembled
    from lipgate.desktop.kiosk.browser import Opener
    from lipgate.desktop.kiosk.guard import Doorkeeper
    from lipgate.handlers.http.server import run as run_server
    from lipgate.handlers.logs import log_json

    log_json(core_settings().log_level)
    authority = f"{HOST}:{listener.getsockname()[1]}"
    doorkeeper = Doorkeeper()
    with assembled(settings, doorkeeper, authority) as kiosk:
        kiosk.services.scorer.load()
        link = lambda: f"http://{authority}/?token={doorkeeper.new_token()}"  # noqa: E731
        with Opener(link, fullscreen=arguments.fullscreen, default=arguments.open, profile=settings.dir / "browser"):
            return run_server(kiosk.app, kiosk.services, HOST, settings.port, listener)


@contextlib.contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """Keep other stations out of the folder while the block runs: each would take the other's person for one who left.

    Raises:
        LipgateError: station_running.
        UnavailableError: storage_unavailable.
    """
    from lipgate.desktop.kiosk.routes.common import disk
    from lipgate.handlers.adapters.local.process_folder import lock_file

    with disk():
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        lock = (folder / LOCK).open("ab")
    with lock:
        try:
            lock_file(lock)
        except OSError as error:
            raise LipgateError(
                "station_running", f"A station runs in {folder} already. End it, or give this one another --data-dir."
            ) from error
        yield


def _settings(arguments: argparse.Namespace) -> "KioskSettings":
    from lipgate.desktop.kiosk.settings import KioskSettings, kiosk_settings

    given = {"language": arguments.language, "port": arguments.port, "dir": arguments.data_dir}
    return KioskSettings(
        **{**kiosk_settings().model_dump(), **{name: value for name, value in given.items() if value is not None}}
    )


def _set_pin(settings: "KioskSettings") -> int:
    from lipgate.desktop.kiosk.pin import set_pin
    from lipgate.desktop.kiosk.store import DATABASE, Store

    pin = getpass.getpass("New PIN: ") if sys.stdin.isatty() else sys.stdin.readline().strip()
    if sys.stdin.isatty() and getpass.getpass("Again: ") != pin:
        raise LipgateError("pin_refused", "The two PINs differ. Nothing was changed.")
    try:
        set_pin(Store(settings.dir / DATABASE), pin, time.time())
    except ValueError as error:
        raise LipgateError("pin_refused", str(error)) from error
    print("The operator's PIN is set.", file=sys.stderr)
    return 0
