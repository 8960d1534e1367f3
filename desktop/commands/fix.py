"""`lipgate fix`: put the sound right by what was measured."""

import argparse
import sys
from contextlib import nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lipgate.core.errors import NotJudgedError, OutputError
from lipgate.desktop.commands.arguments import add_models, add_offset_range, add_tracks

if TYPE_CHECKING:
    from lipgate.core.models import Models
    from lipgate.core.report import Report
    from lipgate.desktop.fix import Fixed
    from lipgate.desktop.repair import Repair


def add_parser(commands: Any) -> None:
    """Add the command to the parser's sub-commands."""
    parser = commands.add_parser(
        "fix",
        description="Measure the offset of IN and write OUT with the sound moved by it; nothing is encoded again. Where it "
        "steps or drifts, the sound is cut and moved piece by piece, or played slower or faster, and encoded again; this is said "
        "before it is done. OUT is scored before it appears: where the sound is not in time then, there is no OUT.",
    )
    parser.add_argument("source", type=Path, metavar="IN")
    parser.add_argument("target", type=Path, metavar="OUT")
    text = "sound that lies beside IN, put right in the place of its own; with OUT.wav, .flac or .m4a it stays beside"
    parser.add_argument("--audio", type=Path, metavar="X.wav", help=text)
    add_models(parser)
    add_offset_range(parser)
    add_tracks(parser)
    parser.add_argument("--force", action="store_true", help="move the sound also where nothing puts it right, and keep OUT")
    parser.add_argument("--dry-run", action="store_true", help="say what would be done and write nothing")
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Measure, then write.

    Raises:
        LipgateError: the file cannot be analysed or judged, nothing puts it right, OUT cannot be written, or it is no better.
    """
    from lipgate.desktop.batch.beside import joined
    from lipgate.desktop.output import check

    if arguments.audio is None:
        return _run(arguments, arguments.source)
    check(arguments.target, arguments.source, arguments.audio)
    with joined(arguments.source, arguments.audio) as both:
        return _run(arguments, both)


def _run(arguments: argparse.Namespace, source: Path) -> int:
    from lipgate.core.models import Models
    from lipgate.core.pipeline import Options, score
    from lipgate.desktop.fix import check_target, doubt, plan
    from lipgate.desktop.repair import at_pauses, repair_of
    from lipgate.desktop.tables import say_offset

    check_target(arguments.target, alone=arguments.audio is not None)
    models = Models.load(arguments.model, arguments.detector, arguments.device)
    tracks = {"sound_track": arguments.audio_track, "picture_track": arguments.video_track}
    report = score(source, models, Options(vshift=arguments.offset_range, **tracks))
    offset, repair = plan(report), repair_of(report)
    if warning := doubt(report):
        if not arguments.force:
            raise NotJudgedError(f"{warning} Nothing was written; --force moves the sound all the same.")
        print(f"warning: {warning}", file=sys.stderr)
    if repair is None:
        measured = say_offset(offset)
    else:
        repair = at_pauses(repair, report.clip)
        measured = f"{repair.text}; the sound is encoded again"
    if arguments.dry_run:
        print(f"{arguments.source}: {measured}. Nothing was written.")
        return 0
    if repair:
        print(f"{arguments.source}: {measured}.", file=sys.stderr)
    fixed = _proven(arguments, source, report, models, repair)
    print(f"{arguments.source}: {fixed.text}" if repair else f"{arguments.source}: {measured}. {fixed.text}")
    return 0


def _proven(arguments: argparse.Namespace, source: Path, report: "Report", models: "Models", repair: "Repair | None") -> "Fixed":
    """Write the copy, and score it before it gets its name."""
    from lipgate.core.pipeline import Options, score
    from lipgate.desktop.batch.beside import joined
    from lipgate.desktop.fix import ALONE, failure, fix, fix_alone, plan
    from lipgate.desktop.output import whole_file

    with whole_file(arguments.target, arguments.source) as part:
        if alone := part.suffix.lower() in ALONE:
            fixed = fix_alone(arguments.audio, part, plan(report), repair)
        else:
            fixed = fix(source, part, plan(report), repair)
        if fixed.moved_ms or fixed.repair:
            with joined(arguments.source, part) if alone else nullcontext(part) as heard:
                problem = failure(report, score(heard, models, Options(vshift=arguments.offset_range)))
            if problem and not arguments.force:
                raise OutputError("not_repaired", f"{problem} There is no {arguments.target.name}; --force keeps such a copy.")
            if problem:
                print(f"warning: {problem}", file=sys.stderr)
    return fixed
