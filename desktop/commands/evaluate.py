"""`lipgate evaluate`: how well the score tells the clips of a manifest apart."""

import argparse
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lipgate.desktop.commands.arguments import add_calibration, add_models, add_offset_range, add_profile
from lipgate.desktop.output import whole_file
from lipgate.handlers.commands.arguments import number

if TYPE_CHECKING:
    from lipgate.core.evaluation.results import Result
    from lipgate.core.models import Models

DESCRIPTION = (
    "Score the clips of a manifest (CSV with the columns clip and label: genuine, fake or shifted; and person, species, session, "
    "attempt, device and group where known) and tell error rates in the terms of ISO/IEC 30107-3."
)


def add_parser(commands: Any) -> None:
    """Add the command to the parser's sub-commands."""
    parser = commands.add_parser("evaluate", description=DESCRIPTION)
    add_evaluation(parser)
    add_calibration(parser)
    add_profile(parser)
    text = "attempts of a transaction that count (default 3, as at the station)"
    parser.add_argument("--attempts", type=number(1, 10), default=3, metavar="N", help=text)
    parser.add_argument("--json", type=Path, metavar="OUT.json", help="write all figures and what became of each clip")
    parser.add_argument("--html", type=Path, metavar="OUT.html", help="write a page with plots")
    parser.set_defaults(run=run)


def add_evaluation(parser: argparse.ArgumentParser) -> None:
    """What `evaluate` and `calibrate` share."""
    parser.add_argument("manifest", type=Path, metavar="MANIFEST", help="CSV file; clips are relative to its folder")
    add_models(parser)
    add_offset_range(parser)
    text = "keep what was measured and decided there, and take from there what is known: a stopped run goes on"
    parser.add_argument("--scores", type=Path, metavar="FILE.jsonl", help=text)
    parser.add_argument("--seed", type=int, default=0, help="of the random resamples (default 0)")


def run(arguments: argparse.Namespace) -> int:
    """Evaluate; 1 where a clip failed.

    Raises:
        LipgateError: manifest_invalid, or the models cannot be loaded, or an output cannot be written.
    """
    from lipgate.core.evaluation.manifest import read_manifest
    from lipgate.core.evaluation.sample import Sample
    from lipgate.core.models import Models
    from lipgate.desktop.evaluation.console import print_summary
    from lipgate.desktop.evaluation.header import Header
    from lipgate.desktop.evaluation.summary import summarise

    entries = read_manifest(arguments.manifest)
    models = Models.load(
        arguments.model, arguments.detector, arguments.device, calibration=arguments.calibration, profile=arguments.profile
    )
    results = scored(arguments, entries, models)
    header = Header.of(models, arguments.manifest, arguments.attempts)
    summary = summarise(Sample.of(results, models.calibration, models.limits), arguments.seed, header=header)
    print_summary(summary)
    sources = [arguments.manifest, *(entry.clip for entry in entries)]
    if arguments.json:
        with whole_file(arguments.json, *sources) as part:
            part.write_text(summary.to_json(), encoding="utf-8")
    if arguments.html:
        from lipgate.desktop.evaluation.page import page

        with whole_file(arguments.html, *sources) as part:
            part.write_text(page(summary, header), encoding="utf-8")
    return 1 if summary.sample.failed else 0


def scored(arguments: argparse.Namespace, entries: Any, models: "Models") -> "list[Result]":
    """Score the clips, or take them from `--scores`.

    Raises:
        OutputError: output_failed, where results cannot be kept.
    """
    from lipgate.core.evaluation.scores_file import ScoresFile, conditions
    from lipgate.desktop.evaluation.scoring import score_clips

    vshift = arguments.offset_range
    kept = ScoresFile(arguments.scores, conditions(models, vshift)) if arguments.scores else None
    return score_clips(entries, models, vshift, kept)
