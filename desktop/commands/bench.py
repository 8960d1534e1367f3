"""`lipgate bench`: how fast this machine scores, and how fast others do on the same clips."""

import argparse
import json
import os
import shlex
import subprocess
import sys
from pathlib import Path
from typing import Any

from lipgate.desktop.commands.arguments import add_models
from lipgate.handlers.commands.arguments import number

ROOT = Path(__file__).resolve().parents[2]
"""A checkout, or what the package was installed into."""

CONTENDERS = ("decode", "mini", "syncnet", "reference", "syncnet-python", "jobs")
"""As `bench.speed.contenders.NAMES`, and `jobs`, the command line over many files."""

DESCRIPTION = """\
Time Lipgate with each model that is there, the steps of the reference with random weights (where PyTorch is), the package
syncnet-python (where it is installed) and plain decoding on the same clips: puppets of several lengths, resolutions and
numbers of faces, or the files you name. Then the command line over many files with --jobs 1 and 2.
"""
EPILOG = """\
A full run takes about a quarter of an hour on two cores, --quick a few minutes. Other programs slow it down; the tables tell the
load before. An installed program, which has no benchmark beside it, times FILE with Lipgate alone.
"""


def add_parser(commands: Any) -> None:
    """Add the command to the parser's sub-commands."""
    parser = commands.add_parser(
        "bench", description=DESCRIPTION, epilog=EPILOG, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("files", nargs="*", type=Path, metavar="FILE", help="videos (default: puppets, made for the run)")
    parser.add_argument("--quick", action="store_true", help="fewer and smaller clips, fewer rounds")
    parser.add_argument("--rounds", type=number(1, 1000), metavar="N", help="times each clip is scored (default 5, quick 2)")
    parser.add_argument("--only", action="append", choices=CONTENDERS, default=[], help="time that; may be repeated")
    text = "longest video in seconds that slow contenders are given (default: reference 20, package 5, syncnet 60)"
    parser.add_argument("--longest", type=number(1, 100_000), metavar="S", help=text)
    text = "longest time in seconds that one measurement may take (default 1800)"
    parser.add_argument("--limit", type=number(1, 1_000_000), default=1800, metavar="S", help=text)
    text = "Python of an environment that has syncnet-python, which wants other versions than Lipgate (default: this one)"
    parser.add_argument("--syncnet-python", metavar="PYTHON", help=text)
    parser.add_argument("--json", type=Path, metavar="OUT.json", help="write all that was measured")
    parser.add_argument("--plot", type=Path, metavar="OUT.svg", help="draw cost over length (takes matplotlib)")
    parser.add_argument("--results", type=Path, metavar="OUT.md", help="write the tables and the machine as a page")
    add_models(parser)
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Measure and print tables.

    Raises:
        LipgateError: as scoring does.
    """
    if problem := _usage(arguments):
        print(f"error [usage]: {problem}", file=sys.stderr)
        return 2
    if (ROOT / "bench" / "speed").is_dir():
        return _compare(arguments)
    from lipgate.desktop.speed import measure, print_table

    if not arguments.files:
        print("error [usage]: this program carries no samples; name a video", file=sys.stderr)
        return 2
    print_table(measure(arguments.files, arguments.rounds or 5, arguments.model, arguments.detector, arguments.device))
    return 0


def _usage(arguments: argparse.Namespace) -> str | None:
    """What would be found out after a quarter of an hour."""
    for target in filter(None, (arguments.json, arguments.plot, arguments.results)):
        if not target.absolute().parent.is_dir():
            return f"the folder of {target} does not exist"
    if arguments.plot and arguments.plot.suffix.lower() not in (".svg", ".png", ".pdf"):
        return "the name of --plot must end in .svg, .png or .pdf"
    return None


def _compare(arguments: argparse.Namespace) -> int:
    """Run the benchmark, which may use all of the checkout, in a process of its own; this package imports nothing of it."""
    only = list(arguments.only)
    if arguments.model:
        only = [name for name in only or CONTENDERS if name not in ("mini", "syncnet")]
        only.append("mini" if arguments.model == "auto" else arguments.model)
    detector = {"auto": "yunet"}.get(arguments.detector, arguments.detector)
    request = {
        "files": [str(file) for file in arguments.files],
        "only": only,
        "detector": detector,
        "other_python": arguments.syncnet_python,
        "command": _command(arguments),
        **{name: getattr(arguments, name) for name in ("quick", "rounds", "device", "longest", "limit")},
        **{name: str(given) if (given := getattr(arguments, name)) else None for name in ("json", "plot", "results")},
    }
    paths = [str(ROOT), str(ROOT / "src"), *filter(None, [os.environ.get("PYTHONPATH")])]
    command = [sys.executable, "-P", "-m", "bench.speed", json.dumps(request)]
    with subprocess.Popen(command, env={**os.environ, "PYTHONPATH": os.pathsep.join(paths)}) as process:
        try:
            return process.wait()
        except BaseException:
            process.terminate()
            raise


def _command(arguments: argparse.Namespace) -> str:
    """What to type to have it again."""
    words = ["./lipgate", "bench", *map(str, arguments.files)]
    words += ["--quick"] if arguments.quick else []
    words += [word for name in arguments.only for word in ("--only", name)]
    for name in ("rounds", "longest", "model", "detector", "device"):
        if (given := getattr(arguments, name)) is not None:
            words += [f"--{name}", str(given)]
    return shlex.join(words)
