"""Step 1: cut mouths and sound out of a folder of talking clips, with the very stages that score.

    python -m training.prepare training/mini.toml

Writes one .npz for each face track: `crops` uint8 (n, 96, 96), `sound` int16 (n * 640,), `lead` int (frames of sound before
and after the track that are in `sound` too), `name`; and `clips.sha256`, the list of clips. Clips already done are skipped, so
it may be stopped and started.
"""

import argparse
import hashlib
from concurrent.futures import ProcessPoolExecutor, as_completed
from pathlib import Path

import numpy as np
from rich.progress import track as progress

from lipgate.core import media, scenes
from lipgate.core.errors import LipgateError
from lipgate.core.faces import mouth
from lipgate.core.faces.track import Follower, TrackPiece
from lipgate.core.faces.yunet import Yunet
from lipgate.core.files import hash_file
from lipgate.core.weights.store import find
from training.config import Config

CANVAS = 96
"""Side of the crops kept: the network's 64 and room to turn, scale and shift them."""

LEAD = 20
"""Frames of sound kept at each side of a track, where there are some."""

LIST = "clips.sha256"
"""File in the cache that names all clips with their hashes."""


def prepare(clip: Path, name: str, cache: Path, min_frames: int) -> int:
    """Write the tracks of one clip; returns how many.

    Raises:
        InputError: the clip cannot be read.
    """
    source = media.probe(clip)
    pieces: dict[int, list[tuple[TrackPiece, np.ndarray]]] = {}
    follower = Follower(Yunet(find("yunet").read_branch("faces")))
    for piece in follower.follow(scenes.split(media.planes(source))):
        pieces.setdefault(piece.track, []).append((piece, mouth.cut(piece.images, piece.landmarks, CANVAS)))
        piece.images.clear()
    written = 0
    for number, parts in pieces.items():
        crops = np.concatenate([crop for _, crop in parts])
        if len(crops) < min_frames:
            continue
        start = parts[0][0].start
        first = max(0, start - LEAD)
        with media.Sound(source) as sound:
            samples = sound.window(first, start + len(crops) + LEAD).copy()
        size = np.concatenate([piece.boxes for piece, _ in parts])
        face = float((size[:, 2] - size[:, 0]).mean())
        target = cache / f"{hashlib.sha1(name.encode(), usedforsecurity=False).hexdigest()[:12]}_{number}.npz"
        np.savez(target, crops=crops, sound=samples, lead=start - first, name=name, face=face)
        written += 1
    (cache / f"{hashlib.sha1(name.encode(), usedforsecurity=False).hexdigest()[:12]}.done").touch()
    return written


def write_list(clips: dict[str, Path], target: Path) -> None:
    """Write down which clips these are: `sha256sum -c` reads it from inside the folder of clips."""
    target.write_text("".join(f"{hash_file(path)}  {name}\n" for name, path in clips.items()))


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description="Cut mouths and sound out of talking clips.")
    parser.add_argument("config", type=Path)
    parser.add_argument("--workers", type=int, default=2)
    arguments = parser.parse_args()
    config = Config.read(arguments.config)
    config.cache.mkdir(parents=True, exist_ok=True)
    clips = {str(path.relative_to(folder)): path for folder in config.clips for path in sorted(folder.rglob("*.mp4"))}
    todo = {
        name: path
        for name, path in clips.items()
        if not (config.cache / f"{hashlib.sha1(name.encode(), usedforsecurity=False).hexdigest()[:12]}.done").exists()
    }
    write_list(clips, config.cache / LIST)
    print(f"{len(clips)} clips, {len(todo)} to do")
    tracks = 0
    with ProcessPoolExecutor(arguments.workers) as pool:
        jobs = {pool.submit(prepare, path, name, config.cache, config.min_frames): name for name, path in todo.items()}
        for job in progress(as_completed(jobs), total=len(jobs), description="clips"):
            try:
                tracks += job.result()
            except LipgateError as error:
                print(f"{jobs[job]}: {error.code}: {error.message}")
    print(f"{tracks} tracks in {config.cache}")


if __name__ == "__main__":
    main()
