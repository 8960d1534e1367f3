"""What makes two scores the same: owner, bytes of the video, weights, and the limits it is judged by."""

import hashlib
import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from lipgate.core import __version__
from lipgate.core.errors import InputError
from lipgate.core.limits import Limits


@contextmanager
def reading() -> Iterator[None]:
    """The block reads a video, which others may replace or remove at any time. Messages do not name it.

    Raises:
        InputError: file_not_found, file_unreadable.
    """
    try:
        yield
    except FileNotFoundError as error:
        raise InputError("file_not_found", "The video is not there any more.") from error
    except OSError as error:
        raise InputError("file_unreadable", f"The video cannot be read: {error.strerror}.") from error


def content_hash(path: Path) -> str:
    """SHA-256 of a file, hexadecimal.

    Raises:
        InputError: file_not_found, file_unreadable.
    """
    with reading(), path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def fingerprint(owner: str, content: str, identity: Mapping[str, Any], limits: Limits) -> str:
    """The name of a result.

    The owner is part of it: nobody learns from the speed of an answer that somebody else has sent the same video.

    Args:
        owner: id of the API key.
        content: hash of the video.
        identity: of models and calibration, from `lipgate.handlers.scoring.slots.Scorer.identity`.
        limits: what it is judged by.
    """
    parts = [__version__, owner, content, dict(identity), limits.sha256]
    return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()
