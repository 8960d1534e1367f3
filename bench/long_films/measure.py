"""How near a report comes to the truth of a film."""

from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from bench.long_films.film import Film
from lipgate.core.constants import AUDIO_RATE, MS_PER_FRAME, VIDEO_FPS
from lipgate.core.models import Models
from lipgate.core.report import Report
from lipgate.core.speech import SpeechMeter
from lipgate.core.timeline import State

BORDER_S = 0.5
"""So near a change of the truth nothing is counted."""

STEP_S = 0.3
"""What a step may be off by."""

NEAR_S = 1.0
"""What is found further away is another step."""


@dataclass(frozen=True)
class Measured:
    """One film."""

    film: str
    seconds: float
    speech_s: float
    """Of speech away from borders."""
    right: float
    """Share of it whose state is right."""
    wrong: dict[str, float]
    """Seconds by "truth: what was said"."""
    offset_errors_ms: list[float]
    """Of each segment that has an offset."""
    steps: int
    step_errors_s: list[float]
    """Of each step that was found, with its offsets to within a frame."""
    false_steps: int
    drift_percent: float
    drift_found_percent: float | None
    tracks: int

    def to_dict(self) -> dict[str, Any]:
        """For JSON."""
        return asdict(self)


def measure(film: Film, report: Report, models: Models) -> Measured:
    """Hold a report against its film."""
    found = report.to_dict()
    truth, beside = film.truth(report.limits)
    said = np.full(film.frames, State.NO_SPEECH, object)
    errors = []
    centres = (np.arange(film.frames) + 0.5) / VIDEO_FPS
    offsets = film.offsets(centres)
    borders = _borders(truth, [at for at, _ in film.steps])
    for segment in found["segments"]:
        here = slice(round(segment["start_s"] * VIDEO_FPS), round(segment["end_s"] * VIDEO_FPS))
        said[here] = State(segment["state"])
        if segment["offset_ms"] is not None and not (truth[here] == State.NO_FIT).any():
            inner = ~borders[here]
            errors += [float(segment["offset_ms"] - offsets[here][inner].mean())] if inner.any() else []
    spoken = _spoken(film, models)
    counted = spoken & ~borders
    wrong = counted & (said != truth) & (said != beside)
    pairs, seconds = np.unique(
        [f"{was}: {is_said}" for was, is_said in zip(truth[wrong], said[wrong], strict=True)], return_counts=True
    )
    steps, false = _steps(film, found["offset_changes"], spoken)
    drift = found["drift_ms_per_min"]
    return Measured(
        film.name,
        film.frames / VIDEO_FPS,
        float(counted.sum()) / VIDEO_FPS,
        1 - float(wrong.sum()) / max(int(counted.sum()), 1),
        {str(pair): float(number) / VIDEO_FPS for pair, number in zip(pairs, seconds, strict=True)},
        errors,
        len(film.steps),
        steps,
        false,
        film.drift / 10,
        None if drift is None else drift / 600,
        len(report.tracks),
    )


def _borders(truth: np.ndarray, steps_s: list[float]) -> np.ndarray:
    """bool (frames,): what lies so near a change that nothing is counted."""
    changes = [*(np.flatnonzero(truth[1:] != truth[:-1]) + 1) / VIDEO_FPS, *steps_s]
    centres = (np.arange(len(truth)) + 0.5) / VIDEO_FPS
    near = np.zeros(len(truth), bool)
    for at in changes:
        near |= np.abs(centres - at) <= BORDER_S
    return near


def _spoken(film: Film, models: Models) -> np.ndarray:
    """bool (frames,), of the film's sound as it was made."""
    meter = SpeechMeter(models.speech)
    meter.feed(np.concatenate([film.sound(), np.zeros(AUDIO_RATE, np.int16)]))
    return meter.spoken(0, film.frames)


def _steps(film: Film, changes: list[dict[str, Any]], spoken: np.ndarray) -> tuple[list[float], int]:
    """How far off each step is that was found, in seconds, and how many were found that are none."""
    left = list(changes)
    errors = []
    before = 0.0
    for at_s, after in film.steps:
        fits = [
            (_apart(change["time_s"], at_s, spoken), number)
            for number, change in enumerate(left)
            if abs(change["from_frames"] - before / MS_PER_FRAME) <= 1 and abs(change["to_frames"] - after / MS_PER_FRAME) <= 1
        ]
        error, number = min(fits, default=(np.inf, 0))
        if error <= NEAR_S:
            errors.append(error)
            del left[number]
        before = after
    return errors, len(left)


def _apart(found_s: float, at_s: float, spoken: np.ndarray) -> float:
    """Seconds between two moments; none within a pause of the film's sound, in which nothing can tell where the step is."""
    first = last = round(at_s * VIDEO_FPS)
    while first > 0 and not spoken[first - 1]:
        first -= 1
    while last < len(spoken) and not spoken[last]:
        last += 1
    # A step in the middle of speech has no pause: what lies on one side of it only is next to it.
    if first == last:
        return abs(found_s - at_s)
    return max(0.0, first / VIDEO_FPS - found_s, found_s - last / VIDEO_FPS)
