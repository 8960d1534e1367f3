"""`lipgate doctor`: what this machine has and lacks, and what to do about it."""

import argparse
import json
from dataclasses import asdict
from typing import Any

from lipgate.desktop.doctor import Check, checks, fit_to_score

STYLES = {"ok": "green", "warn": "yellow", "fail": "bold red"}


def add_parser(commands: Any) -> None:
    """Add the command to the parser's sub-commands."""
    parser = commands.add_parser(
        "doctor",
        description="Look at program, ffmpeg, weights, networks, GPU, camera, microphone, browser, folders and clock, and say "
        "what to do about what is amiss. Exit status 1 where nothing can be scored.",
    )
    parser.add_argument("--json", action="store_true", help="print a JSON list")
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Check and tell; 1 where something that a score needs fails."""
    found = [*_own_weights(), *checks()]
    if arguments.json:
        print(json.dumps([asdict(check) for check in found], indent=2))
    else:
        _print(found)
    return 0 if fit_to_score(found) else 1


def _own_weights() -> list[Check]:
    """Install what MODEL_PATH and DETECTOR_PATH name, as a score would; empty where nothing stands against it."""
    from lipgate.core.errors import LipgateError
    from lipgate.core.settings import settings
    from lipgate.core.weights.at_start import install_named

    try:
        install_named(settings())
    except LipgateError as error:
        advice = "Correct what the message names, or the settings."
        return [Check("own weights", "fail", f"[{error.code}] {error.message}", advice)]
    return []


def _print(found: list[Check]) -> None:
    from rich.table import Table
    from rich.text import Text

    from lipgate.handlers.commands.printing import show

    table = Table(box=None, padding=(0, 2, 0, 0), show_header=False)
    for column in range(3):
        table.add_column(no_wrap=column < 2, overflow="fold")
    for check in found:
        table.add_row(Text(check.name), Text(check.state, STYLES[check.state]), Text(check.found))
        if check.advice:
            table.add_row("", "", Text(f"-> {check.advice}", "italic"))
    show(table)
