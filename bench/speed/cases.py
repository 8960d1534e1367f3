"""The clips that contenders are timed on: puppets that differ in one thing at a time, or files that somebody names."""

import subprocess
from collections.abc import Sequence
from dataclasses import dataclass, replace
from importlib.util import find_spec
from pathlib import Path

from lipgate.core import media
from lipgate.core.constants import VIDEO_FPS
from lipgate.core.media.ffmpeg import program

FACE_SHARE = 0.4
"""Height of a puppet's face, as a part of the picture's."""


@dataclass(frozen=True)
class Wanted:
    """A puppet that is to be made."""

    seconds: float
    size: tuple[int, int]
    """Width and height in pixels."""
    faces: int = 1

    @property
    def name(self) -> str:
        """As tables have it."""
        faces = "" if self.faces == 1 else f", {self.faces} faces"
        return f"{self.seconds:g} s {self.size[1]}p{faces}"


@dataclass(frozen=True)
class Case:
    """One clip that is there."""

    name: str
    clip: Path
    seconds: float
    width: int
    height: int
    faces: int | None = None
    """None where nobody has said so."""
    by_length: bool = False
    """One of those that differ in length only, of which cost over length is told."""
    by_name: bool = False
    """Somebody has named it."""


_480P, _720P, _1080P, _4K = (854, 480), (1280, 720), (1920, 1080), (3840, 2160)
_SMALL = (640, 360)

LENGTHS = tuple(Wanted(seconds, _720P) for seconds in (2, 5, 20, 60, 600))
"""The same picture, longer and longer."""

FULL = (*LENGTHS, *(Wanted(5, size) for size in (_480P, _1080P, _4K)), Wanted(5, _720P, faces=3))
"""By length, by resolution and by faces. 5 s of 720p with one face is the one that all have in common."""

QUICK_LENGTHS = (Wanted(2, _SMALL), Wanted(5, _SMALL))

QUICK = (*QUICK_LENGTHS, Wanted(2, _720P), Wanted(2, _SMALL, faces=3))
"""A few minutes rather than a quarter of an hour: tells whether something is very wrong, not how fast it is."""


def can_make() -> bool:
    """Whether puppets can be made: they come from a photograph in scikit-image."""
    return find_spec("skimage") is not None


LONGEST_MADE_S = 60.0
"""Longer clips repeat one of this length, copied: to draw and encode ten minutes takes longer than all that is measured."""


def made(wanted: Wanted, folder: Path, lengths: Sequence[Wanted]) -> Case:
    """Make a puppet.

    Args:
        wanted: what to make.
        folder: where it goes.
        lengths: those of which cost over length is told.
    """
    from training.puppet import Puppet, make

    width, height = wanted.size
    tile = width // wanted.faces
    puppet = Puppet(
        seconds=wanted.seconds,
        size=wanted.size,
        faces=wanted.faces,
        face_px=round(FACE_SHARE * min(height, tile)),
        preset="medium",
    )
    path = folder / f"{wanted.seconds:g}s_{height}p_{wanted.faces}.mp4"
    if wanted.seconds <= LONGEST_MADE_S:
        make(path, puppet)
    else:
        part = make(folder / "part.mp4", replace(puppet, seconds=LONGEST_MADE_S))
        _repeat(part, path, wanted.seconds)
    return Case(wanted.name, path, wanted.seconds, width, height, wanted.faces, wanted in lengths)


def _repeat(part: Path, whole: Path, seconds: float) -> None:
    again = ["-stream_loop", "-1", "-i", str(part), "-t", f"{seconds:g}", "-c", "copy", str(whole)]
    subprocess.run([program(), "-v", "error", "-nostdin", "-y", *again], check=True, capture_output=True)
    part.unlink()


def named(file: Path) -> Case:
    """Take a file that somebody names.

    Raises:
        InputError: as `lipgate.core.media.probe` and `frames`.
    """
    clip = media.probe(file)
    # Some containers do not say how long they are.
    seconds = clip.duration_s or sum(1 for _ in media.frames(clip)) / VIDEO_FPS
    return Case(file.name, file, seconds, clip.width, clip.height, by_name=True)
