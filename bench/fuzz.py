"""Scores containers with bytes changed at random, as strangers might send them: each ends in a report or a stable code, in time,
and leaves nothing behind. From the top of the repository:

    python -m bench.fuzz --count 200 --seed 1
"""

import argparse
import os
import random
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from lipgate.core.errors import LipgateError
from lipgate.core.media import ffmpeg
from lipgate.core.settings import settings
from lipgate.handlers.scoring.slots import Scorer

SAMPLE = Path(__file__).parents[1] / "samples" / "in_sync.mp4"
CLIP_SECONDS = "1.5"

CONTAINERS = {
    "mp4": ("-c", "copy"),
    "frag.mp4": ("-c", "copy", "-movflags", "frag_keyframe+empty_moov"),
    "mkv": ("-c", "copy"),
    "ts": ("-c", "copy"),
    "avi": ("-c:v", "mpeg4", "-c:a", "pcm_s16le"),
    "webm": ("-c:v", "libvpx", "-deadline", "realtime", "-cpu-used", "8", "-c:a", "libopus"),
}
"""Suffix and how it is made."""

BOXES = (b"moov", b"mdat", b"trak", b"stsz", b"stco", b"stts", b"stsd", b"ctts", b"elst", b"avcC", b"mp4a", b"movi", b"idx1")

FAULTS = ("internal_error", "scorer_died")
"""Codes that no file may cause. `timeout` is none: bytes changed in the clock of a file can make a film of many hours of it."""

OVERTIME_SECONDS = 10.0
"""How long after its time limit a file may be worked on, on a busy machine."""


@dataclass(frozen=True)
class Found:
    """What became of one file."""

    name: str
    said: str
    """The decision, or the code."""
    seconds: float
    problems: tuple[str, ...]


def mutated(content: bytes, chance: random.Random) -> bytes:
    """The same bytes, some of them changed."""
    data = bytearray(content)
    for _ in range(chance.choice((1, 1, 2, 4))):
        chance.choice((_flip, _cut, _repeat, _blank, _resize, _swap))(data, chance)
    return bytes(data)


def run(count: int, seed: int, limit_s: float, tell: Callable[[Found], None]) -> list[Found]:
    """Score so many files.

    Args:
        count: of them.
        seed: the same gives the same files.
        limit_s: longest time for one.
        tell: called for each.
    """
    found = []
    with tempfile.TemporaryDirectory(prefix="fuzz-") as folder:
        sources = _sources(Path(folder))
        work = Path(folder) / "work"
        work.mkdir()
        with _scratch(Path(folder) / "tmp") as scratch:
            scorer = Scorer(settings(), 1, 1)
            try:
                scorer.load()
                for number in range(count):
                    chance = random.Random(f"{seed} {number}")  # noqa: S311 - to be had again
                    suffix = chance.choice(sorted(sources))
                    path = work / f"{number:04d}.{suffix}"
                    path.write_bytes(mutated(sources[suffix], chance))
                    found.append(_scored(scorer, path, limit_s, scratch))
                    tell(found[-1])
                    path.unlink()
            finally:
                scorer.close()
    return found


def _scored(scorer: Scorer, path: Path, limit_s: float, scratch: Path) -> Found:
    began = time.monotonic()
    try:
        task = scorer.submit(lambda: scorer.score(path, time.monotonic() + limit_s))
        said = str(task.result()["decision"])
    except LipgateError as error:
        said = error.code
    except Exception as error:  # what is not raised on purpose is what is looked for
        said = f"{type(error).__name__}: {error}"
    seconds = time.monotonic() - began
    problems = [said] if said in FAULTS or ":" in said else []
    problems += [f"took {seconds:.0f} s"] if seconds > limit_s + OVERTIME_SECONDS else []
    problems += [f"left behind: {left.name}" for left in (*scratch.iterdir(), *path.parent.iterdir()) if left != path]
    problems += [f"still runs: {program}" for program in _programs(scorer.pids)]
    return Found(path.name, said, seconds, tuple(problems))


