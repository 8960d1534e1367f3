"""`lipgate calibrate`: fit score and thresholds to clips of a site."""

import argparse
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lipgate.desktop.commands.evaluate import add_evaluation, scored
from lipgate.desktop.output import whole_file

if TYPE_CHECKING:
    from collections.abc import Collection

    from lipgate.core.evaluation.recalibration import Recalibration
    from lipgate.core.evaluation.sample import Sample
    from lipgate.core.report import ModelInfo
    from lipgate.core.site_calibration import SiteCalibration


def add_parser(commands: Any) -> None:
    """Add the command to the parser's sub-commands."""
    parser = commands.add_parser(
        "calibrate",
        description="Make a calibration file from a manifest as `evaluate` takes it. `--calibration FILE` or LIPGATE_CALIBRATION "
        "then puts it to use.",
    )
    add_evaluation(parser)
    parser.add_argument(
        "--target-far", type=_share, required=True, metavar="SHARE", help="largest share of others that may be accepted: 0.05"
    )
    parser.add_argument("--force", action="store_true", help="write the file also where that share cannot be promised")
    parser.add_argument("--out", type=Path, default=Path("calibration.json"), metavar="FILE", help="default: calibration.json")
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Fit and write the file; 1 where a clip failed. Without a promise nothing is written unless forced.

    Raises:
        LipgateError: manifest_invalid, too_little_data, calibration_impossible, not_promised; the models cannot be loaded; an
            output cannot be written.
    """
    from lipgate.core.errors import CalibrationError
    from lipgate.core.evaluation.manifest import read_manifest
    from lipgate.core.evaluation.recalibration import recalibrate
    from lipgate.core.evaluation.sample import Sample
    from lipgate.core.models import Models
    from lipgate.core.settings import settings
    from lipgate.desktop.evaluation.console import failure

    entries = read_manifest(arguments.manifest)
    # The embedded calibration is fitted anew, whatever file is in use.
    options = settings().model_copy(update={"calibration": None})
    models = Models.load(arguments.model, arguments.detector, arguments.device, options=options)
    sample = Sample.of(scored(arguments, entries, models), models.calibration, models.limits)
    found = recalibrate(sample, arguments.target_far, arguments.seed)
    content = site_calibration(found, sample, models.sync_info)
    _print(content, sample, found.unmoved)
    for result in sample.failed:
        print(f"left out: {failure(result)}", file=sys.stderr)
    if not found.promised and not arguments.force:
        raise CalibrationError(
            "not_promised",
            f"{arguments.out} was not written: the clips do not bear out what it would be used for. Add clips, or take a larger "
            "--target-far. --force writes it all the same, for trials.",
        )
    with whole_file(arguments.out, arguments.manifest, *(entry.clip for entry in entries)) as part:
        part.write_text(content.to_json(), encoding="utf-8")
    _print_use(arguments.out, promised=found.promised)
    return 1 if sample.failed else 0


def site_calibration(found: "Recalibration", sample: "Sample", model: "ModelInfo") -> "SiteCalibration":
    """The content of a calibration file."""
    from dataclasses import asdict

    from lipgate.core.evaluation.manifest import Label
    from lipgate.core.site_calibration import Evidence, Fit, FittedModel, SiteCalibration
    from lipgate.desktop.evaluation.wording import promise

    worst = found.promises[0].rate
    evidence = Evidence(
        **{str(label): int((sample.labels == label).sum()) for label in Label},
        persons=int(sample.units.max()) + 1 if sample.has_persons else None,
        far=worst.value,
        far_interval=(worst.low, worst.high),
        frr=found.frr.value,
        frr_interval=(found.frr.low, found.frr.high),
        promised=found.promised,
        in_words=promise(found, by_person=sample.has_persons),
    )
    return SiteCalibration(
        layout=1,
        made=datetime.now(UTC).astimezone().date(),
        model=FittedModel(name=model.name, version=model.version, sha256=model.sha256),
        calibration=Fit(**asdict(found.calibration)),
        allow_threshold=found.allow_threshold,
        next_threshold=found.next_threshold,
        target_far=found.target_far,
        evidence=evidence,
    )


def _print(content: "SiteCalibration", sample: "Sample", unmoved: "Collection[str]") -> None:
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    from lipgate.core.settings import settings
    from lipgate.handlers.commands.printing import PIPE_COLUMNS

    old = sample.calibration
    table = Table(box=None, padding=(0, 2, 0, 0), header_style="dim")
    table.add_column("")
    for name in ("before", "now"):
        table.add_column(name, justify="right")
    table.add_column("")
    rows = [
        ("midpoint", old.midpoint, content.calibration.midpoint, ""),
        ("scale", old.scale, content.calibration.scale, ""),
        *[
            (
                f"{name} from a score of",
                getattr(sample.limits, field),
                getattr(content, field),
                "refuses what it refused before: no clip bears on it" if name in unmoved else "",
            )
            for name, field in (("ALLOW", "allow_threshold"), ("NEXT", "next_threshold"))
        ],
    ]
    for said, before, now, note in rows:
        table.add_row(said, f"{before:.4f}", f"{now:.4f}", note)
    console = Console(highlight=False, width=None if sys.stdout.isatty() else PIPE_COLUMNS)
    console.print(table)
    console.print(Text(content.evidence.in_words, "bold green" if content.evidence.promised else "bold yellow"))
    for name in ("allow_threshold", "next_threshold"):
        if name in settings().model_fields_set:
            console.print(f"LIPGATE_{name.upper()} is set here and goes before the file's.", style="yellow")


def _print_use(out: Path, *, promised: bool) -> None:
    from rich.console import Console
    from rich.text import Text

    how = f"--calibration {out} or LIPGATE_CALIBRATION={out}"
    written = f"Written to {out}. Put it to use with {how}"
    forced = f"Written to {out}, which promises nothing; tables and reports say so where it is tried with {how}"
    Console(highlight=False).print(Text(written if promised else forced), soft_wrap=True)


def _share(text: str) -> float:
    value = float(text)
    if not 0 < value < 1:
        raise argparse.ArgumentTypeError("must lie between 0 and 1")
    return value
