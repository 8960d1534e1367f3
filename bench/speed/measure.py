"""One contender on one clip: asked in a process of its own, its answer brought to medians."""

import json
import statistics
from dataclasses import dataclass
from typing import Any

from bench.speed.cases import Case
from bench.speed.contenders import Contender
from bench.speed.process import Ended, python, run
from bench.speed.results import Measurement

WARM_UP_LONGEST_S = 20.0
"""Clips longer than this are not scored once more for nothing, and once only."""


@dataclass(frozen=True)
class How:
    """What holds for all measurements."""

    rounds: int
    device: str
    limit_s: float
    """Longest time one measurement may take."""


def measure(contender: Contender, case: Case, boxes: list[list[float]], how: How) -> Measurement:
    """Time it, or say why not.

    Args:
        contender: who.
        case: on what.
        boxes: of the faces in `case`, as `faces_of` gives them.
        how: rounds, device, limit.
    """

    def without(state: Any, reason: str) -> Measurement:
        return Measurement(case.name, contender.name, state, reason)

    if contender.command is None:
        return without("skipped", contender.reason or "It is not there.")
    if case.seconds > contender.longest_s:
        return without("skipped", f"Slow, and given no more than {contender.longest_s:g} s of video.")
    if contender.once and not (case.by_length or case.by_name):
        return without("skipped", "Slow, and given the clips that differ in length.")
    if contender.told_faces and not boxes:
        return without("skipped", "It must be told where the faces are, and none was found.")
    long = case.seconds > WARM_UP_LONGEST_S
    request = {
        "clip": str(case.clip.resolve()),
        "seconds": case.seconds,
        "rounds": 1 if contender.once or long else how.rounds,
        "warm": not (contender.once or long),
        "device": how.device,
        "boxes": boxes if contender.told_faces else [],
        "model": contender.model,
        "detector": contender.detector,
    }
    ended = run(contender.command(request), how.limit_s, contender.environment)
    answer, problem = answer_of(ended, how.limit_s)
    if answer is None:
        return without("failed", problem)
    seconds = statistics.median(answer["seconds"])
    stages = answer["stages_ms"]
    return Measurement(
        case=case.name,
        contender=contender.name,
        state="measured",
        seconds=seconds,
        all_seconds=answer["seconds"],
        load_s=answer["load_s"],
        real_time_factor=case.seconds / seconds,
        stages_ms={name: statistics.median(one.get(name, 0.0) for one in stages) for name in stages[0]},
        peak_mb=ended.peak_mb,
        tracks=answer["tracks"],
    )


def faces_of(case: Case, how: How) -> list[list[float]]:
    """Boxes of the faces in the middle of a clip; none where it cannot be looked at, which its measurements will say."""
    request = {"clip": str(case.clip.resolve()), "seconds": case.seconds}
    answer, _ = answer_of(run(python("bench.speed.worker", "faces", json.dumps(request)), how.limit_s), how.limit_s)
    return answer["boxes"] if answer else []


def answer_of(ended: Ended, limit_s: float) -> tuple[dict[str, Any] | None, str]:
    """What a worker answered, or what went wrong with it."""
    if ended.late:
        return None, f"It took longer than {limit_s:g} s."
    try:
        answer = json.loads(ended.output)
    except ValueError:
        lines = ended.log.strip().splitlines()
        return None, lines[-1][:300] if lines else f"It ended with status {ended.status} and said nothing."
    if "error" in answer:
        return None, f"{answer['error']['code']}: {answer['error']['message']}"
    return answer, ""
