"""`lipgate bench`: how fast this machine scores, for the README and for whoever buys the machine."""

import argparse
import sys
from pathlib import Path
from typing import Any

from lipgate.desktop.commands.arguments import add_models


def add_parser(commands: Any) -> None:
    """Add the command to the parser's sub-commands."""
    parser = commands.add_parser("bench", description="Score clips several times and time it.")
    parser.add_argument("files", nargs="*", type=Path, metavar="FILE", help="videos (default: the samples)")
    parser.add_argument("--rounds", type=int, default=5, help="times each file is scored (default 5)")
    add_models(parser)
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Measure and print a table.

    Raises:
        LipgateError: as scoring does.
    """
    from lipgate.desktop.speed import measure, print_table

    files = arguments.files or sorted((Path(__file__).resolve().parents[2] / "samples").glob("*.mp4"))
    if not files:
        print("error [usage]: this program carries no samples; name a video", file=sys.stderr)
        return 2
    print_table(measure(files, max(1, arguments.rounds), arguments.model, arguments.detector, arguments.device))
    return 0
