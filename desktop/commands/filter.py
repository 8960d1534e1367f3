"""`lipgate filter`: keep, shift or drop the clips of a data set."""

import argparse
import sys
from pathlib import Path
from typing import Any

from lipgate.desktop.commands.arguments import add_models
from lipgate.handlers.commands.arguments import number

EPILOG = """\
OUT/clips holds what was kept: linked where the disk can, with the sound moved by stream copy where it was off. OUT/manifest.jsonl
has a line for each clip: action (keep, shift, drop), the rule that said so, offset, confidence, distance, score. A run that was
stopped goes on where it was. With --shard each part writes a manifest of its own.
"""


def add_parser(commands: Any) -> None:
    """Add the command to the parser's sub-commands."""
    parser = commands.add_parser(
        "filter",
        description="Clean a data set: keep clips in sync, move the sound of those that are off, drop the others.",
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("files", nargs="+", metavar="FILE", help="clips, folders, patterns in quotes, or - for a list")
    parser.add_argument("--out", type=Path, required=True, metavar="DIR", help="folder of the manifest and the clips")
    parser.add_argument("--list-only", action="store_true", help="write the manifest and no clips")
    rules = parser.add_argument_group("rules")
    text = "drop what has less (default: 3 with syncnet; with mini the score decides)"
    rules.add_argument("--min-confidence", type=float, metavar="C", help=text)
    rules.add_argument("--min-score", type=float, metavar="S", help="drop what has less (default: 0.5 with mini)")
    rules.add_argument("--max-offset", type=number(0, 15), default=6, metavar="N", help="drop what is off by more frames (6)")
    rules.add_argument("--no-shift", action="store_true", help="keep what is off by no more as it is")
    spread = parser.add_argument_group("many clips")
    spread.add_argument("--jobs", type=number(1, 512), default=1, metavar="N", help="clips at a time (default 1)")
    text = "part i of n (from 1) of the list; auto: as Slurm or AWS Batch number the jobs of an array"
    spread.add_argument("--shard", metavar="i/n", help=text)
    spread.add_argument("--ray", action="store_true", help="on a Ray cluster, with up to --jobs workers (extra: ray)")
    parser.add_argument("--parquet", action="store_true", help="write the manifest as Parquet, too (extra: parquet)")
    parser.add_argument("-q", "--quiet", action="store_true", help="no progress and no summary; errors are told")
    add_models(parser)
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Sift all clips; 1 where one of them could not be read or put in its place.

    Raises:
        LipgateError: no clip is named, the models cannot be loaded, or the manifest cannot be written.
    """
    from lipgate.core.scorer import Scorer
    from lipgate.desktop.batch.inputs import named
    from lipgate.desktop.dataset.rules import Rules
    from lipgate.desktop.dataset.run import CLIPS, Run, check_places, places
    from lipgate.desktop.dataset.shards import shard
    from lipgate.desktop.dataset.sift import Place, Sift

    part = shard(arguments.shard)
    scorer = Scorer(model=arguments.model, detector=arguments.detector, device=arguments.device)
    rules = Rules.for_model(
        scorer.check().sync.name,
        min_confidence=arguments.min_confidence,
        min_score=arguments.min_score,
        max_offset_frames=arguments.max_offset,
        shift=not arguments.no_shift,
    )
    files = list(dict.fromkeys(named(arguments.files)))
    clips = None if arguments.list_only else arguments.out / CLIPS
    place = Place(clips, places(files, arguments.files))
    check_places(place, arguments.out)
    sift = Sift(scorer, rules, place)
    sifting = Run(part.of(files), arguments.out, sift, part, parquet=arguments.parquet, quiet=arguments.quiet)
    sifting.go(arguments.jobs, ray=arguments.ray)
    if not arguments.quiet:
        counted = ", ".join(f"{count} {name}" for name, count in sorted(sifting.counts.items()))
        print(f"{sifting.manifest}: {counted or 'no clips'}", file=sys.stderr)
    return 1 if sifting.counts["failed"] else 0
