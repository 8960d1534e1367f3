"""Makes one attack: from clips and a seed to a file, the same bytes each time."""

import zlib
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from training.attacks.encode import Coding, write
from training.attacks.footage import Footage
from training.attacks.forgery import Material
from training.attacks.species import Species, species


@dataclass(frozen=True)
class Attack:
    """A file that is not what it seems."""

    path: Path
    species: str
    seed: int
    clip: str
    """Name of the clip it was made of."""
    sound: str
    """Name of the clip whose person or voice was added; empty where none was."""
    style: str
    """What the seed chose, in words."""


def make(
    path: Path,
    name: str,
    clip: Footage,
    seed: int = 0,
    other: Footage | None = None,
    voices: tuple[np.ndarray, ...] = (),
) -> Attack:
    """Make an attack of a clip.

    Args:
        path: of the MP4 file to write.
        name: of the species, a key of `training.attacks.species`.
        clip: the person whose picture is used.
        seed: chooses all that is left open. Consecutive seeds go through motions of the camera and the like.
        other: another person, for species that need a clip or a sound.
        voices: more sound of other people, int16 (m,) each, 16 kHz.

    Raises:
        KeyError: no such species.
        OutputError: output_failed, where it could not be encoded or espeak-ng is needed and missing.
        ValueError: the species needs another person.
    """
    kind = species[name]
    rng = generator(kind, clip, seed)
    heard = ((other.sound,) if other else ()) + voices
    coding = Coding.drawn(rng)
    forgery = kind.make(Material(clip, other, heard, seed, rng))
    write(path, forgery.frames, forgery.sound, coding, forgery.fps)
    return Attack(path, name, seed, clip.name, other.name if other and kind.uses_other else "", forgery.style)


def copy(path: Path, clip: Footage, seed: int = 0) -> None:
    """Encode the genuine clip as the attacks are encoded, so that nothing but the attack tells them apart.

    Raises:
        OutputError: output_failed.
    """
    rng = np.random.default_rng([seed, zlib.crc32(clip.name.encode())])
    write(path, clip.frames, clip.sound, Coding.drawn(rng))


def generator(kind: Species, clip: Footage, seed: int) -> np.random.Generator:
    """The chances of one attack; those of other species, clips and seeds are independent of it."""
    return np.random.default_rng([seed, zlib.crc32(kind.name.encode()), zlib.crc32(clip.name.encode())])
