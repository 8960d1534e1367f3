"""Scores the clips of a manifest, each once."""

import logging
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

from lipgate.core.errors import LipgateError
from lipgate.core.evaluation.manifest import Entry
from lipgate.core.evaluation.results import Measured, Result
from lipgate.core.evaluation.scores_file import ScoresFile
from lipgate.core.files import hash_file
from lipgate.core.models import Models
from lipgate.core.pipeline import Options, score

log = logging.getLogger(__name__)


def score_clips(entries: Sequence[Entry], models: Models, vshift: int, kept: ScoresFile | None = None) -> list[Result]:
    """Score what is not kept already. Ctrl-C or SIGTERM says on standard error what is done.

    Args:
        entries: of the manifest.
        models: used for all; their limits decide which tracks are judged.
        vshift: search range in frames.
        kept: results of earlier runs; new ones are added to it.

    Returns:
        One result for each entry, in order.

    Raises:
        OutputError: output_failed, where a result cannot be kept.
        KeyboardInterrupt, SystemExit: stopped.
    """
    results: list[Result] = []
    try:
        with _progress(len(entries)) as advance:
            for entry in entries:
                results.append(_score(entry, models, vshift, kept))
                advance(entry.name)
    except (KeyboardInterrupt, SystemExit):  # SIGTERM
        how = "they are kept: the same command goes on from here" if kept else "with --scores FILE they would be kept"
        print(f"\nstopped after {len(results)} of {len(entries)} clips; {how}", file=sys.stderr)
        raise
    return results


def _score(entry: Entry, models: Models, vshift: int, kept: ScoresFile | None) -> Result:
    sha256 = None
    try:
        if kept and entry.clip.is_file():
            sha256 = hash_file(entry.clip)
            if measured := kept.get(sha256):
                return Result(entry, measured)
        measured = Measured.of(score(entry.clip, models, Options(vshift=vshift)))
    except LipgateError as error:
        problem = error
    except Exception as error:  # a fault of ours must not cost the results of the other clips
        log.debug("internal error", exc_info=error)
        problem = LipgateError("internal_error", f"{type(error).__name__}: {error} (LOG_LEVEL=DEBUG shows where)")
    else:
        if kept and sha256:
            kept.add(sha256, entry.name, measured)
        return Result(entry, measured)
    print(f"{entry.name}: error [{problem.code}]: {problem.message}", file=sys.stderr)
    return Result(entry, error=problem)


@contextmanager
def _progress(total: int) -> Iterator[Callable[[str], None]]:
    """A bar with count and remaining time on standard error for whoever looks at a terminal; gone at the end."""
    if not sys.stderr.isatty():
        yield lambda _: None
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("scoring", total=total)
        yield lambda name: bar.update(task, advance=1, description=name[-40:].replace("[", "("))
