"""`lipgate score`: the main job."""

import argparse
import json
import logging
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lipgate.desktop.commands.arguments import (
    add_calibration,
    add_models,
    add_offset_range,
    add_profile,
    add_tolerance,
    add_tracks,
)
from lipgate.desktop.outcome import FileOutcome
from lipgate.handlers.commands.arguments import number

RESOLVE_START = "01:00:00:00"
"""As `lipgate.desktop.exports.timecode` has it: help needs no package."""

FAILED_ON = 3
"""Exit status where `--fail-on` names a decision that was met."""

if TYPE_CHECKING:
    from lipgate.core.tolerance import Tolerance
    from lipgate.desktop.batch.run import Run

DESCRIPTION = "Measure whether face and voice belong together: offset, confidence, distance, a score and a decision."
EPILOG = f"""\
FILE may be a folder (all videos in it and below), a pattern in quotes, or - for a list on standard input, a name a line.
Exit status: 0 all were analysed, whatever the decisions; 1 a file could not be; 2 the command was not understood;
{FAILED_ON} all were analysed, and --fail-on names a decision that was met.
"""


def add_parser(commands: Any) -> None:
    """Add the command to the parser's sub-commands."""
    parser = commands.add_parser(
        "score", description=DESCRIPTION, epilog=EPILOG, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("files", nargs="+", metavar="FILE", help="video; any container and codec that ffmpeg reads")
    text = "sound that lies in a file of its own; of several videos a suffix such as .wav: the file of the same name beside each"
    parser.add_argument("--audio", metavar="X.wav", help=text)
    shown = parser.add_argument_group("results")
    shown.add_argument("--json", action="store_true", help="print one JSON document (a list for several files)")
    shown.add_argument("--format", choices=["json", "jsonl", "csv", "parquet"], help="print or write that instead of a table")
    text = "write results there (.json, .jsonl, .csv, .parquet); a run that was stopped goes on where it was, by content"
    shown.add_argument("--out", type=Path, metavar="OUT", help=text)
    shown.add_argument("--segments", action="store_true", help="list the timeline of each file too, a line a stretch")
    shown.add_argument("--report", type=Path, metavar="OUT.html", help="write a page with plots")
    shown.add_argument("--annotate", type=Path, metavar="OUT.mp4", help="write the video with boxes and confidence drawn in")
    text = "write the timeline: .edl (Resolve), .xml (Premiere), .otio, .vtt, .srt; .csv and .jsonl, also of several files"
    shown.add_argument("--markers", type=Path, metavar="OUT.edl", help=text)
    text = "timecode of the first frame in an EDL (default {}, where timelines of Resolve begin)"
    shown.add_argument("--start-timecode", default=RESOLVE_START, metavar="HH:MM:SS:FF", help=text.format(RESOLVE_START))
    shown.add_argument("--artifacts", type=Path, metavar="DIR", help="keep faces, scenes, tracks, crops and distances there")
    text = f"exit with {FAILED_ON} where a file is BLOCK (block), or BLOCK or NEXT (next)"
    shown.add_argument("--fail-on", choices=["block", "next"], help=text)
    parser.add_argument("--jobs", type=number(1, 512), default=1, metavar="N", help="score N files at a time (default 1)")
    loud = parser.add_mutually_exclusive_group()
    loud.add_argument("-v", "--verbose", action="store_true", help="say more: each file as it is done, and the log")
    loud.add_argument("-q", "--quiet", action="store_true", help="no progress and no summary; errors are told")
    add_models(parser)
    add_calibration(parser)
    add_profile(parser)
    add_tolerance(parser)
    add_offset_range(parser)
    add_tracks(parser)
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Score all files; 1 where one of them could not be analysed.

    Raises:
        LipgateError: the models cannot be loaded, no file is named, or an output cannot be written.
    """
    if problem := _usage(arguments):
        print(f"error [usage]: {problem}", file=sys.stderr)
        return 2
    from lipgate.core.settings import settings
    from lipgate.core.tolerance import tolerance
    from lipgate.desktop.batch.inputs import named, several
    from lipgate.desktop.batch.run import Run

    bounds = tolerance(arguments.tolerance or settings().tolerance)
    if arguments.verbose:
        logging.getLogger("lipgate").setLevel(logging.DEBUG)
    files = named(arguments.files)
    if arguments.annotate and len(files) > 1:
        print("error [usage]: --annotate takes one FILE", file=sys.stderr)
        return 2
    _check_outputs(arguments, files)
    run = Run(files, arguments, bounds)
    if arguments.out:
        run.write(arguments.out, _format(arguments) or "json")
    elif (kind := _format(arguments)) is not None:
        _stream(run, kind, as_list=several(arguments.files))
    else:
        _table(run, bounds, stretches=arguments.segments)
    run.write_pages(arguments)
    if run.failed:
        return 1
    return FAILED_ON if run.met(arguments.fail_on) else 0


def _usage(arguments: argparse.Namespace) -> str | None:
    """What does not go together."""
    if arguments.annotate and (arguments.audio or len(arguments.files) > 1):
        return "--annotate takes one FILE, with its own sound"
    if arguments.json and arguments.format not in (None, "json"):
        return "--json and --format say different things"
    if _format(arguments) == "parquet" and not arguments.out:
        return "--format parquet needs --out"
    if arguments.out and _format(arguments) is None:
        return "the name of --out must end in .json, .jsonl, .csv or .parquet, or --format be given"
    if arguments.audio and not arguments.audio.startswith(".") and len(arguments.files) > 1:
        return "--audio names the sound of one FILE; for several give a suffix, such as .wav"
    return None


def _format(arguments: argparse.Namespace) -> str | None:
    if arguments.format or arguments.json:
        return arguments.format or "json"
    if arguments.out and (suffix := arguments.out.suffix.lower().removeprefix(".")) in ("json", "jsonl", "csv", "parquet"):
        return suffix
    return None


def _check_outputs(arguments: argparse.Namespace, files: list[str]) -> None:
    """What cannot be written is said before an hour of scoring, and no result takes the place of a video."""
    from lipgate.core.errors import OutputError
    from lipgate.desktop.batch.formats import check_parquet
    from lipgate.desktop.exports.timecode import Timecode
    from lipgate.desktop.exports.writing import check_target
    from lipgate.desktop.output import check

    sources = [Path(file) for file in (*files, arguments.audio) if file and "\0" not in file]
    for target in filter(None, (arguments.out, arguments.report, arguments.markers, arguments.annotate)):
        try:
            check(target, *sources)
        except (OSError, ValueError) as error:
            raise OutputError("output_failed", f"{target} cannot be written: {error}.") from error
    if _format(arguments) == "parquet":
        check_parquet()
    rate = None
    if arguments.markers:
        check_target(arguments.markers, len(files))
        if arguments.markers.suffix.lower() == ".edl":
            rate = _rate(files[0])
    Timecode.of(rate, arguments.start_timecode)


def _rate(file: str) -> float | None:
    """Pictures a second of a video; None where it cannot be told, which scoring it will say."""
    from lipgate.core import media
    from lipgate.core.errors import LipgateError

    try:
        return media.probe(file).fps
    except (LipgateError, OSError, ValueError):
        return None


def _stream(run: "Run", kind: str, *, as_list: bool) -> None:
    from lipgate.desktop.batch.formats import text

    if kind == "json" and not as_list:
        print(json.dumps(next(run.documents()), indent=2, allow_nan=False))
        return
    for piece in text(run.documents(), kind):
        print(piece, end="", flush=kind == "jsonl")


def _table(run: "Run", bounds: "Tolerance | None", *, stretches: bool) -> None:
    from lipgate.desktop.tables import print_outcomes

    outcomes: Iterator[FileOutcome] = run.outcomes()
    print_outcomes(list(outcomes), stretches=stretches, tolerance=bounds)
