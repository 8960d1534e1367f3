"""The command line over many files, with one process and with two."""

from collections.abc import Callable, Sequence
from pathlib import Path

from bench.speed.process import python, run
from bench.speed.results import Throughput


def throughput(
    clip: Path, files: int, jobs: Sequence[int], device: str, limit_s: float, tell: Callable[[str], None]
) -> list[Throughput]:
    """Score a clip alone, as a user's first command would, and then several times over.

    Args:
        clip: what is scored.
        files: how often.
        jobs: processes, each number in turn.
        device: cpu or cuda.
        limit_s: longest time for one run.
        tell: told what is in hand.
    """
    return [_one(clip, count, workers, device, limit_s, tell) for count, workers in [(1, 1), *((files, n) for n in jobs)]]


def _one(clip: Path, files: int, jobs: int, device: str, limit_s: float, tell: Callable[[str], None]) -> Throughput:
    tell(f"lipgate score, {files} file{'s' if files > 1 else ''}, --jobs {jobs}")
    options = ["--jobs", str(jobs), "--device", device, "--format", "csv", "--quiet"]
    ended = run(python("lipgate", "score", *[str(clip.resolve())] * files, *options), limit_s)
    if ended.late:
        return Throughput(files, jobs, None, None, f"It took longer than {limit_s:g} s.")
    if ended.status:
        said = ended.log.strip().splitlines()
        return Throughput(files, jobs, None, None, said[-1][:300] if said else f"It ended with status {ended.status}.")
    return Throughput(files, jobs, ended.seconds, ended.peak_mb)
