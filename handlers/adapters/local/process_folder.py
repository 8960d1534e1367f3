"""A private folder of this process. It is locked while the process lives, so that others can tell what a crash left behind."""

import os
import secrets
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import IO

LOCK = "lock"


class ProcessFolder:
    """Where this process keeps what must not outlive it: bodies being received, temporary files."""

    def __init__(self, home: Path) -> None:
        """Make it, readable for nobody else.

        Args:
            home: folder of the folders of all processes.
        """
        home.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._home = home
        lock = None
        while lock is None:  # another process may have taken an unlocked folder for that of a dead one
            self.name = secrets.token_hex(8)
            self.path = home / self.name
            self.path.mkdir(mode=0o700)
            lock = _lock(self.path / LOCK)
        self._lock = lock

    def dead(self) -> Iterator[str]:
        """Names of processes that ended without `close`. Each is removed with what is in it, once the caller goes on."""
        for folder in self._home.iterdir():
            # A folder without a lock file is one that is just being made.
            if folder.name == self.name or not (folder / LOCK).exists():
                continue
            lock = _lock(folder / LOCK)
            if lock is None:
                continue
            yield folder.name
            lock.close()
            shutil.rmtree(folder, ignore_errors=True)

    def close(self) -> None:
        """Remove it."""
        self._lock.close()
        shutil.rmtree(self.path, ignore_errors=True)


def _lock(path: Path) -> IO[bytes] | None:
    """Open and lock a file; None where another process holds it, or it is gone."""
    try:
        file = path.open("ab")
    except OSError:
        return None
    try:
        lock_file(file)
    except OSError:
        file.close()
        return None
    return file


def lock_file(file: IO[bytes]) -> None:
    """Lock a file until it is closed, or this process ends in whatever way.

    Raises:
        OSError: it is locked already.
    """
    if os.name == "nt":
        import msvcrt

        msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)  # type: ignore[attr-defined]
    else:
        import fcntl

        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
