"""Makes a set of attacks of a set of clips.

    python -m training.attacks CLIPS... --out FOLDER [--species all] [--seed 0] [--count 1]

writes FOLDER/SPECIES/CLIP_SEED.mp4 and FOLDER/manifest.csv with the columns clip, label, person and species, which `lipgate
evaluate` reads, and what was expected, held out, drawn and used. The clips stand in it too, as they are and encoded like the
attacks. Files already there are kept, so it may be stopped and started.
"""

import argparse
import csv
import re
import sys
from pathlib import Path

import numpy as np
from rich.progress import track as progress

from lipgate.core.errors import LipgateError
from training.attacks import voices
from training.attacks.factory import copy, make
from training.attacks.footage import Footage, read, read_sound
from training.attacks.species import Needs, species
from training.track import person_of

COLUMNS = ("clip", "label", "person", "species", "expected", "trained", "seed", "style", "source", "sound")

VOICES = 3
"""Other people whose sound an attack may use beside the one whose picture it may use."""


def main() -> int:
    """Command line."""
    parser = argparse.ArgumentParser(prog="python -m training.attacks", description="Make attacks of talking clips.")
    parser.add_argument("clips", nargs="+", type=Path, help="clips, or folders of them")
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--species", default="all", help="names with commas between; all, trained or held_out")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--count", type=int, default=1, help="attacks of each species for each clip")
    parser.add_argument("--seconds", type=float, default=8.0, help="no more of a clip is used")
    arguments = parser.parse_args()
    names = _species(parser, arguments.species)
    if not voices.available():
        left_out = [name for name in names if species[name].needs is Needs.ESPEAK]
        names = [name for name in names if name not in left_out]
        print(f"espeak-ng is not installed, left out: {', '.join(left_out)}", file=sys.stderr)
    people = _people(arguments.clips)
    rows = _Manifest(arguments.out / "manifest.csv")
    for index, (path, person) in enumerate(progress(people.items(), description="clips")):
        try:
            _attack(path, index, people, names, arguments, rows)
        except LipgateError as error:
            print(f"{path} ({person}): {error.code}: {error.message}", file=sys.stderr)
        rows.write()
    return 0


def _species(parser: argparse.ArgumentParser, wanted: str) -> list[str]:
    sets = {
        "all": list(species),
        "trained": [name for name, kind in species.items() if kind.trained],
        "held_out": [name for name, kind in species.items() if not kind.trained],
    }
    names = sets.get(wanted) or wanted.split(",")
    for name in names:
        if name not in species:
            parser.error(f"unknown species '{name}', known are {', '.join(species)}")
    return names


def _people(clips: list[Path]) -> dict[Path, str]:
    """Clips and who is seen in them, as `training.track.person_of` tells from a clip's place below a folder given."""
    found = {}
    for given in clips:
        for path in sorted(given.rglob("*.mp4")) if given.is_dir() else [given]:
            name = path.relative_to(given).as_posix() if given.is_dir() else path.name
            found[path.absolute()] = person_of(name).removesuffix(".mp4")
    return found


def _attack(
    path: Path, index: int, people: dict[Path, str], names: list[str], arguments: argparse.Namespace, rows: "_Manifest"
) -> None:
    """Make all attacks of one clip."""
    person = people[path]
    name = f"{path.parent.name}/{path.name}"
    stem = re.sub(r"[^\w.-]+", "_", f"{path.parent.name}_{path.stem}")[-80:]
    out, first = arguments.out, arguments.seed + index * arguments.count
    rows.add(clip=str(path), label="genuine", person=person)
    target = out / "genuine" / f"{stem}.mp4"
    todo = [(kind, seed) for kind in names for seed in range(first, first + arguments.count)]
    todo = [(kind, seed) for kind, seed in todo if not rows.keeps(_place(out, kind, stem, seed))]
    if not todo and rows.keeps(target):
        return
    clip = read(path, name, arguments.seconds)
    target.parent.mkdir(parents=True, exist_ok=True)
    copy(target, clip, first)
    rows.add(clip=target.relative_to(out).as_posix(), label="genuine", person=person, source=name)
    others: dict[int, tuple[Footage | None, tuple[np.ndarray, ...]]] = {}
    for kind, seed in todo:
        if seed not in others:
            others = {seed: _others(path, people, seed, arguments.seconds)}
        other, sounds = others[seed]
        if species[kind].uses_other and other is None:
            continue
        place = _place(out, kind, stem, seed)
        place.parent.mkdir(parents=True, exist_ok=True)
        made = make(place, kind, clip, seed, other, sounds)
        told = species[kind]
        rows.add(
            clip=place.relative_to(out).as_posix(),
            label=told.label,
            person=person,
            species=kind,
            expected=told.expected,
            trained="yes" if told.trained else "no",
            seed=seed,
            style=made.style,
            source=made.clip,
            sound=made.sound,
        )


def _place(out: Path, kind: str, stem: str, seed: int) -> Path:
    return out / kind / f"{stem}_{seed}.mp4"


def _others(path: Path, people: dict[Path, str], seed: int, seconds: float) -> tuple[Footage | None, tuple[np.ndarray, ...]]:
    """Another person, seen and heard, and the sound of some more; drawn by the seed."""
    strangers = [clip for clip, person in people.items() if person != people[path]]
    order = np.random.default_rng(seed).permutation(len(strangers))
    other: Footage | None = None
    sounds: list[np.ndarray] = []
    for number in order:
        clip = strangers[int(number)]
        try:
            if other is None:
                other = read(clip, f"{clip.parent.name}/{clip.name}", seconds)
            else:
                sounds.append(read_sound(clip, seconds))
        except LipgateError:  # said when its own turn comes
            continue
        if len(sounds) == VOICES:
            break
    return other, tuple(sounds)


class _Manifest:
    """The list of what there is, kept from one run to the next."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._rows: dict[str, dict[str, str]] = {}
        if path.exists():
            with path.open(newline="", encoding="utf-8") as file:
                self._rows = {row["clip"]: row for row in csv.DictReader(file)}

    def keeps(self, clip: Path) -> bool:
        """Whether a file is there and listed."""
        return clip.exists() and clip.relative_to(self._path.parent).as_posix() in self._rows

    def add(self, **row: object) -> None:
        """List one file."""
        self._rows[str(row["clip"])] = {column: str(row.get(column, "")) for column in COLUMNS}

    def write(self) -> None:
        """Put it on disk."""
        self._path.parent.mkdir(parents=True, exist_ok=True)
        with self._path.open("w", newline="", encoding="utf-8") as file:
            writer = csv.DictWriter(file, COLUMNS)
            writer.writeheader()
            writer.writerows(self._rows.values())


if __name__ == "__main__":
    sys.exit(main())
