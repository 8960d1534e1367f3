"""`python -m bench.speed OPTIONS`: one run. `lipgate bench` starts it and gives its options as a JSON document."""

import json
import signal
import sys
import tempfile
from contextlib import ExitStack
from pathlib import Path
from typing import Any, NoReturn

from bench.speed import plot, table
from bench.speed.cases import FULL, LENGTHS, QUICK, QUICK_LENGTHS, Case, can_make, made, named
from bench.speed.contenders import Choice, contenders
from bench.speed.measure import How, faces_of, measure
from bench.speed.process import ROOT
from bench.speed.results import Results
from bench.speed.throughput import throughput
from lipgate.core.errors import LipgateError, OutputError
from lipgate.core.files import replace_file, replace_json
from lipgate.core.runtime import how_to_install, resolve_device

FILES, QUICK_FILES = 16, 4
"""How often the clip is scored for the throughput."""

JOBS = (1, 2)


def main(options: dict[str, Any]) -> int:
    """Measure, print, write.

    Args:
        options: `files`, `quick`, `rounds`, `only`, `detector`, `device`, `longest`, `limit`, `other_python`, `json`, `plot`,
            `results`, `command`.

    Returns:
        The exit status: 1 where a measurement failed.
    """
    try:
        return _run(options)
    except LipgateError as error:
        print(f"error [{error.code}]: {error.message}", file=sys.stderr)
        return 1


def _run(options: dict[str, Any]) -> int:
    only = options["only"]
    how = How(options["rounds"] or (2 if options["quick"] else 5), resolve_device(options["device"] or "auto"), options["limit"])
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="lipgate-bench-")))
        cases = _cases(options, folder)
        others = [name for name in only if name != "jobs"]
        choice = Choice(others, options["detector"], options["longest"], options["other_python"] or sys.executable, folder)
        who = contenders(choice) if others or not only else []
        measurements = []
        for case in cases:
            boxes = faces_of(case, how) if any(one.told_faces for one in who) else []
            for one in who:
                _tell(f"{case.name}: {one.name}")
                measurements.append(measure(one, case, boxes, how))
        files = QUICK_FILES if options["quick"] else FILES
        clip = _common(cases).clip
        runs = throughput(clip, files, JOBS, how.device, how.limit_s, _tell) if not only or "jobs" in only else []
        results = Results(cases, measurements, runs)
    table.show_tables(results)
    _write(results, options)
    failed = any(item.state == "failed" for item in measurements) or any(item.reason for item in runs)
    return 1 if failed else 0


def _cases(options: dict[str, Any], folder: Path) -> list[Case]:
    """Clips that are named, else puppets, else the samples."""
    if options["files"]:
        return [named(Path(file)) for file in options["files"]]
    if not can_make():
        extra = how_to_install("training")
        print(f"The samples are timed: other clips are made with what `{extra}` brings.", file=sys.stderr)
        return [named(file) for file in sorted((ROOT / "samples").glob("*.mp4"))]
    lengths = QUICK_LENGTHS if options["quick"] else LENGTHS
    cases = []
    for wanted in QUICK if options["quick"] else FULL:
        _tell(f"{wanted.name}: making the clip")
        cases.append(made(wanted, folder, lengths))
    return cases


def _common(cases: list[Case]) -> Case:
    """The clip of about 5 s that has nothing special, or the first."""
    return next((case for case in cases if case.by_length and case.seconds == 5), cases[0])


def _write(results: Results, options: dict[str, Any]) -> None:
    """Write what was asked for.

    Raises:
        OutputError: output_failed.
    """
    try:
        if options["json"]:
            replace_json(Path(options["json"]), results.to_dict())
        picture = _draw(results, Path(options["plot"])) if options["plot"] else None
        if options["results"]:
            replace_file(Path(options["results"]), table.markdown(results, options["command"], picture).encode())
    except OSError as error:
        raise OutputError("output_failed", f"The results cannot be written: {error}") from error


def _draw(results: Results, target: Path) -> str | None:
    """Draw the plot, or say why there is none; its name."""
    if not plot.can_draw():
        print(f"No plot was drawn: it takes matplotlib. Run: {how_to_install('training')}", file=sys.stderr)
        return None
    if not plot.draw(results, target):
        print("No plot was drawn: it takes clips that differ in nothing but length.", file=sys.stderr)
        return None
    return target.name


def _tell(what: str) -> None:
    print(what, file=sys.stderr, flush=True)


def _end(number: int, _: object) -> NoReturn:
    raise SystemExit(128 + number)


if __name__ == "__main__":
    # Whoever started it may end it; what it has started ends with it.
    signal.signal(signal.SIGTERM, _end)
    try:
        sys.exit(main(json.loads(sys.argv[1])))
    except KeyboardInterrupt:
        sys.exit(130)
