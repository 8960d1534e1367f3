"""What `prepare` writes and all else reads."""

from dataclasses import dataclass

import numpy as np


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

    @property
    def person(self) -> str:
        """Whoever is seen; see `person_of`."""
        return person_of(self.name)


def person_of(name: str) -> str:
    """Whose clip it is: clips two folders deep share a person with the folder's other clips, else each clip has its own."""
    folder = name.rpartition("/")[0]
    return folder if "/" in folder else name
