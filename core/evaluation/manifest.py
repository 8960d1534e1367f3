"""The list of clips to evaluate: a CSV file with the columns clip and label, and what else is known of each clip."""

import csv
import os
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from lipgate.core.errors import InputError


class Label(StrEnum):
    """What a clip is."""

    GENUINE = "genuine"
    """Somebody speaking, as recorded."""
    FAKE = "fake"
    """Lips and sound do not belong together: dubbed, generated, another sound."""
    SHIFTED = "shifted"
    """Genuine, but the sound was moved in time."""


@dataclass(frozen=True)
class Entry:
    """One line of the manifest."""

    clip: Path
    """Absolute, or relative to the working folder."""
    name: str
    """As it stands in the manifest."""
    label: Label
    person: str | None
    """Who is seen; clips of one person are not independent of each other."""
    species: str | None = None
    """Which kind of attack; None where nothing is said, and of a genuine clip."""
    session: str | None = None
    """Attempts of one session are one transaction; where none is named, those of one person in order."""
    attempt: int | None = None
    """Number within the transaction, from 1."""
    device: str | None = None
    """What it was recorded with."""
    group: str | None = None
    """Any group that is to be compared with others: age, skin tone, language, source."""


OPTIONAL = ("person", "species", "session", "attempt", "device", "group")
"""Columns beside clip and label."""

_NO_SPECIES = ("", "genuine", "bona fide", "bona_fide", "none", "-")


def read_manifest(path: Path) -> list[Entry]:
    """Read a manifest: UTF-8, with or without byte order mark; blank lines and lines that begin with `#` are passed over.

    Args:
        path: of the CSV file. Clips are relative to its folder, or absolute. Other columns are ignored.

    Returns:
        Its clips, in order; at least one.

    Raises:
        InputError: manifest_invalid, with the line it is about.
    """
    try:
        text = path.read_bytes().decode("utf-8-sig")
    except OSError as error:
        raise _invalid(path, None, f"it cannot be read: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise _invalid(path, None, "it is not UTF-8 text") from error
    rows = _rows(path, text)
    columns = _columns(path, next(rows, None))
    entries: list[Entry] = []
    seen: dict[str, int] = {}
    for line, row in rows:
        if len(row) != len(columns):
            raise _invalid(path, line, f"{len(row)} columns where the header names {len(columns)}")
        entry = _entry(path, line, dict(zip(columns, row, strict=True)))
        before = seen.setdefault(os.path.abspath(entry.clip), line)  # noqa: PTH100  (links are not followed)
        if before != line:
            raise _invalid(path, line, f"{entry.name} was named in line {before} already")
        entries.append(entry)
    if not entries:
        raise _invalid(path, None, "it names no clips")
    return entries


def _rows(path: Path, text: str) -> Iterator[tuple[int, list[str]]]:
    """Line number and stripped cells of what is neither blank nor a comment."""
    lines = ["" if line.lstrip().startswith("#") else line for line in text.splitlines(keepends=True)]
    reader = csv.reader(lines, strict=True)
    try:
        for row in reader:
            cells = [cell.strip() for cell in row]
            if any(cells):
                yield reader.line_num, cells
    except csv.Error as error:
        raise _invalid(path, reader.line_num, str(error)) from error


def _columns(path: Path, header: tuple[int, list[str]] | None) -> list[str]:
    line, cells = header or (None, [])
    columns = [cell.lower() for cell in cells]
    for needed in ("clip", "label"):
        if columns.count(needed) != 1:
            raise _invalid(path, line, "the header must name the columns clip and label once each, separated by commas")
    for name in OPTIONAL:
        if columns.count(name) > 1:
            raise _invalid(path, line, f"the header names the column {name} twice")
    return columns


def _entry(path: Path, line: int, cells: dict[str, str]) -> Entry:
    if not cells["clip"]:
        raise _invalid(path, line, "there is no clip")
    if "\0" in cells["clip"]:
        raise _invalid(path, line, "the name of the clip holds a NUL character")
    try:
        label = Label(cells["label"].lower())
    except ValueError as error:
        raise _invalid(path, line, f"unknown label '{cells['label']}', known are {', '.join(Label)}") from error
    known = {name: cells.get(name) or None for name in OPTIONAL}
    return Entry(
        path.parent / cells["clip"],
        cells["clip"],
        label,
        known["person"],
        species=_species(path, line, label, known["species"]),
        session=known["session"],
        attempt=_attempt(path, line, known),
        device=known["device"],
        group=known["group"],
    )


def _species(path: Path, line: int, label: Label, said: str | None) -> str | None:
    if label is not Label.GENUINE:
        return said
    if (said or "").lower() not in _NO_SPECIES:
        raise _invalid(path, line, f"a genuine clip is no attack, but its species is '{said}'")
    return None


def _attempt(path: Path, line: int, known: dict[str, str | None]) -> int | None:
    said = known["attempt"]
    if said is None:
        return None
    if not (said.isascii() and said.isdigit() and 1 <= len(said) <= 4 and int(said)):
        raise _invalid(path, line, f"attempt is '{said}' and must be a number from 1")
    if known["person"] is None and known["session"] is None:
        raise _invalid(path, line, "an attempt needs a person or a session it belongs to")
    return int(said)


def _invalid(path: Path, line: int | None, why: str) -> InputError:
    place = f"{path}, line {line}" if line else str(path)
    return InputError("manifest_invalid", f"{place}: {why}.")
