"""Step 0, where wanted: puppets to train on, a photograph that speaks with many synthetic voices.

    python -m training.puppets training/runs/puppets --count 150

They bring voices that no recording here has, and teach the network drawn faces, such as those of the samples and tests. The
speech of samples and tests is not among them. Needs Debian's espeak-ng.
"""

import argparse
import shutil
import subprocess
import sys
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
from rich.progress import track as progress

from training.puppet import Puppet, make

LANGUAGES = ("en-gb", "en-us", "es", "es-419", "fr", "de", "it", "pt", "nl", "pl", "tr", "sv", "el", "id", "sw", "ro")
VARIANTS = ("", "+m1", "+m3", "+m5", "+m7", "+f1", "+f2", "+f3", "+f4", "+f5")
CONSONANTS = ("p", "b", "m", "f", "v", "t", "d", "s", "n", "l", "r", "k", "g", "sh", "ch", "w", "h", "")
VOWELS = ("a", "e", "i", "o", "u", "ai", "oa", "ee", "ou")


def words(rng: np.random.Generator) -> str:
    """Words that mean nothing, with the pauses of sentences."""
    said = []
    for _ in range(60):
        syllables = (str(rng.choice(CONSONANTS)) + str(rng.choice(VOWELS)) for _ in range(rng.integers(1, 4)))
        said.append("".join(syllables) + rng.choice(["", "n", "m", "s", "t"]) + rng.choice(["", "", "", "", ",", "."]))
    return " ".join(said)


def puppet(target: Path, number: int) -> None:
    """Make one clip; the number chooses voice, words, size and motion."""
    rng = np.random.default_rng([20161, number])
    with TemporaryDirectory() as folder:
        speech = Path(folder) / "speech.wav"
        voice = str(rng.choice(LANGUAGES)) + str(rng.choice(VARIANTS))
        manner = ["-s", str(rng.integers(110, 210)), "-p", str(rng.integers(20, 80))]
        subprocess.run(["espeak-ng", "-v", voice, *manner, "-w", str(speech), words(rng)], check=True)  # noqa: S607
        sizes = ((640, 360), (640, 480), (480, 360), (1280, 720))
        size = sizes[int(rng.integers(len(sizes)))]
        face = int(rng.uniform(0.25, 0.5) * size[1])
        make(target, Puppet(seconds=6.0, voice=speech, size=size, face_px=face, seed=number, crf=int(rng.integers(18, 34))))


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description="Make puppets to train on.")
    parser.add_argument("folder", type=Path)
    parser.add_argument("--count", type=int, default=150)
    arguments = parser.parse_args()
    if not shutil.which("espeak-ng"):
        sys.exit("espeak-ng is needed: apt-get install espeak-ng")
    folder = arguments.folder / "puppet"
    folder.mkdir(parents=True, exist_ok=True)
    targets = [folder / f"puppet_{number:03d}.mp4" for number in range(arguments.count)]
    with ProcessPoolExecutor() as pool:
        todo = [(target, number) for number, target in enumerate(targets) if not target.exists()]
        jobs = [pool.submit(puppet, *one) for one in todo]
        for job in progress(jobs, description="puppets"):
            job.result()


if __name__ == "__main__":
    main()
