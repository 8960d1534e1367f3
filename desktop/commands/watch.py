"""`lipgate watch`: score what falls into a folder."""

import argparse
import json
import sys
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lipgate.core.errors import InputError
from lipgate.desktop.commands.arguments import add_calibration, add_models, add_offset_range, add_profile

if TYPE_CHECKING:
    from lipgate.desktop.outcome import FileOutcome
    from lipgate.desktop.watch.folder import Arrival

SETTLE_SECONDS = 2.0
INTERVAL_SECONDS = 1.0


def add_parser(commands: Any) -> None:
    """Add the command to the parser's sub-commands."""
    parser = commands.add_parser(
        "watch",
        description="Score every file that is put into FOLDER, once it has stopped growing. The result is NAME.json beside it, "
        "as `score --json` prints it; a file that has one is not scored again unless it changes. Hidden files, links, names "
        "such as NAME.part and files that hold no video are left alone; a broken file with the name of a video is not.",
    )
    parser.add_argument("folder", type=Path, metavar="FOLDER", help="its sub-folders are not looked at")
    parser.add_argument("--results", type=Path, metavar="DIR", help="put results there (default: beside the videos)")
    parser.add_argument("--report", action="store_true", help="write a page with plots too, NAME.html")
    parser.add_argument("--once", action="store_true", help="score what is there and end; exit status 1 where a file failed")
    parser.add_argument("--json", action="store_true", help="print each result as one line of JSON")
    text = "a file is complete when it has not changed for so long (default {:g}); longer for slow uploads"
    parser.add_argument("--settle", type=_seconds, default=SETTLE_SECONDS, metavar="S", help=text.format(SETTLE_SECONDS))
    text = "seconds between two looks (default {:g})"
    parser.add_argument("--interval", type=_seconds, default=INTERVAL_SECONDS, metavar="S", help=text.format(INTERVAL_SECONDS))
    add_models(parser)
    add_calibration(parser)
    add_profile(parser)
    add_offset_range(parser)
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Watch until told to stop (SIGTERM, Ctrl-C), which is a good end: a file that was being scored is scored at the next start.

    Raises:
        LipgateError: the folder is not there, the models cannot be loaded, or the folder for results cannot be made.
    """
    if not arguments.folder.is_dir():
        raise InputError("file_not_found", f"There is no folder {arguments.folder}.")
    from lipgate.core.media import ffmpeg
    from lipgate.core.models import Models
    from lipgate.core.pipeline import Options
    from lipgate.desktop.outcome import outcome_of
    from lipgate.desktop.tables import site_in_force
    from lipgate.desktop.watch.folder import WatchedFolder
    from lipgate.desktop.watch.loop import Watcher
    from lipgate.desktop.watch.results import Results, results_folder

    ffmpeg.program()  # that it is missing is not the fault of a file
    models = Models.load(
        arguments.model, arguments.detector, arguments.device, calibration=arguments.calibration, profile=arguments.profile
    )
    if said := site_in_force(models.site, models.limits):
        print(f"watch: {said}", file=sys.stderr, flush=True)
    options = Options(vshift=arguments.offset_range)
    results = Results(results_folder(arguments.results, arguments.folder), arguments.report)
    results.sweep()
    watcher = Watcher(
        WatchedFolder(arguments.folder, arguments.settle),
        results,
        score=lambda path: outcome_of(path, models, options),
        tell=_tell_json if arguments.json else _tell,
        complain=lambda text: print(f"watch: {text}", file=sys.stderr, flush=True),
    )
    stop = threading.Event()
    try:
        if arguments.once:
            return 0 if watcher.once(stop, arguments.settle) else 1
        watcher.run(stop, max(0.05, arguments.interval))
    except OSError as error:
        if error.filename is None:  # that of standard output, which is no folder
            raise
        raise InputError("file_unreadable", f"The folder {arguments.folder} cannot be read: {error.strerror}.") from error
    except (KeyboardInterrupt, SystemExit):
        if arguments.once:
            raise
    return 0


def _tell_json(outcome: "FileOutcome", arrival: "Arrival") -> None:
    from lipgate.desktop.watch.results import document

    print(json.dumps(document(outcome, arrival), allow_nan=False), flush=True)


def _tell(outcome: "FileOutcome", arrival: "Arrival") -> None:
    from lipgate.desktop.tables import MATCH_SCORE, say_offset

    report = outcome.report
    if report is None:
        assert outcome.error is not None  # noqa: S101
        said = f"error [{outcome.error.code}]: {outcome.error.message}"
    elif report.verdict.speaker is None or report.verdict.speaker.sync is None:
        said = f"{report.decision} {report.reason.text if report.reason else ''} [{report.reason}]"
    else:
        score, sync = report.verdict.score or 0.0, report.verdict.speaker.sync
        words = say_offset(sync.offset_frames) if score >= MATCH_SCORE else "no shift fits"
        if report.reason is not None:
            words = f"{report.reason.text} [{report.reason}]"
        said = f"{report.decision} score {score:.3f}, {words}"
    print(f"{_shown(arrival.path.name)}: {_shown(said)}", flush=True)


def _shown(text: str) -> str:
    """On one line, whatever a name holds."""
    return "".join(char if char.isprintable() else char.encode("unicode_escape", "surrogatepass").decode() for char in text)


def _seconds(text: str) -> float:
    value = float(text)
    if not 0 <= value <= 24 * 3600:
        raise argparse.ArgumentTypeError("must be 0 to 86400 seconds")
    return value
