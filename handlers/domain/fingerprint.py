"""What makes two scores the same: owner, bytes of the video, weights, and every setting that changes the report."""

import hashlib
import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from core import __version__
from core.errors import InputError
from core.settings import Settings

DECISIVE = (
    "allow_threshold",
    "next_threshold",
    "max_offset_frames",
    "expected_offset_frames",
    "min_track_frames",
    "min_face_px",
    "min_speech_s",
    "max_hidden_share",
    "s3fd_scale",
)
"""Settings that change what a report says. Limits of size and time do not: they change whether there is one."""


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


def fingerprint(owner: str, content: str, identity: Mapping[str, Any], limits: Settings) -> str:
    """The name of a result.

    The owner is part of it: nobody learns from the speed of an answer that somebody else has sent the same video.

    Args:
        owner: id of the API key.
        content: hash of the video.
        identity: of models and calibration, from `handlers.scoring.Scorer.identity`.
        limits: of the scorer.
    """
    settings = {name: getattr(limits, name) for name in DECISIVE}
    parts = [__version__, owner, content, dict(identity), settings]
    return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()
