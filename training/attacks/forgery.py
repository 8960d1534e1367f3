"""What the makers of attacks take and give."""

from collections.abc import Iterable
from dataclasses import dataclass
from fractions import Fraction

import numpy as np

from lipgate.core.constants import VIDEO_FPS
from training.attacks.footage import Footage


@dataclass(frozen=True)
class Material:
    """What an attack is made of."""

    clip: Footage
    """The person who is attacked, or attacks."""
    other: Footage | None
    """Another person, speaking."""
    voices: tuple[np.ndarray, ...]
    """Sound of other people, int16 (m,) each, 16 kHz; empty where there is none."""
    seed: int
    """Cycles through what comes in a handful of kinds, so that consecutive seeds show them all."""
    rng: np.random.Generator
    """Draws all else."""

    @property
    def stranger(self) -> Footage:
        """The other person. Raises ValueError where there is none: the registry says which species need one."""
        if self.other is None:
            raise ValueError("this species needs a second clip")
        return self.other

    def voice(self, samples: int) -> np.ndarray:
        """So many samples of somebody else's speech, int16; repeated where it is shorter.

        Raises:
            ValueError: there is none: the registry says which species need one.
        """
        if not self.voices:
            raise ValueError("this species needs a second clip")
        return np.resize(self.voices[int(self.rng.integers(len(self.voices)))], samples)


@dataclass(frozen=True)
class Forgery:
    """A video that is not what it seems, before it is encoded."""

    frames: Iterable[np.ndarray]
    """uint8 (height, width, 3) BGR each, all of one even size."""
    sound: np.ndarray
    """int16 (m,), 16 kHz."""
    style: str
    """What was drawn, in a word or two."""
    fps: Fraction | int = VIDEO_FPS
