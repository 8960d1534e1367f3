"""The one configuration file of training."""

import csv
import tomllib
from dataclasses import dataclass
from fnmatch import fnmatch
from pathlib import Path


@dataclass(frozen=True)
class Config:
    """Contents of a configuration such as `training/mini.toml`; the file explains each value."""

    seed: int
    clips: list[Path]
    cache: Path
    min_frames: int
    held_out: list[str]
    left_out: list[str]
    same_words: list[str]
    drawn: list[str]
    reference: Path | None
    sources: Path | None
    without_licences: list[str]
    weights: dict[str, float]
    hearings: int
    steps: int
    clips_per_step: int
    segment_frames: int
    puppets_per_step: int
    warped_per_step: int
    bfloat16: bool
    frozen_convs: int
    learning_rate: float
    weight_decay: float
    full_strength_at: int
    average_decay: float
    realign_at: list[int]
    validate_every: int
    checkpoint_every: int
    run: Path
    start: Path | None

    @classmethod
    def read(cls, path: str | Path) -> "Config":
        """Read a file; paths in it count from the current folder."""
        content = tomllib.loads(Path(path).read_text())
        usual = {
            "weights": {},
            "drawn": [],
            "without_licences": [],
            "hearings": 6,
            "puppets_per_step": 3,
            "warped_per_step": 3,
            "frozen_convs": 0,
        }
        flat = {**usual, "seed": content["seed"], **content["data"], **content["train"]}
        flat["clips"] = [Path(folder) for folder in flat["clips"]]
        for name in ("cache", "run", "reference", "sources", "start"):
            flat[name] = Path(flat[name]) if flat.get(name) else None
        config = cls(**flat)
        config.left_out.extend(config._unusable())
        return config

    def _unusable(self) -> list[str]:
        """Clips that the table of sources speaks against: by their licence, or because sound and lips lie too far apart."""
        if self.sources is None:
            return []
        with self.sources.open(newline="") as file:
            rows = list(csv.DictReader(file))
        return [row["file"] for row in rows if row["licence"] in self.without_licences or not _near(row["mini2_offset"])]

    def is_held_out(self, name: str) -> bool:
        """Whether a clip, by its path below `clips`, is kept out of training."""
        return any(fnmatch(name, pattern) for pattern in self.held_out)

    def is_left_out(self, name: str) -> bool:
        """Whether a clip is used for nothing."""
        return any(fnmatch(name, pattern) for pattern in self.left_out)

    def weight(self, name: str) -> float:
        """How often a clip is drawn; the first pattern that fits counts."""
        return next((weight for pattern, weight in self.weights.items() if fnmatch(name, pattern)), 1.0)


def _near(offset: str) -> bool:
    """Whether a clip's offset was measured and can be taken off; see `training.reference.MAX_OFFSET`."""
    return offset != "" and abs(float(offset)) < 3.5
