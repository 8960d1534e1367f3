"""Opens a SQLite file that belongs to somebody else, as an auditor's copy does, and makes and changes nothing."""

import shutil
import sqlite3
import tempfile
from pathlib import Path
from typing import Any


def connect(path: Path, **options: Any) -> sqlite3.Connection:
    """A connection that sees all that was written, also what is still in the write-ahead log beside the file.

    Args:
        path: of the file.
        options: of `sqlite3.connect`.

    Raises:
        sqlite3.Error, OSError: it cannot be read.
    """
    log, index = (path.with_name(path.name + suffix) for suffix in ("-wal", "-shm"))
    address = f"{path.absolute().as_uri()}?mode=ro"
    if index.exists():  # somebody may be writing
        return sqlite3.connect(address, uri=True, **options)
    if log.exists() and log.stat().st_size:
        return _in_memory(path, log, **options)
    # Without `immutable` SQLite makes both beside the file, and fails where it may not.
    return sqlite3.connect(f"{address}&immutable=1", uri=True, **options)


def _in_memory(path: Path, log: Path, **options: Any) -> sqlite3.Connection:
    """A log that was copied without its index: SQLite makes a new one, so it is given copies of its own."""
    connection = sqlite3.connect(":memory:", **options)
    with tempfile.TemporaryDirectory() as folder:
        for source in (path, log):
            shutil.copyfile(source, Path(folder, source.name))
        whole = sqlite3.connect(Path(folder, path.name))
        try:
            whole.backup(connection)
        finally:
            whole.close()
    return connection
