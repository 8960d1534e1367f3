"""The command line: one table of commands. Only the module of the command that runs is imported."""

import argparse
import contextlib
import errno
import io
import logging
import os
import signal
import sys
import threading
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import NoReturn

from lipgate.core import __version__
from lipgate.core.errors import LipgateError, SettingsError

_ALL_SETTINGS = ("core", "service", "aws", "kiosk")

DESCRIPTION = "Says whether the face in a video really speaks the words we hear."
EPILOG = """\
A positive offset means that the sound comes before the lips, a negative one that it comes late; one frame is 40 ms.
Exit status: 0 all done, 1 something failed (said on standard error), 2 the command was not understood.
"""

_UNWRITABLE = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO)
"""A file that a result goes to is watched where it is written; what else has no room is standard output."""


@dataclass(frozen=True)
class Command:
    """One line of `lipgate --help`."""

    name: str

    help: str

    module: str
    """Has `add_parser(commands)`, which adds the parser of that name and sets its default `run`."""

    settings: tuple[str, ...] = ("core",)
    """Parts of the settings it reads. A bad value in another part, such as another program's PORT, is not its affair."""


COMMANDS = (
    Command("score", "score videos", "lipgate.desktop.commands.score"),
    Command("watch", "score what falls into a folder", "lipgate.desktop.commands.watch"),
    Command("filter", "keep, shift or drop the clips of a data set", "lipgate.desktop.commands.filter"),
    Command("fix", "write a copy with the sound moved by the measured offset", "lipgate.desktop.commands.fix"),
    Command("evaluate", "measure how well clips of your own are told apart", "lipgate.desktop.commands.evaluate"),
    Command("calibrate", "fit score and thresholds to clips of your own", "lipgate.desktop.commands.calibrate"),
    Command("serve", "serve the HTTP API", "lipgate.handlers.commands.serve", ("core", "service")),
    Command("kiosk", "run a verification station", "lipgate.desktop.commands.kiosk", ("core", "service", "kiosk")),
    Command("history", "export and verify what a station remembers", "lipgate.desktop.commands.history", ("core", "kiosk")),
    Command("keys", "add, list and revoke API keys of serve", "lipgate.handlers.commands.keys", ("core", "service", "aws")),
    Command("weights", "list, fetch, import and verify network weights", "lipgate.desktop.commands.weights"),
    Command("settings", "list all settings", "lipgate.desktop.commands.settings", _ALL_SETTINGS),
    Command(
        "doctor", "say what this machine has and lacks, and what to do about it", "lipgate.desktop.commands.doctor", _ALL_SETTINGS
    ),
    Command("audit", "list licences of all that is installed, and known weaknesses", "lipgate.desktop.commands.audit"),
    Command("bench", "measure the speed of this machine", "lipgate.desktop.commands.bench"),
)


_FILES_ANYWHERE = ("score", "filter")
"""Commands whose files may stand on both sides of an option, as in `score A --audio .wav B`; argparse takes one side only."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command.

    Args:
        arguments: without the program's name; those of the process by default.

    Returns:
        The exit status.
    """
    _replace_closed_streams()
    for stream in (sys.stdout, sys.stderr):
        # File names may hold anything; what the terminal cannot show is spelled out.
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")
    try:
        with _ended_like_by_ctrl_c():
            try:
                return _run(*_parse(sys.argv[1:] if arguments is None else arguments))
            finally:  # --help ends by SystemExit
                sys.stdout.flush()
    except BrokenPipeError:  # `lipgate score ... | head` ends quietly, as other programs do
        _discard_output()
        return 1
    except OSError as error:
        if error.errno not in _UNWRITABLE:
            raise
        _discard_output()
        with contextlib.suppress(OSError):  # the disk may hold both
            print(f"error [output_failed]: The output cannot be written: {error.strerror}.", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130


def _replace_closed_streams() -> None:
    """Where a shell has closed one (`>&-`) Python has None, and the next file that is opened would take its number."""
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        if getattr(sys, name) is None:
            setattr(sys, name, Path(os.devnull).open(mode, encoding="utf-8"))  # noqa: SIM115 - for the rest of the process


def _discard_output() -> None:
    """What is still to be written would fail again when the interpreter ends."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


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


def _run(command: Command, arguments: argparse.Namespace) -> int:
    from lipgate.core.settings import settings
    from lipgate.desktop.every_setting import problems

    found = problems(command.settings)
    for problem in found:
        print(f"error [bad_setting]: {problem}", file=sys.stderr)
    if found:
        return 2
    level = settings().log_level.upper()
    logging.basicConfig(level=logging.WARNING, stream=sys.stderr)
    # Ours only: the ONNX exporter alone would fill screens at INFO.
    logging.getLogger("lipgate").setLevel(level if level in logging.getLevelNamesMapping() else "INFO")
    try:
        return arguments.run(arguments)
    except LipgateError as error:
        print(f"error [{error.code}]: {error.message}", file=sys.stderr)
        return 2 if isinstance(error, SettingsError) else 1


def _parse(arguments: Sequence[str]) -> tuple[Command, argparse.Namespace]:
    parser = argparse.ArgumentParser(
        prog="lipgate", description=DESCRIPTION, epilog=EPILOG, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--version", action="version", version=f"lipgate {__version__}")
    commands = parser.add_subparsers(title="commands", metavar="COMMAND", required=True)
    # No option before the command takes a value, so the first word is the command.
    wanted = next((word for word in arguments if not word.startswith("-")), None)
    for command in COMMANDS:
        if command.name == wanted:
            import_module(command.module).add_parser(commands)
        else:
            commands.add_parser(command.name, help=command.help)
    parsed, left = parser.parse_known_args(arguments or ["--help"])
    if left and wanted in _FILES_ANYWHERE and not any(word.startswith("-") for word in left):
        parsed.files += left
    elif left:
        parser.error(f"unrecognized arguments: {' '.join(left)}")
    return next(command for command in COMMANDS if command.name == wanted), parsed