def _sources(folder: Path) -> dict[str, bytes]:
    made = {}
    for suffix, how in CONTAINERS.items():
        path = folder / f"source.{suffix}"
        asked = [ffmpeg.program(), "-v", "error", "-nostdin", "-y", "-i", str(SAMPLE), "-t", CLIP_SECONDS, *how, str(path)]
        subprocess.run(asked, check=True, stdin=subprocess.DEVNULL)
        made[suffix] = path.read_bytes()
    return made


@contextmanager
def _scratch(folder: Path) -> Iterator[Path]:
    """A temporary folder of the scorers' own: what they leave in it shows."""
    folder.mkdir()
    before = os.environ.get("TMPDIR")
    os.environ["TMPDIR"] = str(folder)
    try:
        yield folder
    finally:
        if before is None:
            del os.environ["TMPDIR"]
        else:
            os.environ["TMPDIR"] = before


def _programs(parents: list[int]) -> list[str]:
    """Programs that a scorer has started and not ended. Linux; elsewhere none are seen."""
    found = []
    for status in Path("/proc").glob("[0-9]*/stat"):
        try:
            name, _, rest = status.read_text().rpartition(")")
        except OSError:
            continue
        if int(rest.split()[1]) in parents:
            found.append(name.partition("(")[2])
    return found


def _flip(data: bytearray, chance: random.Random) -> None:
    for _ in range(chance.choice((1, 8, 64))):
        if data:
            data[chance.randrange(len(data))] = chance.randrange(256)


def _cut(data: bytearray, chance: random.Random) -> None:
    at = chance.randrange(len(data) + 1)
    del data[at : chance.choice((len(data), at + 1, at + chance.randrange(1, 4096)))]


def _repeat(data: bytearray, chance: random.Random) -> None:
    at = chance.randrange(len(data) + 1)
    data[at:at] = data[at : at + chance.randrange(1, 4096)] * chance.choice((1, 3))


def _blank(data: bytearray, chance: random.Random) -> None:
    at = chance.randrange(len(data) + 1)
    end = min(len(data), at + chance.randrange(1, 2048))
    data[at:end] = bytes([chance.choice((0, 255))]) * (end - at)


def _resize(data: bytearray, chance: random.Random) -> None:
    """Another number where a box of MP4 or AVI says how long it is, or how many entries it has."""
    at = data.find(chance.choice(BOXES))
    if at >= 4:
        place = at + chance.choice((-4, 4, 8, 12, 16))
        data[place : place + 4] = chance.choice((b"\0\0\0\0", b"\xff\xff\xff\xff", b"\x7f\xff\xff\xff", chance.randbytes(4)))


def _swap(data: bytearray, chance: random.Random) -> None:
    size = chance.randrange(1, 1024)
    if len(data) > 2 * size:
        one, other = (chance.randrange(len(data) - size) for _ in range(2))
        data[one : one + size], data[other : other + size] = data[other : other + size], data[one : one + size]


def main(arguments: list[str] | None = None) -> int:
    """Run it; 1 where a file did what none may do."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n\n")[0])
    parser.add_argument("--count", type=int, default=200, help="files (default 200)")
    parser.add_argument("--seed", type=int, default=1, help="the same gives the same files (default 1)")
    parser.add_argument("--seconds", type=float, default=30.0, help="longest time for one (default 30)")
    asked = parser.parse_args(arguments)

    def tell(one: Found) -> None:
        for problem in one.problems:
            print(f"{one.name}: {problem}", file=sys.stderr, flush=True)

    found = run(asked.count, asked.seed, asked.seconds, tell)
    bad = sum(bool(one.problems) for one in found)
    said = ", ".join(f"{name} {count}" for name, count in Counter(one.said for one in found).most_common())
    longest = max((one.seconds for one in found), default=0)
    print(f"{len(found)} files, seed {asked.seed}: {said}; longest {longest:.1f} s; {bad} bad")
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
