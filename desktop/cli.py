"""The command line: `lipgate score|fix|evaluate|calibrate|serve|keys|weights|settings|bench`."""

import argparse
import contextlib
import io
import logging
import os
import signal
import sys
import threading
from collections.abc import Iterator, Sequence
from typing import NoReturn

from core import __version__
from core.errors import LipgateError

DESCRIPTION = "Says whether the face in a video really speaks the words we hear."
EPILOG = """\
A positive offset means that the sound comes before the lips, a negative one that it comes late; one frame is 40 ms.
Exit status: 0 all done, 1 something failed (said on standard error), 2 the command was not understood.
"""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command.

    Args:
        arguments: without the program's name; those of the process by default.

    Returns:
        The exit status.
    """
    # A broken pipe (`lipgate score ... | head`) ends the program quietly, as it does others.
    for stream in (sys.stdout, sys.stderr):
        # File names may hold anything; what the terminal cannot show is spelled out.
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")
    try:
        with _ended_like_by_ctrl_c():
            return _run(_parser().parse_args(arguments))
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    except KeyboardInterrupt:
        return 130


@contextlib.contextmanager
def _ended_like_by_ctrl_c() -> Iterator[None]:
    """On SIGTERM tidy up before the end: ffmpeg runs in a session of its own, where no signal to this program arrives."""

    def end(number: int, _: object) -> NoReturn:
        raise SystemExit(128 + number)

    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGTERM, end)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


def _run(arguments: argparse.Namespace) -> int:
    from pydantic import ValidationError

    from core.settings import settings
    from handlers.settings import service_settings

    try:
        level = settings().log_level.upper()
        service_settings()
    except ValidationError as error:
        for problem in error.errors():
            print(f"error [bad_setting]: {'.'.join(map(str, problem['loc']))}: {problem['msg']}", file=sys.stderr)
        return 2
    logging.basicConfig(level=logging.WARNING, stream=sys.stderr)
    for package in ("core", "desktop", "handlers"):
        # Ours only: the ONNX exporter alone would fill screens at INFO.
        logging.getLogger(package).setLevel(level if level in logging.getLevelNamesMapping() else "INFO")
    try:
        return arguments.run(arguments)
    except LipgateError as error:
        print(f"error [{error.code}]: {error.message}", file=sys.stderr)
        return 1


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="lipgate", description=DESCRIPTION, epilog=EPILOG, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--version", action="version", version=f"lipgate {__version__}")
    commands = parser.add_subparsers(title="commands", metavar="COMMAND", required=True)

    from desktop import (
        bench_command,
        calibrate_command,
        evaluate_command,
        fix_command,
        history_command,
        kiosk_command,
        score_command,
        settings_command,
        weights_command,
    )
    from handlers import keys_command, serve_command

    for command in (
        score_command,
        fix_command,
        evaluate_command,
        calibrate_command,
        serve_command,
        kiosk_command,
        history_command,
        keys_command,
        weights_command,
        settings_command,
        bench_command,
    ):
        command.add_parser(commands)
    return parser
