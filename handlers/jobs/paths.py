"""`video_path` of existing clients: a file inside the upload folder and nothing else."""

import re
import stat
from pathlib import Path, PurePosixPath, PureWindowsPath

from lipgate.handlers.domain.errors import RefusedError

_DEVICES = re.compile(r"(?:con|prn|aux|nul|com[0-9¹²³]|lpt[0-9¹²³]|conin\$|conout\$)(?:\..*)?", re.IGNORECASE)
"""File names that Windows takes for devices, in any folder."""

_NO_TEXT = re.compile("[\ud800-\udfff]")
"""What Python has in the place of a file name's bytes that are not UTF-8."""


def resolve_video_path(text: str, folder: Path | None) -> Path:
    """The file a client names.

    Args:
        text: relative to the folder, or absolute and inside it.
        folder: LIPGATE_UPLOAD_DIR.

    Raises:
        RefusedError: video_path_refused, with the same words whether or not anything is there outside the folder;
            file_not_found, for what is not there inside it.
    """
    if folder is None:
        raise RefusedError("video_path_refused", "This server takes no video_path: LIPGATE_UPLOAD_DIR is not set.")
    root = folder.resolve()
    if not text or "\0" in text or len(text) > 4096 or _forbidden(text):
        raise _refused()
    named = Path(text) if Path(text).is_absolute() else root / text
    try:
        # Symbolic links are followed first: what counts is where the file really is.
        path = named.resolve()
        inside = path.is_relative_to(root) and path != root
        found = path.stat() if inside else None
    except (FileNotFoundError, NotADirectoryError) as error:
        raise RefusedError("file_not_found", "There is no such file in the upload folder.") from error
    except (OSError, ValueError, RuntimeError) as error:  # too long a name, a loop of links
        raise _refused() from error
    # A FIFO would make the reader wait for ever, a device might never end; and no store of jobs could keep what is no text.
    if found is None or not stat.S_ISREG(found.st_mode) or _NO_TEXT.search(str(path.relative_to(root))):
        raise _refused()
    return path


def _forbidden(text: str) -> bool:
    """Whether a path climbs, or names another computer, a drive, a stream or a device, on any system."""
    windows = PureWindowsPath(text)
    parts = {*PurePosixPath(text).parts, *windows.parts}
    if ".." in parts or text.startswith(("\\", "//")):
        return True
    if any(_DEVICES.fullmatch(part.strip(" .")) for part in parts):
        return True
    return "://" in text or (bool(windows.drive) and not Path(text).is_absolute())


def _refused() -> RefusedError:
    return RefusedError("video_path_refused", "The video_path must name a file inside the upload folder.")
