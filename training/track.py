"""What `prepare` and `hear` write and all else reads."""

from dataclasses import dataclass, field

import numpy as np


@dataclass(frozen=True)
class Hearing:
    """The sound of a track as the frozen encoder hears it, once, perhaps faster, from another room or through another line."""

    speed: float
    """How much faster than recorded."""
    first: float
    """Frame of the track's sound at which it begins."""
    states: np.ndarray
    """float16 (2 n, 768), 50 a second."""
    loudness: np.ndarray
    """float32 (n,): root mean square of each frame before room and noise, full scale 1."""


@dataclass
class Track:
    """One face track and its sound."""

    name: str
    crops: np.ndarray
    """uint8 (n, 96, 96)."""
    sound: np.ndarray
    """int16, from `lead` frames before the track to some frames after it."""
    lead: int
    offset: float = 0.0
    """Natural offset of the recording in frames, by the sign of Lipgate: the sound of frame i is at frame i - offset."""
    hearings: list[Hearing] = field(default_factory=list)
    """The first is the sound as recorded."""

    @property
    def person(self) -> str:
        """Whoever is seen; see `person_of`."""
        return person_of(self.name)


def person_of(name: str) -> str:
    """Whose clip it is. Two folders deep, `a/b/b_x` belongs to the folder's one person and `a/b/c__x` to its person c; every
    other clip has a person of its own."""
    folder, _, file = name.rpartition("/")
    if "/" not in folder:
        return name
    if file.startswith(folder.rpartition("/")[2] + "_"):
        return folder
    return f"{folder}/{file.partition('__')[0]}" if "__" in file else name
