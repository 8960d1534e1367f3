"""`lipgate fix`: move the sound by the measured offset."""

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lipgate.core.errors import NotJudgedError, OutputError
from lipgate.desktop.commands.arguments import add_models, add_offset_range, add_tracks

if TYPE_CHECKING:
    from lipgate.core.models import Models
    from lipgate.core.report import Report
    from lipgate.desktop.fix import Fixed


def add_parser(commands: Any) -> None:
    """Add the command to the parser's sub-commands."""
    parser = commands.add_parser(
        "fix",
        description="Measure the offset of IN and write OUT with the sound moved by it. Nothing is encoded again. OUT is scored "
        "before it appears: where the sound is not in time then, there is no OUT.",
    )
    parser.add_argument("source", type=Path, metavar="IN")
    parser.add_argument("target", type=Path, metavar="OUT")
    add_models(parser)
    add_offset_range(parser)
    add_tracks(parser)
    parser.add_argument(
        "--force", action="store_true", help="move the sound also where one shift does not put it right, and keep OUT"
    )
    parser.add_argument("--dry-run", action="store_true", help="say what would be done and write nothing")
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Measure, then re-mux.

    Raises:
        LipgateError: the file cannot be analysed or judged, no shift puts it right, OUT cannot be written, or it is no better.
    """
    from lipgate.core.models import Models
    from lipgate.core.pipeline import Options, score
    from lipgate.desktop.fix import doubt, plan
    from lipgate.desktop.tables import say_offset

    models = Models.load(arguments.model, arguments.detector, arguments.device)
    tracks = {"sound_track": arguments.audio_track, "picture_track": arguments.video_track}
    report = score(arguments.source, models, Options(vshift=arguments.offset_range, **tracks))
    offset = plan(report)
    if warning := doubt(report):
        if not arguments.force:
            raise NotJudgedError(f"{warning} Nothing was written; --force moves the sound all the same.")
        print(f"warning: {warning}", file=sys.stderr)
    if arguments.dry_run:
        print(f"{arguments.source}: {say_offset(offset)}. Nothing was written.")
        return 0
    fixed = _proven(arguments, report, models, offset)
    print(f"{arguments.source}: {say_offset(offset)}. {fixed.text}")
    return 0


def _proven(arguments: argparse.Namespace, report: "Report", models: "Models", offset: int) -> "Fixed":
    """Write the copy, and score it before it gets its name."""
    from lipgate.core.pipeline import Options, score
    from lipgate.desktop.fix import failure, fix
    from lipgate.desktop.output import whole_file

    with whole_file(arguments.target, arguments.source) as part:
        fixed = fix(arguments.source, part, offset)
        if fixed.moved_ms:
            problem = failure(report, score(part, models, Options(vshift=arguments.offset_range)))
            if problem and not arguments.force:
                raise OutputError("not_repaired", f"{problem} There is no {arguments.target.name}; --force keeps such a copy.")
            if problem:
                print(f"warning: {problem}", file=sys.stderr)
    return fixed
