"""`lipgate fix`: move the sound by the measured offset."""

import argparse
from pathlib import Path
from typing import Any


def add_parser(commands: Any) -> None:
    """Add the command to the parser's sub-commands."""
    parser = commands.add_parser(
        "fix",
        help="write a copy with the sound moved by the measured offset",
        description="Measure the offset of IN and write OUT with the sound moved by it. Nothing is encoded again.",
    )
    parser.add_argument("source", type=Path, metavar="IN")
    parser.add_argument("target", type=Path, metavar="OUT")
    parser.add_argument("--model", choices=["auto", "mini", "syncnet"], help="sync model that measures")
    parser.add_argument("--detector", choices=["auto", "yunet", "s3fd"], help="face detector")
    parser.add_argument("--device", choices=["auto", "cpu", "cuda"], help="where the networks run")
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Measure, then re-mux.

    Raises:
        LipgateError: the file cannot be analysed or judged, or OUT cannot be written.
    """
    from core.models import Models
    from core.pipeline import score
    from desktop.fix import fix, plan
    from desktop.tables import say_offset

    report = score(arguments.source, Models.load(arguments.model, arguments.detector, arguments.device))
    offset = plan(report)
    fix(arguments.source, arguments.target, offset)
    print(f"{arguments.source}: {say_offset(offset)}; {'copied' if offset == 0 else 'moved'} to {arguments.target}")
    return 0
