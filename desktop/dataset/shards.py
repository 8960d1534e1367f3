"""One part of a list for each of many machines, without a word between them."""

import os
import re
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from lipgate.core.errors import InputError


@dataclass(frozen=True)
class Shard:
    """Part `number` of `count`, counted from 1."""

    number: int = 1
    count: int = 1

    @property
    def name(self) -> str:
        """For a file of its results; empty where there is one part only."""
        return "" if self.count == 1 else f"-{self.number:05d}-of-{self.count:05d}"

    def of(self, names: Sequence[str]) -> list[str]:
        """Its part of a list. Decided by each name alone, so that lists that differ or are ordered otherwise do no harm."""
        return [name for name in names if zlib.crc32(name.encode("utf-8", "surrogateescape")) % self.count == self.number - 1]


def shard(text: str | None, environment: Mapping[str, str] = os.environ) -> Shard:
    """The part a command line asks for.

    Args:
        text: `i/n`, or `auto` for what Slurm or AWS Batch say of an array job; None: all.
        environment: of the process.

    Raises:
        InputError: bad_shard.
    """
    if text is None:
        return Shard()
    if text == "auto":
        return _of_array(environment)
    found = re.fullmatch(r"(\d{1,7})/(\d{1,7})", text)
    return _checked(int(found[1]), int(found[2]), text) if found else _checked(0, 0, text)


def _of_array(environment: Mapping[str, str]) -> Shard:
    """Slurm's indices begin where the array does and may have a step; those of AWS Batch begin with 0."""
    try:
        if "SLURM_ARRAY_TASK_ID" in environment:
            index = int(environment["SLURM_ARRAY_TASK_ID"]) - int(environment["SLURM_ARRAY_TASK_MIN"])
            step = int(environment.get("SLURM_ARRAY_TASK_STEP", "1"))
            return _checked(index // step + 1, int(environment["SLURM_ARRAY_TASK_COUNT"]), "auto")
        if "AWS_BATCH_JOB_ARRAY_INDEX" in environment:
            index, count = (int(environment[f"AWS_BATCH_JOB_ARRAY_{name}"]) for name in ("INDEX", "SIZE"))
            return _checked(index + 1, count, "auto")
    except (KeyError, ValueError, ZeroDivisionError):
        pass
    said = (
        "Neither Slurm (SLURM_ARRAY_TASK_ID, _MIN, _COUNT) nor AWS Batch (AWS_BATCH_JOB_ARRAY_INDEX, _SIZE) tells an array job."
    )
    raise InputError("bad_shard", said)


def _checked(number: int, count: int, text: str) -> Shard:
    if not 1 <= number <= count:
        raise InputError("bad_shard", f"{text} is no part of a list: i/n, with i from 1 to n.")
    return Shard(number, count)
