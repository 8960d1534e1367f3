"""What is aimed at on two cores, and what a run came to."""

from collections.abc import Iterator
from dataclasses import dataclass

from bench.speed.results import Measurement, Results

_OURS, _DECODE, _REFERENCE, _SYNCNET = "Lipgate mini", "decode only", "reference", "Lipgate syncnet"


@dataclass(frozen=True)
class Aim:
    """One figure and what it should be."""

    what: str
    unit: str
    value: float
    limit: float
    at_least: bool = False
    """Otherwise: at most."""

    @property
    def reached(self) -> bool:
        """Whether it is."""
        return self.value >= self.limit if self.at_least else self.value <= self.limit


def aims(results: Results) -> list[Aim]:
    """Those of which the run tells."""
    return list(_found(results))


def _found(results: Results) -> Iterator[Aim]:
    usual, ten_minutes = _of(results, "5 s 720p", _OURS), _of(results, "600 s 720p", _OURS)
    if usual and usual.seconds:
        yield Aim("5 s of 720p, networks loaded", "s", usual.seconds, 0.45)
    for one in results.throughput:
        if usual and one.files == 1 and one.seconds:
            yield Aim("5 s of 720p, from the prompt", "s", one.seconds, 1.2)
    if ten_minutes and ten_minutes.seconds:
        yield Aim("10 minutes of 720p", "s", ten_minutes.seconds, 45)
    many = {one.jobs: one.seconds for one in results.throughput if one.files > 1}
    alone, together = many.get(1), many.get(2)
    if alone and together:
        yield Aim("two processes against one, files a second", "times", alone / together, 1.8, at_least=True)
    ours, plain = _of(results, "5 s 2160p", _OURS), _of(results, "5 s 2160p", _DECODE)
    if ours and ours.seconds and plain and plain.seconds:
        yield Aim("5 s of 4K against plain decoding", "times", ours.seconds / plain.seconds, 1.3)
    if usual and usual.peak_mb:
        yield Aim("memory with ffmpeg's, 5 s of 720p", "MB", usual.peak_mb, 400)
    if ten_minutes and ten_minutes.peak_mb:
        yield Aim("memory with ffmpeg's, 10 minutes of 720p", "MB", ten_minutes.peak_mb, 600)
    syncnet, reference = _of(results, "5 s 720p", _SYNCNET), _of(results, "5 s 720p", _REFERENCE)
    if syncnet and syncnet.seconds and reference and reference.seconds:
        yield Aim("syncnet against the reference's steps", "times as fast", reference.seconds / syncnet.seconds, 5, at_least=True)


def _of(results: Results, case: str, contender: str) -> Measurement | None:
    found = (item for item in results.measurements if item.case == case and item.contender.startswith(contender))
    return next(found, None)
