"""From confidence, distance and length to the chance that lips and sound belong together."""

from collections import Counter
from dataclasses import dataclass, replace

import numpy as np

from lipgate.core.calibration import Calibration
from lipgate.core.constants import VIDEO_FPS, VSHIFT
from lipgate.core.evaluation.logistic import logistic_regression
from lipgate.core.nets.mini import CROP_SIDE, Mini
from lipgate.core.sync.distances import SyncResult, pair_distances, search
from training import augment, jaws
from training.config import Config
from training.embedding import embed
from training.measure import Embedded, source_of
from training.track import Track

LENGTHS = (46, 71, 10_000)
"""Windows of the stretches that are compared: two seconds, three seconds, the whole track."""

COPIES, MOST_COPIES = 2, 5
"""How often a track of the largest source is taken, and of the smallest at most: once as recorded, else through the augmentation
of training."""

FAR = 2 * VSHIFT + 1
"""Moved by this many frames a clip's own sound cannot be found by the search any more: the same voice with other words."""


DISTANCES = (0.0, 0.25, 0.5, 1.0, 1.5, 2.0, 3.0, 4.0)
"""What one unit of min_dist may be worth, in units of confidence. Beyond that the confidence would hardly count."""


@dataclass(frozen=True)
class Trial:
    """One comparison of a stretch of picture with a sound."""

    name: str
    """Of the clip that is seen."""
    result: SyncResult
    own: bool
    """Whether the sound belongs to the picture."""


def trials(net: Mini, tracks: list[Track], config: Config) -> list[Trial]:
    """Own and foreign sound for people that training never saw.

    Every track is heard and seen as recorded and through the augmentation of training, which stands for the cameras, rooms and
    lines that these recordings do not have; on stretches of two and three seconds as well as whole, as long as clips come.
    Foreign sound is that of somebody else, from each source equally often, and that of the same clip moved out of reach. Sources
    count the same, however many clips they have. Clips of a corpus with a fixed order of words partly fit one another's sound,
    so they are not foreign to each other.
    """
    rng = np.random.default_rng(config.seed)
    sources = Counter(source_of(track.name) for track in tracks)
    items = [embed(net, track) for track in tracks]
    for track in tracks:
        copies = min(MOST_COPIES, round(COPIES * max(sources.values()) / sources[source_of(track.name)]))
        items += [_degraded(net, track, rng) for _ in range(copies - 1)]
    puppets = [_puppet(net, track, rng) for track in tracks]
    by_source = {source: [item for item in items if source_of(item.name) == source] for source in sources}
    found = []
    for item in items:
        strangers = [
            group[int(rng.integers(len(group)))]
            for source, everybody in by_source.items()
            if not (source == source_of(item.name) and source in config.same_words)
            and (group := [other for other in everybody if other.name != item.name])
        ]
        for length in LENGTHS:
            start = int(rng.integers(max(1, len(item.video) - length + 1)))
            part = replace(item, video=item.video[start : start + length], lead=item.lead + start)
            found += _trial(item, part, part, own=True)
            for other in strangers:
                found += _trial(item, part, other, own=False)
            for move in (-FAR, FAR):
                found += _trial(item, part, replace(part, lead=part.lead + move), own=False)
    for item in puppets:
        found += _trial(item, item, item, own=False)
    return found


def _trial(item: Embedded, picture: Embedded, sound: Embedded, *, own: bool) -> list[Trial]:
    """Nothing where less than half the windows have sound at all shifts."""
    distances = pair_distances(picture.video, sound.audio, sound.lead)
    if np.isnan(distances).any(axis=1).mean() > 0.5:
        return []
    result = search(distances)
    return [] if result is None else [Trial(item.name, result, own)]


def _degraded(net: Mini, track: Track, rng: np.random.Generator) -> Embedded:
    heard = track.hearings[int(rng.integers(1, len(track.hearings)))]
    return embed(net, track, heard, augment.mouths(track.crops, rng, strong=True))


def _puppet(net: Mini, track: Track, rng: np.random.Generator) -> Embedded:
    """The face with a jaw that follows the loudness of its own sound."""
    heard = track.hearings[0]
    at = np.clip(np.arange(len(track.crops)) + track.lead, 0, len(heard.loudness) - 1)
    moved = jaws.puppet(track.crops, heard.loudness[at], rng)
    border = (moved.shape[1] - CROP_SIDE) // 2
    return embed(net, track, crops=moved[:, border:-border, border:-border])


def fit(found: list[Trial]) -> Calibration:
    """Logistic regression of "own sound" on confidence, min_dist and shortness; both classes weigh the same.

    Of `DISTANCES` the one with the least log loss is taken. Shortness that would speak for a track is left out.
    """
    own = np.array([trial.own for trial in found], float)
    weights = np.where(own == 1, 0.5 / own.sum(), 0.5 / (1 - own).sum())
    confidence = np.array([trial.result.confidence for trial in found])
    min_dist = np.array([trial.result.min_dist for trial in found])
    short = np.array([(max(len(trial.result.framewise_confidence), 1) / VIDEO_FPS) ** -0.5 for trial in found])
    fits = []
    for distance in DISTANCES:
        near = confidence - distance * min_dist
        intercept, slope, shortness = logistic_regression(np.column_stack([near, -short]), own, weights)
        if shortness < 0:
            intercept, slope = logistic_regression(near[:, None], own, weights)
            shortness = 0.0
        if slope <= 0:
            continue
        odds = intercept + slope * near - shortness * short
        loss = float(weights @ np.logaddexp(0, np.where(own == 1, -odds, odds)))
        fits.append((loss, Calibration(float(-intercept / slope), float(1 / slope), distance, float(shortness / slope))))
    return min(fits, key=lambda one: one[0])[1]


def calibrate(net: Mini, tracks: list[Track], config: Config) -> Calibration:
    """Fit on tracks of people that training never saw; see `trials`."""
    return fit(trials(net, [track for track in tracks if source_of(track.name) not in config.drawn], config))
