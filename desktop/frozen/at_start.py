"""PyInstaller runs this inside the frozen program before anything else: each child process finds what it needs.

Not a module of the project: it is compiled into the program by `build.spec` and imports nothing of Lipgate.
"""

import os
import sys
from pathlib import Path

_LIBRARY_PATHS = ("LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH")


def _name_ffmpeg() -> None:
    """Name the ffmpeg in the bundle. imageio-ffmpeg would find it too, but starts it once to see whether it runs."""
    folder = Path(sys._MEIPASS) / "imageio_ffmpeg" / "binaries"  # type: ignore[attr-defined]
    for program in folder.glob("ffmpeg-*"):
        # One that lost its permission in a copy is left to imageio-ffmpeg, which then says that there is none.
        if os.access(program, os.X_OK):
            os.environ.setdefault("IMAGEIO_FFMPEG_EXE", str(program))


def _restore_library_path() -> None:
    """Undo for child processes (ffmpeg, a browser) what the loader set: libraries of this bundle are not for them."""
    for name in _LIBRARY_PATHS:
        before = os.environ.pop(f"{name}_ORIG", None)
        if before is not None:
            os.environ[name] = before
        elif name in os.environ:
            del os.environ[name]


_name_ffmpeg()
_restore_library_path()
