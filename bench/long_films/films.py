"""The films of the benchmark."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import replace

import numpy as np

from bench.long_films.film import Film, Kind, Part
from bench.long_films.takes import Take
from lipgate.core.constants import VIDEO_FPS

STEPS_MS = (120.0, -240.0, 480.0, -120.0, 240.0, -480.0)

ONE_PERSON = 6
"""Takes of one person, all in the same frame, from which on they make a film without a cut to another face."""


def films(takes: Sequence[Take], seed: int) -> Iterator[Film]:
    """Films of all kinds, of takes in an order of chance.

    Args:
        takes: in time.
        seed: of the order, of the moments of the steps, and of what is dubbed.
    """
    rng = np.random.default_rng(seed)
    yield replace(_own("in time", takes, 60, rng))
    for name, seconds in (("steps at cuts", 100), ("steps", 100)):
        film = _own(name, takes, seconds, rng)
        yield replace(film, steps=_steps(film, rng, at_cuts=name == "steps at cuts"))
    for percent, seconds in ((1.0, 70), (-1.0, 70), (0.2, 170), (-0.2, 170), (4.0, 20), (-4.0, 20)):
        yield replace(_own(f"drift {percent:+g} %", takes, seconds, rng), drift=10 * percent)
    for name, share, kind in (("dubbed", 3, Kind.DUBBED), ("unseen", 3, Kind.UNSEEN)):
        yield _mixed(name, takes, 90, rng, {kind: share})
    film = _mixed("all of it", takes, 170, rng, {Kind.DUBBED: 5, Kind.UNSEEN: 6})
    yield replace(film, steps=_steps(film, rng, at_cuts=False, often_s=40))
    people = defaultdict(list)
    for take in takes:
        people[take.person].append(take)
    for own in people.values():
        if len(own) >= ONE_PERSON and len({take.frames for take in own}) == 1:
            twice = _own(f"one person ({len(own)} takes)", own, 60, rng)
            yield replace(twice, name=f"{twice.name}, steps", steps=_steps(twice, rng, at_cuts=False, often_s=15))
            yield replace(twice, name=f"{twice.name}, drift +1 %", drift=10.0)


def _own(name: str, takes: Sequence[Take], seconds: float, rng: np.random.Generator) -> Film:
    """Takes until the film is long enough; each once before one comes again."""
    parts: list[Part] = []
    frames = 0
    while frames < seconds * VIDEO_FPS:
        for number in rng.permutation(len(takes)):
            parts.append(Part(takes[number]))
            frames += takes[number].frames
            if frames >= seconds * VIDEO_FPS:
                break
    return Film(name, parts)


def _mixed(name: str, takes: Sequence[Take], seconds: float, rng: np.random.Generator, every: dict[Kind, int]) -> Film:
    """One part in so many is dubbed with the voice of somebody else, or shows nobody."""
    parts = list(_own(name, takes, seconds, rng).parts)
    for number, part in enumerate(parts):
        for kind, share in every.items():
            if number % share == share - 1 and part.kind is Kind.OWN:
                voices = [take for take in takes if take.person != part.take.person]
                voice = voices[rng.integers(len(voices))] if kind is Kind.DUBBED and voices else None
                parts[number] = Part(part.take, kind, voice)
                break
    return Film(name, parts)


def _steps(film: Film, rng: np.random.Generator, *, at_cuts: bool, often_s: float = 20) -> list[tuple[float, float]]:
    """A step about every so many seconds, where somebody can be seen to speak on both sides: at a cut, or within a take."""
    found: list[tuple[float, float]] = []
    ends = np.cumsum([part.take.frames for part in film.parts]) / VIDEO_FPS
    for number, (part, end) in enumerate(zip(film.parts, ends, strict=True)):
        begin = end - part.take.frames / VIDEO_FPS
        before = film.parts[number - 1] if number else None
        if end > ends[-1] - 3 or part.kind is not Kind.OWN or (at_cuts and (before is None or before.kind is not Kind.OWN)):
            continue
        if not at_cuts and part.take.frames < 4 * VIDEO_FPS and (before is None or before.take.person != part.take.person):
            continue
        if begin - (found[-1][0] if found else 0.0) >= 0.8 * often_s:
            at_s = float(begin) if at_cuts else float(begin + (end - begin) * rng.uniform(0.35, 0.65))
            found.append((at_s, STEPS_MS[len(found) % len(STEPS_MS)]))
    return found
