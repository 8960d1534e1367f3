"""What has been scored already: a file beside the result that grows by a line a video, so that a stopped run goes on."""

import contextlib
import hashlib
import json
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import IO, Any

from lipgate.core.errors import OutputError

KEY = "key"
"""Field of a document: hash of the file's content and of all that its score came from."""


def key_of(identity: str, *content: str) -> str:
    """What finds a document again.

    Args:
        identity: of the models, limits and options.
        content: hashes of the files that were scored.
    """
    return hashlib.sha256("\n".join([identity, *content]).encode()).hexdigest()


class Journal:
    """Documents by key. A context manager; `close` without `done` leaves the file for the next run."""

    def __init__(self, result: Path, needs: Sequence[str] = ()) -> None:
        """Open it.

        Args:
            result: of the whole run; documents in it, where it is one of lines, are known too.
            needs: fields without which a document is none of this run's, whoever wrote it: it is told, and not known.

        Raises:
            OutputError: output_failed.
        """
        self._needs = needs
        self.path = result.with_name(f"{result.name}.part.jsonl")
        self._places: dict[str, tuple[Path, int]] = {}
        if result.suffix.lower() == ".jsonl" and result.is_file():
            self._read(result)
        try:
            if self.path.is_file():
                self._cut_half_a_line()
                self._read(self.path)
            self._file: IO[bytes] = self.path.open("ab")
        except OSError as error:
            raise OutputError("output_failed", f"{self.path} cannot be written: {error.strerror}.") from error

    def __enter__(self) -> "Journal":
        return self

    def __exit__(self, *_: object) -> None:
        self._file.close()

    def __contains__(self, key: str) -> bool:
        return key in self._places

    def get(self, key: str) -> dict[str, Any]:
        """The document of a key that is known."""
        path, place = self._places[key]
        self._file.flush()
        with path.open("rb") as file:
            file.seek(place)
            return json.loads(file.readline())

    def add(self, key: str, document: dict[str, Any]) -> None:
        """Remember a document; it is in the file when this returns.

        Raises:
            OutputError: output_failed.
        """
        line = json.dumps({**document, KEY: key}, allow_nan=False).encode() + b"\n"
        try:
            place = self._file.tell()
            self._file.write(line)
            self._file.flush()
        except OSError as error:
            raise OutputError("output_failed", f"{self.path} cannot be written: {error.strerror}.") from error
        self._places[key] = (self.path, place)

    def done(self) -> None:
        """The result is written: the journal has served."""
        self._file.close()
        with contextlib.suppress(OSError):
            self.path.unlink()

    def _read(self, path: Path) -> None:
        for number, (place, line) in enumerate(_lines(path), 1):
            with contextlib.suppress(ValueError):
                document = json.loads(line)
                if not isinstance(document, dict) or not isinstance(document.get(KEY), str) or "error" in document:
                    continue
                if lacking := [name for name in self._needs if name not in document]:
                    said = f"line {number} has no {', '.join(lacking)}; what it tells of is done again"
                    print(f"warning: {path}: {said}", file=sys.stderr)
                    continue
                self._places[document[KEY]] = (path, place)

    def _cut_half_a_line(self) -> None:
        """A run that was killed may have written half a line."""
        with self.path.open("r+b") as file:
            whole = 0
            for line in file:
                if not line.endswith(b"\n"):
                    break
                whole += len(line)
            file.truncate(whole)


def _lines(path: Path) -> Iterator[tuple[int, bytes]]:
    place = 0
    with path.open("rb") as file:
        for line in file:
            yield place, line
            place += len(line)
