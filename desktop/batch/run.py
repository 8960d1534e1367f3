"""One run of `lipgate score` over its files: scored in order or as they are done, told, counted, and remembered."""

import argparse
import hashlib
import json
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from lipgate.core import __version__
from lipgate.core.files import hash_file
from lipgate.core.pipeline import Options
from lipgate.core.report import SCHEMA, Report
from lipgate.core.scorer import Scorer
from lipgate.core.tolerance import Tolerance
from lipgate.desktop.batch.beside import sound_of
from lipgate.desktop.batch.formats import write
from lipgate.desktop.batch.journal import Journal, key_of
from lipgate.desktop.batch.pool import Scored, Task, results
from lipgate.desktop.batch.progress import Progress
from lipgate.desktop.outcome import FileOutcome


class Run:
    """Scores the files of a command line, once."""

    def __init__(self, files: list[str], arguments: argparse.Namespace, tolerance: Tolerance | None) -> None:
        """Args:
            files: in order.
            arguments: of the command line.
            tolerance: grades the segments of documents.

        Raises:
            LipgateError: the models cannot be loaded.
        """
        self.files = files
        self.failed = 0
        self._tolerance, self._jobs = tolerance, min(arguments.jobs, len(files))
        self._quiet, self._verbose = arguments.quiet, arguments.verbose
        self._keeps = bool(arguments.report or arguments.markers or arguments.annotate)
        self._artifacts = arguments.artifacts
        self._decisions: Counter[str] = Counter()
        self._reports: dict[int, Report] = {}
        self._scorer = Scorer(
            model=arguments.model,
            detector=arguments.detector,
            device=arguments.device,
            calibration=arguments.calibration,
            profile=arguments.profile,
        )
        self._options = Options(
            vshift=arguments.offset_range, sound_track=arguments.audio_track, picture_track=arguments.video_track
        )
        self._tasks = [self._task(number, file, arguments.audio) for number, file in enumerate(files)]
        if self._jobs == 1:
            _ = self._scorer.models
        else:
            self._scorer.check()

    def _task(self, number: int, file: str, audio: str | None) -> Task:
        folder = self._artifacts
        if folder and len(self.files) > 1:
            folder = folder / f"{number:03d}_{Path(file).stem}"
        options = Options(self._options.vshift, folder, None, None, self._options.sound_track, self._options.picture_track)
        return Task(file, options, sound_of(Path(file), audio) if audio else None)

    def outcomes(self) -> Iterator[FileOutcome]:
        """What became of each file, in order."""
        early: dict[int, FileOutcome] = {}
        wanted = 0
        for number, outcome in self._as_done(range(len(self.files))):
            early[number] = outcome
            while wanted in early:
                yield early.pop(wanted)
                wanted += 1

    def documents(self) -> Iterator[dict[str, Any]]:
        """The document of each file, in order."""
        return (outcome.to_dict(self._tolerance) for outcome in self.outcomes())

    def write(self, target: Path, kind: str) -> None:
        """Score what is not known yet from a run that was stopped, or from `target` itself where it is one of lines; write all.

        Raises:
            OutputError: output_failed.
        """
        identity = identity_of(self._scorer, self._options, self._tolerance.name if self._tolerance else None)
        with Journal(target, needs=("decision", "video")) as journal:
            keys: list[str | None] = [self._key(identity, task) for task in self._tasks]
            anew = self._keeps or self._artifacts is not None
            known = set() if anew else {number for number, key in enumerate(keys) if key is not None and key in journal}
            failed: dict[int, dict[str, Any]] = {}
            for number, outcome in self._as_done([number for number in range(len(keys)) if number not in known]):
                key, document = keys[number], outcome.to_dict(self._tolerance)
                if key is None or outcome.report is None:
                    failed[number] = document
                else:
                    journal.add(key, document)
            for number in known:
                self._decisions[journal.get(str(keys[number]))["decision"]] += 1

            def found() -> Iterator[dict[str, Any]]:
                for number, key in enumerate(keys):
                    yield failed[number] if number in failed else _of_file(journal.get(str(key)), self.files[number])

            write(found(), target, kind)
            journal.done()
        if not self._quiet:
            counts = ", ".join(f"{count} {name}" for name, count in sorted(self._decisions.items()))
            before = f" ({len(known)} known before)" if known else ""
            failures = f", {self.failed} failed" if self.failed else ""
            print(f"{target}: {len(self.files)} files{before}: {counts or 'none judged'}{failures}", file=sys.stderr)

    def write_pages(self, arguments: argparse.Namespace) -> None:
        """Write what `--report`, `--markers` and `--annotate` ask for.

        Raises:
            LipgateError: it cannot be written.
        """
        reports = [(Path(self.files[number]), self._reports[number]) for number in sorted(self._reports)]
        if not reports:
            return
        if arguments.report:
            from lipgate.desktop.report.page import write_html

            write_html(reports, arguments.report)
        if arguments.markers:
            from lipgate.desktop.exports.writing import write_markers

            write_markers(reports, arguments.markers, self._tolerance, arguments.start_timecode)
        if arguments.annotate:
            from lipgate.desktop.report.annotate import annotate

            annotate(reports[0][1], arguments.annotate)

    def met(self, fail_on: str | None) -> bool:
        """Whether a decision was met that `--fail-on` names."""
        named = {"block": ("BLOCK",), "next": ("BLOCK", "NEXT")}.get(fail_on or "", ())
        return any(self._decisions[decision] for decision in named)

    def _as_done(self, numbers: range | list[int]) -> Iterator[tuple[int, FileOutcome]]:
        tasks = [self._tasks[number] for number in numbers]
        with Progress(len(tasks), quiet=self._quiet) as progress:
            if tasks:
                progress.begin(tasks[0].file)
            for place, outcome in results(tasks, Scored(self._scorer), self._jobs, progress.within):
                number = numbers[place]
                self._count(number, outcome)
                progress.end(failed=outcome.error is not None)
                if place + 1 < len(tasks):
                    progress.begin(tasks[place + 1].file)
                yield number, outcome

    def _count(self, number: int, outcome: FileOutcome) -> None:
        if outcome.error is not None:
            self.failed += 1
            print(f"{outcome.file}: error [{outcome.error.code}]: {outcome.error.message}", file=sys.stderr)
            return
        assert outcome.report is not None  # noqa: S101
        self._decisions[str(outcome.report.decision)] += 1
        if self._keeps:
            self._reports[number] = outcome.report
        if self._verbose:
            print(f"{outcome.file}: {outcome.report.decision} in {outcome.report.processing_time_ms} ms", file=sys.stderr)

    @staticmethod
    def _key(identity: str, task: Task) -> str | None:
        """None where the file cannot be read: scoring it will say why."""
        try:
            return key_of(identity, *(hash_file(path) for path in (Path(task.file), task.sound) if path is not None))
        except (OSError, ValueError):  # ValueError: a NUL in the name
            return None


def identity_of(scorer: Scorer, options: Options, *others: object) -> str:
    """What a result comes from, beside the file: models, limits, options, and whatever else it depends on (plain values)."""
    used = scorer.check()
    how = [options.vshift, options.sound_track, options.picture_track]
    what = [__version__, SCHEMA, used.identity, used.limits.sha256, how, *others]
    return hashlib.sha256(json.dumps(what, sort_keys=True).encode()).hexdigest()


def _of_file(document: dict[str, Any], file: str) -> dict[str, Any]:
    """A document of the same content, which may have had another name then."""
    return {**document, "file": file, "video": {**document["video"], "file": Path(file).name}}
