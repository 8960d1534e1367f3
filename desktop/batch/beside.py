"""Sound that lies beside the picture in a file of its own: both in one file for as long as it is scored, nothing encoded."""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from lipgate.core.errors import InputError
from lipgate.core.media import ffmpeg
from lipgate.core.media.complaints import Complaints


def sound_of(video: Path, named: str) -> Path:
    """The sound that belongs to a video: `named` itself, or the file beside it where only a suffix (`.wav`) is named."""
    only_suffix = named.startswith(".") and "/" not in named and len(named) > 1
    return video.with_suffix(named) if only_suffix else Path(named)


@contextmanager
def joined(video: Path, sound: Path) -> Iterator[Path]:
    """A file with the picture of one and the first sound of the other; it is gone after the block.

    Raises:
        InputError: file_not_found, file_unreadable.
    """
    for path in (video, sound):
        if not path.is_file():
            raise InputError("file_not_found", f"There is no file {path}.")
    with tempfile.TemporaryDirectory(prefix="lipgate-") as folder:
        target = Path(folder) / f"{video.stem or 'video'}.mkv"
        inputs = [*ffmpeg.input_arguments(video), *ffmpeg.input_arguments(sound)]
        output = ["-map", "0:v", "-map", "1:a:0", "-c", "copy", "-f", "matroska", f"file:{target}"]
        with ffmpeg.running(["-loglevel", "error", "-fflags", "+genpts", *inputs, *output], capture_log=True) as process:
            complaints = Complaints(process)
            if process.wait():
                said = complaints.text()
                raise InputError("file_unreadable", f"{sound.name} cannot be heard with {video.name}: {said}.")
        yield target
