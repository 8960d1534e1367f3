"""Result files appear whole or not at all: they are written beside their place and moved there at the end."""

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from uuid import uuid4

from lipgate.core.errors import OutputError


@contextmanager
def whole_file(target: Path, *sources: Path) -> Iterator[Path]:
    """A path to write to, with the suffix of `target`; it becomes `target` when the block ends well, and vanishes when not.

    Args:
        target: an existing file is replaced.
        sources: files that `target` may not be.

    Raises:
        OutputError: output_failed, also for any OSError in the block.
    """
    part = None
    try:
        check(target, *sources)
        place = target.resolve()  # what a symbolic link points to is replaced, not the link
        part = place.with_name(f".lipgate-{uuid4().hex}.part{target.suffix}")
        yield part
        part.replace(place)
    except (OSError, ValueError) as error:  # ValueError: a NUL in the name
        raise OutputError("output_failed", f"{target} cannot be written: {getattr(error, 'strerror', None) or error}.") from error
    finally:
        if part:
            with suppress(OSError):
                part.unlink(missing_ok=True)


def check(target: Path, *sources: Path) -> None:
    """Whether a result may be written there; asked before the work that leads to it.

    Raises:
        OutputError: output_failed.
        OSError, ValueError: the name is one that no file system takes.
    """
    if not target.parent.is_dir():
        raise OutputError("output_failed", f"{target} cannot be written: there is no folder {target.parent}.")
    if target.exists() and not target.is_file():
        raise OutputError("output_failed", f"{target} cannot be written: it is not a file.")
    if any(_are_one(target, source) for source in sources):
        raise OutputError("output_failed", f"{target} is the source itself. Choose another name for the result.")


def _are_one(target: Path, source: Path) -> bool:
    # A source may be a file that another program is about to make.
    return target.resolve() == source.resolve() or (target.exists() and source.exists() and target.samefile(source))
