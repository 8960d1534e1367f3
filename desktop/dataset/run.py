"""One run of `lipgate filter`: a manifest with a line a clip, whatever happens on the way."""

import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from lipgate.core.errors import OutputError
from lipgate.core.files import hash_file
from lipgate.core.pipeline import Options
from lipgate.desktop.batch.formats import check_parquet, write
from lipgate.desktop.batch.journal import Journal, key_of
from lipgate.desktop.batch.pool import Task, results
from lipgate.desktop.batch.progress import Progress
from lipgate.desktop.batch.run import identity_of
from lipgate.desktop.dataset.shards import Shard
from lipgate.desktop.dataset.sift import COLUMNS, Place, Sift, row

CLIPS = "clips"
"""Folder, below that of the results, of what was kept."""


def places(files: Sequence[str], roots: Sequence[str]) -> dict[str, str]:
    """A name for each file below the folder of clips: its path below a folder that was named, else its own name.

    Names that would be the same get a mark made of the path, so that every part of a data set finds the same ones.
    """
    folders = [Path(root) for root in roots if Path(root).is_dir()]
    found = {}
    for file in files:
        path = Path(file)
        root = next((folder for folder in folders if folder in path.parents), path.parent)
        found[file] = str(path.relative_to(root))
    times = Counter(name.casefold() for name in found.values())
    for file, name in found.items():
        if times[name.casefold()] > 1:
            path = Path(name)
            found[file] = str(path.with_name(f"{path.stem}-{key_of(file)[:8]}{path.suffix}"))
    return found


def check_places(place: Place, out: Path) -> None:
    """Whether what is written lies anywhere but over a clip that is still to be read; asked before the first is scored.

    A clip that is kept under its own name already, by an earlier run, is in nobody's way.

    Args:
        place: of all clips, those of other shards too.
        out: folder of the manifest.

    Raises:
        OutputError: output_failed.
    """
    sources = {Path(file).absolute() for file in place.names if "\0" not in file}
    sources |= {source.resolve() for source in sources}
    written = [out / f"manifest{suffix}" for suffix in (".jsonl", ".jsonl.part.jsonl", ".parquet")]
    written += [target for file in place.names if "\0" not in file for target in place.all_of(file)]
    for target in written:
        if {target.absolute(), target.resolve()} & sources:
            said = f"{target} is one of the clips, and would be written over. Choose another folder for --out."
            raise OutputError("output_failed", said)


class Run:
    """Sifts the files of one shard."""

    def __init__(self, files: Sequence[str], out: Path, sift: Sift, shard: Shard, *, parquet: bool, quiet: bool) -> None:
        """Args:
            files: of the shard.
            out: folder of the manifest.
            sift: what is done with each.
            shard: names the manifest.
            parquet: write it as Parquet, too.
            quiet: no progress, no summary.

        Raises:
            LipgateError: the models cannot be loaded; extra_missing.
        """
        if parquet:
            check_parquet()
        self._files, self._sift, self._quiet, self._parquet = files, sift, quiet, parquet
        self.manifest = out / f"manifest{shard.name}.jsonl"
        self._identity = identity_of(sift.scorer, Options(), asdict(sift.rules), str(sift.place.folder))
        self.counts: Counter[str] = Counter()

    def go(self, jobs: int, *, ray: bool = False) -> None:
        """Do what is not done yet, and write the manifest.

        Raises:
            OutputError: output_failed, extra_missing.
        """
        try:
            self.manifest.parent.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise OutputError("output_failed", f"{self.manifest.parent} cannot be made: {error.strerror}.") from error
        with Journal(self.manifest, needs=("action", "out")) as journal:
            keys = {file: self._key(file) for file in self._files}
            waiting = [file for file in keys if not self._known(journal, keys[file])]
            failed = {}
            with Progress(len(waiting), quiet=self._quiet) as progress:
                for file, line in self._lines(waiting, jobs, progress, ray=ray):
                    key = keys[file]
                    if key is None or "error" in line:
                        failed[file] = line
                        print(f"{file}: error [{line['error']['code']}]: {line['error']['message']}", file=sys.stderr)
                    else:
                        journal.add(key, line)
                    progress.end(failed="error" in line)

            def found() -> Iterator[dict[str, Any]]:
                for file, key in keys.items():
                    yield failed[file] if file in failed else {**journal.get(str(key)), "file": file}

            for line in found():
                self.counts[line["action"] or "failed"] += 1
            if self._parquet:
                write(found(), self.manifest.with_suffix(".parquet"), "parquet", row, COLUMNS)
            write(found(), self.manifest, "jsonl")
            journal.done()

    def _lines(self, files: Sequence[str], jobs: int, progress: Progress, *, ray: bool) -> Iterator[tuple[str, dict[str, Any]]]:
        tasks = [Task(file, Options()) for file in files]
        if ray:
            from lipgate.desktop.dataset.on_ray import lines

            yield from lines(tasks, self._sift, jobs)
            return
        for number, line in results(tasks, self._sift, min(jobs, len(tasks)), progress.within):
            yield files[number], line

    def _known(self, journal: Journal, key: str | None) -> bool:
        """Whether a clip is done: its line is there, and so is what it says."""
        if key is None or key not in journal:
            return False
        out = journal.get(key)["out"]
        return out is None or Path(out).is_file()

    def _key(self, file: str) -> str | None:
        try:
            return key_of(self._identity, hash_file(Path(file)), self._sift.place.names[file])
        except (OSError, ValueError):
            return None
