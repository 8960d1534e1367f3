"""Which files are meant: names, folders, patterns, and lists on standard input."""

import glob
import os
import sys
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from lipgate.core.errors import InputError

SUFFIXES = frozenset(
    {".3g2", ".3gp", ".asf", ".avi", ".dv", ".flv", ".h264", ".hevc", ".ivf", ".m2ts", ".m4v", ".mkv", ".mov", ".mp4", ".mpeg"}
    | {".mpg", ".mts", ".mxf", ".nut", ".ogv", ".rm", ".ts", ".vob", ".webm", ".wmv", ".y4m"}
)
"""Names of videos, in lower case: what is taken of a folder. A file that is named is taken whatever its name."""


def named(words: Sequence[str], lines: Iterable[str] | None = None) -> list[str]:
    """The files that words of a command line name, in their order; those of a folder sorted, sub-folders too.

    Args:
        words: files, folders, patterns (`*`, `?`, `[...]`, `**` for any depth), `-` for a list, a name a line.
        lines: that list; standard input by default.

    Raises:
        InputError: file_not_found, where the list is empty. A
            folder without videos, or a pattern that nothing has, stays as it is.
    """
    found: list[str] = []
    for word in words:
        if word == "-":
            found += [line.rstrip("\r\n") for line in (sys.stdin if lines is None else lines) if line.strip()]
        else:
            found += _of_word(word)
    if not found:
        raise InputError("file_not_found", "The list of files is empty.")
    return found


def several(words: Sequence[str]) -> bool:
    """Whether words may name more than one file, so that the answer is a list."""
    return len(words) > 1 or words[0] == "-" or _is_folder(words[0]) or _is_pattern(words[0])


def _of_word(word: str) -> list[str]:
    if _is_folder(word):
        found = sorted(str(one) for one in _videos(Path(word)))
    elif _is_pattern(word):
        found = sorted(one for one in glob.glob(word, recursive=True) if Path(one).is_file())  # noqa: PTH207 - takes any root
    else:
        return [word]
    return found or [word]  # what scores it says that it is no file, or that there is none


def _is_folder(word: str) -> bool:
    try:
        return Path(word).is_dir()
    except OSError:  # a name that no file system takes
        return False


def _is_pattern(word: str) -> bool:
    """A file of that very name goes before."""
    return glob.has_magic(word) and not os.path.exists(word)  # noqa: PTH110 - unlike Path.exists, it takes any name


def _videos(folder: Path) -> Iterator[Path]:
    for path in folder.rglob("*"):
        hidden = any(part.startswith(".") for part in path.relative_to(folder).parts)
        if path.suffix.lower() in SUFFIXES and not hidden and path.is_file():
            yield path
