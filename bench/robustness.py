"""How gracefully the whole product loses when recordings get worse: real talking clips, each made worse on purpose and scored.

    python -m bench.robustness FOLDER                        # every video below FOLDER, every condition
    python -m bench.robustness FOLDER --limit 20 --only "as it is" --only babble --json robustness.json

FOLDER holds talking clips in sync, one speaker in view. Every condition makes a file from each clip (`bench.conditions`), which
is scored as any file is (`lipgate.core.pipeline.score`) and deleted; and once more with the sound of another clip of the folder,
repeated or cut to the same length and made worse in the same way. The clip as it is gives the offset the others are held against:
many recordings have one of their own. With the sound of another it is re-encoded, since nothing can be added to the file itself.
"""

import argparse
import json
import sys
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from bench.conditions import BABBLE_VOICES, CONDITIONS, Condition, Picture
from bench.rendering import add_sound, encode_picture
from bench.robustness_table import Trial, print_table, rows
from bench.subject import Subject, heard, study
from lipgate.core.errors import LipgateError
from lipgate.core.models import Models
from lipgate.core.pipeline import score
from lipgate.core.report import Report

SUFFIXES = {".mp4", ".mov", ".m4v", ".mkv", ".webm", ".avi", ".mpg", ".ts"}

OTHER_VOICES = BABBLE_VOICES + 2
"""Sounds of other clips kept for each clip: one to dub it with, the others for a babble."""


def run(
    files: Sequence[Path],
    models: Models,
    conditions: Sequence[Condition] = CONDITIONS,
    *,
    others: Sequence[Path] | None = None,
    on_progress: Callable[[int, str], None] = lambda _, __: None,
    seed: int = 0,
) -> list[Trial]:
    """Score every file under every condition.

    Args:
        files: talking clips in sync.
        models: loaded once.
        conditions: the first should be the clip as it is.
        others: clips to take other voices from (default: `files`).
        on_progress: told how many files are done, and what is done now.
        seed: chooses the other voices and the noise.

    Raises:
        LipgateError: a file cannot be made. Files that cannot be scored as they are, or show no face, are left out and named on
            standard error.
    """
    trials = []
    others = files if others is None else others
    for number, file in enumerate(files):
        rng = np.random.default_rng([seed, number])
        on_progress(number, f"{file.name}: look")
        try:
            clean = score(file, models)
            subject = study(clean, models, _voices(file, others, rng))
        except LipgateError as error:
            print(f"{file}: left out [{error.code}]: {error.message}", file=sys.stderr)
            continue
        if subject is None or not len(subject.sound):
            print(f"{file}: left out: no face or no sound", file=sys.stderr)
            continue
        with tempfile.TemporaryDirectory(prefix="lipgate-") as folder:
            maker = _Maker(subject, clean, models, Path(folder), seed=int(rng.integers(1 << 31)))
            for condition in conditions:
                on_progress(number, f"{file.name}: {condition.name}")
                trial = maker.trial(condition)
                if trial is not None:
                    trials.append(trial)
    on_progress(len(files), "done")
    return trials


class _Maker:
    """Makes and scores the files of one clip. A picture is encoded once, however many conditions share it."""

    def __init__(self, subject: Subject, clean: Report, models: Models, folder: Path, seed: int) -> None:
        self._subject = subject
        self._clean = clean
        self._models = models
        self._folder = folder
        self._seed = seed
        self._pictures: dict[Picture, Path | None] = {}

    def trial(self, condition: Condition) -> Trial | None:
        """Score the clip under a condition; None where it cannot be had of this clip."""
        picture = self._picture(condition.picture)
        if picture is None:
            return None
        subject = self._subject
        own = self._clean if condition.untouched else self._scored(picture, subject.sound, condition)
        if own is None:
            return None
        foreign = None
        if subject.voices:
            dubbed = np.resize(subject.voices[0], len(subject.sound))
            foreign = self._scored(picture, dubbed, condition)
        found = own.to_dict()
        return Trial(
            clip=subject.clip.path.name,
            condition=condition.name,
            decision=found["decision"],
            reason=found["reason"],
            offset_frames=found["offset_frames"],
            confidence=found["confidence"],
            min_dist=found["min_dist"],
            score=found["score"],
            foreign_score=foreign.verdict.score if foreign else None,
        )

    def _scored(self, picture: Path, samples: np.ndarray, condition: Condition) -> Report | None:
        if condition.hear is not None:
            # The same noise for the own voice and for the other one.
            changed = condition.hear(self._subject, samples, np.random.default_rng(self._seed))
            if changed is None:
                return None
            samples = changed
        target = self._folder / f"made{condition.suffix}"
        add_sound(picture, samples, condition, target)
        report = score(target, self._models)
        target.unlink()
        return report

    def _picture(self, picture: Picture) -> Path | None:
        if picture not in self._pictures:
            target = self._folder / f"picture{len(self._pictures)}.mkv"
            self._pictures[picture] = target if encode_picture(self._subject, picture, target) else None
        return self._pictures[picture]


def _voices(file: Path, others: Sequence[Path], rng: np.random.Generator) -> tuple[np.ndarray, ...]:
    """Sounds of other clips, in an order of chance."""
    candidates = [other for other in others if other != file]
    chosen = [candidates[index] for index in rng.permutation(len(candidates))[:OTHER_VOICES]]
    found = [heard(other) for other in chosen]
    return tuple(sound for sound in found if np.any(sound))


def videos(folder: Path) -> list[Path]:
    """All videos below a folder, sorted."""
    return sorted(path for path in folder.rglob("*") if path.suffix.lower() in SUFFIXES)


def main(arguments: Sequence[str] | None = None) -> int:
    """Command line; 0, or 1 where nothing could be scored."""
    from rich.console import Console
    from rich.progress import Progress

    options = _parser().parse_args(arguments)
    found = videos(options.folder)
    files = found[: options.limit]
    wanted = [CONDITIONS[0], *[condition for condition in CONDITIONS[1:] if not options.only or condition.name in options.only]]
    models = Models.load(options.model, options.detector, options.device)
    with Progress(console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("", total=len(files))
        trials = run(
            files,
            models,
            wanted,
            others=found,
            on_progress=lambda done, name: bar.update(task, completed=done, description=name),
        )
    if not trials:
        print(f"{options.folder} holds no clip that can be scored.", file=sys.stderr)
        return 1
    table = rows(trials, [condition.name for condition in wanted])
    print_table(table, f"{models.sync_info.name} {models.sync_info.version} + {models.detector_info.name} on {models.device}")
    if options.json:
        options.json.write_text(json.dumps(_document(models, table, trials), indent=2))
    return 0


def _document(models: Models, table: Sequence[Any], trials: Sequence[Trial]) -> dict[str, Any]:
    return {
        "model": vars(models.sync_info),
        "detector": vars(models.detector_info),
        "conditions": [vars(row) for row in table],
        "outcomes": [vars(trial) for trial in trials],
    }


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m bench.robustness", description="Make talking clips worse on purpose, and score them."
    )
    parser.add_argument("folder", type=Path, help="talking clips in sync")
    parser.add_argument("--limit", type=int, metavar="N", help="take the first N clips")
    names = [condition.name for condition in CONDITIONS]
    parser.add_argument(
        "--only", action="append", choices=names, metavar="NAME", help=f"a condition, may be repeated: {', '.join(names)}"
    )
    parser.add_argument("--json", type=Path, metavar="OUT", help="write the table and every trial there")
    for name in ("model", "detector", "device"):
        parser.add_argument(f"--{name}", help="as for `lipgate score`")
    return parser


if __name__ == "__main__":
    sys.exit(main())
