"""`lipgate score`: the main job."""

import argparse
import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
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
from lipgate.desktop.outcome import FileOutcome, outcome_of

RESOLVE_START = "01:00:00:00"
"""As `lipgate.desktop.exports.timecode` has it: help needs no package."""

if TYPE_CHECKING:
    from lipgate.core.models import Models
    from lipgate.core.tolerance import Tolerance


def add_parser(commands: Any) -> None:
    """Add the command to the parser's sub-commands."""
    parser = commands.add_parser(
        "score",
        description="Measure whether face and voice belong together: offset, confidence, distance, a score and a decision.",
    )
    parser.add_argument("files", nargs="+", metavar="FILE", help="video file; any container and codec that ffmpeg reads")
    parser.add_argument("--json", action="store_true", help="print one JSON document (a list for several files)")
    parser.add_argument("--segments", action="store_true", help="list the timeline of each file too, a line a stretch")
    add_models(parser)
    add_calibration(parser)
    add_profile(parser)
    parser.add_argument("--report", type=Path, metavar="OUT.html", help="write a page with plots")
    parser.add_argument("--annotate", type=Path, metavar="OUT.mp4", help="write the video with boxes and confidence drawn in")
    text = "write the timeline: .edl (Resolve), .xml (Premiere), .otio, .vtt, .srt; .csv and .jsonl, also of several files"
    parser.add_argument("--markers", type=Path, metavar="OUT.edl", help=text)
    text = "timecode of the first frame in an EDL (default {}, where timelines of Resolve begin)"
    parser.add_argument("--start-timecode", default=RESOLVE_START, metavar="HH:MM:SS:FF", help=text.format(RESOLVE_START))
    add_tolerance(parser)
    add_offset_range(parser)
    add_tracks(parser)
    parser.add_argument("--artifacts", type=Path, metavar="DIR", help="keep faces, scenes, tracks, crops and distances there")
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Score all files; 1 where one of them could not be analysed.

    Raises:
        LipgateError: the models cannot be loaded, or an output cannot be written.
    """
    if arguments.annotate and len(arguments.files) > 1:
        print("error [usage]: --annotate takes one FILE", file=sys.stderr)
        return 2
    from lipgate.core.models import Models
    from lipgate.core.settings import settings
    from lipgate.core.tolerance import tolerance
    from lipgate.desktop.exports.timecode import Timecode
    from lipgate.desktop.exports.writing import check_target, write_markers

    bounds = tolerance(arguments.tolerance or settings().tolerance)
    if arguments.markers:
        check_target(arguments.markers, len(arguments.files))
        Timecode.of(None, arguments.start_timecode)
    models = Models.load(
        arguments.model, arguments.detector, arguments.device, calibration=arguments.calibration, profile=arguments.profile
    )
    outcomes = [_score(number, file, models, arguments) for number, file in enumerate(arguments.files)]
    _print(outcomes, bounds, as_json=arguments.json, stretches=arguments.segments)
    reports = [(Path(outcome.file), outcome.report) for outcome in outcomes if outcome.report is not None]
    if arguments.report and reports:
        from lipgate.desktop.report.page import write_html

        write_html(reports, arguments.report)
    if arguments.markers and reports:
        write_markers(reports, arguments.markers, bounds, arguments.start_timecode)
    if arguments.annotate and reports:
        from lipgate.desktop.report.annotate import annotate

        annotate(reports[0][1], arguments.annotate)
    return 1 if any(outcome.error for outcome in outcomes) else 0


def _score(number: int, file: str, models: "Models", arguments: argparse.Namespace) -> FileOutcome:
    from lipgate.core.pipeline import Options

    artifacts = arguments.artifacts
    if artifacts and len(arguments.files) > 1:
        artifacts = artifacts / f"{number:03d}_{Path(file).stem}"
    with _progress(file) as on_progress:
        options = Options(
            vshift=arguments.offset_range,
            artifacts=artifacts,
            on_progress=on_progress,
            sound_track=arguments.audio_track,
            picture_track=arguments.video_track,
        )
        outcome = outcome_of(file, models, options)
    if outcome.error is not None:
        print(f"{file}: error [{outcome.error.code}]: {outcome.error.message}", file=sys.stderr)
    return outcome


@contextmanager
def _progress(file: str) -> Iterator[Any]:
    """A bar on standard error for whoever looks at a terminal; gone when the file is done."""
    if not sys.stderr.isatty():
        yield None
        return
    from rich.console import Console
    from rich.progress import Progress

    with Progress(console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task(Path(file).name, total=None)
        yield lambda done, total: bar.update(task, completed=done, total=total and max(done, total))


def _print(outcomes: list[FileOutcome], tolerance: "Tolerance | None", *, as_json: bool, stretches: bool) -> None:
    if as_json:
        documents = [outcome.to_dict(tolerance) for outcome in outcomes]
        print(json.dumps(documents[0] if len(documents) == 1 else documents, indent=2, allow_nan=False))
        return
    from lipgate.desktop.tables import print_outcomes

    print_outcomes(outcomes, stretches=stretches, tolerance=tolerance)
