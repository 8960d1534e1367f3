"""What is done with one clip of a data set: scored, held to the rules, put where it belongs."""

import os
import shutil
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from lipgate.core.constants import MS_PER_FRAME
from lipgate.core.errors import LipgateError
from lipgate.core.report import Report
from lipgate.core.scorer import Scorer
from lipgate.desktop.batch.pool import Scored, Task
from lipgate.desktop.copying import CONTAINERS
from lipgate.desktop.dataset.rules import Action, Rules
from lipgate.desktop.fix import fix
from lipgate.desktop.output import whole_file

COLUMNS: dict[str, str] = {
    **dict.fromkeys(("file", "action", "rule", "out"), "string"),
    **dict.fromkeys(("offset_frames", "moved_ms", "confidence", "min_dist", "score", "lse_c", "lse_d", "duration_s"), "float64"),
    **dict.fromkeys(("model", "model_version", "version", "sha256", "error_code", "error_message"), "string"),
}
"""Of a line of the manifest, with the type Arrow has for it."""


@dataclass(frozen=True)
class Place:
    """Where a clip goes if it is kept."""

    folder: Path | None
    """None: clips are listed only."""
    names: dict[str, str]
    """Of each file, below the folder."""

    def of(self, file: str) -> Path | None:
        """The place of a file."""
        return None if self.folder is None else self.folder / self.names[file]

    def moved(self, file: str) -> Path | None:
        """The place of a file whose sound is moved. AVI, for one, cannot say when its sound begins."""
        target = self.of(file)
        if target is None or target.suffix.lower() in CONTAINERS:
            return target
        return target.with_name(f"{target.name}.mkv")

    def all_of(self, file: str) -> list[Path]:
        """Wherever a file may go."""
        return [target for target in (self.of(file), self.moved(file)) if target is not None]


@dataclass(frozen=True)
class Sift:
    """Work for `lipgate.desktop.batch.pool`: gives a line of the manifest for a file."""

    scorer: Scorer
    rules: Rules
    place: Place

    def __call__(self, task: Task) -> dict[str, Any]:
        """Score a clip and put it where it belongs. Done twice it does the same again."""
        outcome = Scored(self.scorer)(task)
        if outcome.report is None:
            return _line(task.file, error=outcome.error)
        try:
            action, rule = self.rules.choose(outcome.report)
            out = self._put(outcome.report, task.file, action)
        except LipgateError as error:
            return _line(task.file, error=error)
        return _line(task.file, outcome.report, action=action, rule=rule, out=out)

    def died(self, task: Task) -> dict[str, Any]:
        """The line of a clip whose process died."""
        return _line(task.file, error=Scored(self.scorer).died(task).error)

    def with_threads(self, count: int) -> "Sift":
        """The same with so many threads."""
        return replace(self, scorer=replace(self.scorer, threads=self.scorer.threads or count))

    def _put(self, report: Report, file: str, action: Action) -> Path | None:
        source, target = Path(file), self.place.moved(file) if action is Action.SHIFT else self.place.of(file)
        if target is None or action is Action.DROP:
            return None
        try:
            target.parent.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise LipgateError("output_failed", f"{target.parent} cannot be made: {error.strerror}.") from error
        if action is Action.KEEP:
            _linked(source, target)
            return target
        speaker = report.verdict.speaker
        assert speaker is not None and speaker.sync is not None  # noqa: S101, PT018
        fix(source, target, speaker.sync.offset_frames)
        return target


def _linked(source: Path, target: Path) -> None:
    """A second name for the same file where the disk has such, else a copy; whole or not at all."""
    if target.exists() and target.samefile(source):  # by an earlier run
        return
    with whole_file(target, source) as part:
        try:
            os.link(source.resolve(), part)
        except OSError:
            shutil.copyfile(source, part)


def _line(
    file: str,
    report: Report | None = None,
    *,
    action: Action | None = None,
    rule: str | None = None,
    out: Path | None = None,
    error: LipgateError | None = None,
) -> dict[str, Any]:
    if report is None:
        assert error is not None  # noqa: S101
        return {"file": file, "action": None, "error": {"code": error.code, "message": error.message}}
    document = report.to_dict()
    named_for_syncnet = report.model.name == "syncnet"
    moved = document["offset_frames"] * MS_PER_FRAME if action is Action.SHIFT else 0.0
    return {
        "file": file,
        "action": str(action),
        "rule": rule,
        "out": str(out) if out else None,
        **{name: document[name] for name in ("offset_frames", "confidence", "min_dist", "score", "version")},
        "moved_ms": moved,
        "lse_c": document["confidence"] if named_for_syncnet else None,
        "lse_d": document["min_dist"] if named_for_syncnet else None,
        "duration_s": document["video"]["duration_s"],
        "sha256": report.clip.sha256,
        "model": report.model.name,
        "model_version": report.model.version,
    }


def row(line: dict[str, Any]) -> dict[str, Any]:
    """A line as Parquet has it."""
    error = line.get("error", {})
    found = {**line, "error_code": error.get("code"), "error_message": error.get("message")}
    return {name: found.get(name) for name in COLUMNS}
