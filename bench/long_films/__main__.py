"""Make long films of short clips, and tell how right the timeline is.

    python -m bench.long_films FOLDER... [--seeds 2] [--json OUT] [--keep DIR]

The folders hold clips of people who speak, one in view, of three seconds or more: people whom the networks never saw, if the
figures are to mean something.
"""

import argparse
import json
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from bench.long_films.films import films
from bench.long_films.measure import STEP_S, Measured, measure
from bench.long_films.takes import takes
from bench.robustness import videos
from lipgate.core.models import Models
from lipgate.core.pipeline import score


def main(arguments: Sequence[str] | None = None) -> int:
    """Command line; 0, or 1 where the folders hold too little."""
    options = _parser().parse_args(arguments)
    files = [file for folder in options.folders for file in ([folder] if folder.is_file() else videos(folder))]
    models = Models.load(profile="media")
    found = takes(files, models)
    print(f"{len(found)} of {len(files)} clips are whole and fit.", file=sys.stderr)
    if len(found) < 2:
        return 1
    results = []
    with tempfile.TemporaryDirectory(prefix="lipgate-") as temporary:
        folder = options.keep or Path(temporary)
        for seed in range(options.seeds):
            for number, film in enumerate(films(found, seed)):
                if options.only and options.only not in film.name:
                    continue
                target = folder / f"{seed}-{number:02}.mp4"
                film.write(target)
                results.append(measure(film, score(target, models), models))
                print(_line(results[-1]), flush=True)
                if not options.keep:
                    target.unlink()
    for line in _summary(results):
        print(line)
    if options.json:
        options.json.write_text(json.dumps([result.to_dict() for result in results], indent=2))
    return 0


def _line(one: Measured) -> str:
    offsets = f"{np.median(np.abs(one.offset_errors_ms)):.0f} ms" if one.offset_errors_ms else "-"
    drift = "" if one.drift_found_percent is None else f"{one.drift_found_percent:+.3f} %"
    wrong = ", ".join(f"{pair} {seconds:.1f} s" for pair, seconds in one.wrong.items())
    steps = f"{len(one.step_errors_s)}/{one.steps} steps ({one.false_steps} false)"
    return f"{one.film:35} {one.seconds:5.0f} s  {100 * one.right:5.1f} %  {offsets:>6}  {steps:22} {drift:9} {wrong}"


def _summary(results: Sequence[Measured]) -> list[str]:
    speech = sum(one.speech_s for one in results)
    right = sum(one.speech_s * one.right for one in results)
    offsets = np.abs([error for one in results for error in one.offset_errors_ms])
    steps = np.abs([error for one in results for error in one.step_errors_s])
    drifting = [one for one in results if one.drift_percent]
    near = [one for one in drifting if abs((one.drift_found_percent or 0) / one.drift_percent - 1) <= 0.05]
    wrongly = sum(one.drift_found_percent is not None for one in results if not one.drift_percent)
    return [
        f"states right over {100 * right / speech:.1f} % of {speech:.0f} s of speech",
        f"offsets: median {np.median(offsets):.1f} ms, 90 % within {np.quantile(offsets, 0.9):.1f} ms, {len(offsets)} segments",
        f"steps: {len(steps)} of {sum(one.steps for one in results)} found, {(steps <= STEP_S).sum()} of them within {STEP_S} s, "
        f"{sum(one.false_steps for one in results)} false",
        f"drifts: {len(near)} of {len(drifting)} within 5 %; {wrongly} found where there is none",
    ]


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m bench.long_films", description="How right the timeline is over long files.")
    parser.add_argument("folders", type=Path, nargs="+", metavar="FOLDER", help="clips of people who speak; or such a clip")
    parser.add_argument("--seeds", type=int, default=2, metavar="N", help="how often to make all films, of other parts")
    parser.add_argument("--only", metavar="WORD", help="films whose name holds it")
    parser.add_argument("--json", type=Path, metavar="OUT", help="write every film's figures there")
    parser.add_argument("--keep", type=Path, metavar="DIR", help="leave the films there")
    return parser


if __name__ == "__main__":
    sys.exit(main())
