"""The function's own disk."""

import os
import shutil
import tempfile
from pathlib import Path


def scratch_folder() -> Path | None:
    """On Lambda, a private folder for videos, empty at start; elsewhere None, for the system's.

    An environment runs one process at a time. After one that was ended (out of time or memory) Lambda starts another on the same
    disk: what it left of a video goes now.
    """
    if "AWS_LAMBDA_RUNTIME_API" not in os.environ:
        return None
    folder = Path(tempfile.gettempdir()) / "lipgate"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    return folder
