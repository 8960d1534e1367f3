"""What is taken from a recording for a training segment: faster or slower speech, longer pauses, a cut to another sentence."""

from dataclasses import dataclass

import numpy as np

from lipgate.core.constants import SAMPLES_PER_FRAME, VSHIFT
from training.track import Track

SLOWEST, FASTEST = 0.8, 1.25


@dataclass(frozen=True)
class Take:
    """Which moment of a track each moment of a segment shows. Picture and sound go by it together."""

    track: Track
    start: float
    """Frame of the track at the beginning of the segment."""
    speed: float
    pause_at: float = 0.0
    """Frame of the segment where time stands still."""
    pause: float = 0.0
    """For how many frames."""

    def source(self, at: np.ndarray) -> np.ndarray:
        """Frames of the track at frames `at` of the segment."""
        moved = np.where(at < self.pause_at, at, np.maximum(self.pause_at, at - self.pause))
        return self.start + moved * self.speed

    def crops(self, at: np.ndarray) -> np.ndarray:
        """Pictures at frames `at` of the segment, uint8 (n, 96, 96)."""
        return self.track.crops[np.clip(np.round(self.source(at)).astype(int), 0, len(self.track.crops) - 1)]

    def sound(self, first: int, last: int) -> np.ndarray:
        """Samples of frames first .. last - 1 of the segment, float64, NaN where the recording has none.

        While time stands still the room goes on: the moment's own samples, forwards and backwards.
        """
        at = (np.arange(first * SAMPLES_PER_FRAME, last * SAMPLES_PER_FRAME) + 0.5) / SAMPLES_PER_FRAME
        wanted = (self.source(at) - self.track.offset + self.track.lead) * SAMPLES_PER_FRAME - 0.5
        samples = np.interp(wanted, np.arange(len(self.track.sound)), self.track.sound, left=np.nan, right=np.nan)
        if self.pause:
            still = (at >= self.pause_at) & (at < self.pause_at + self.pause)
            here = np.flatnonzero(still)[0]
            moment = samples[max(0, here - SAMPLES_PER_FRAME) : here]
            samples[still] = np.resize(np.concatenate([moment[::-1], moment]), still.sum())
        return samples


@dataclass(frozen=True)
class Spliced:
    """One take until a cut, another one from then on."""

    before: Take
    after: Take
    picture_cut: int
    """Frame of the segment."""
    sound_cut: float
    """Not quite the same: a network could tell the offset from the cut itself."""

    def crops(self, at: np.ndarray) -> np.ndarray:
        """As `Take.crops`."""
        return np.where((at < self.picture_cut)[:, None, None], self.before.crops(at), self.after.crops(at))

    def sound(self, first: int, last: int) -> np.ndarray:
        """As `Take.sound`, one fading into the other over two frames."""
        at = (np.arange(first * SAMPLES_PER_FRAME, last * SAMPLES_PER_FRAME) + 0.5) / SAMPLES_PER_FRAME
        share = np.clip((at - self.sound_cut) / 2 + 0.5, 0, 1)
        before, after = self.before.sound(first, last), self.after.sound(first, last)
        mixed = before * (1 - share) + after * share
        return np.where(share == 0, before, np.where(share == 1, after, mixed))


def splice(before: Take, after: Take, frames: int, rng: np.random.Generator) -> Spliced:
    """Cut from one take to another somewhere in the middle of so many frames."""
    cut = int(rng.integers(frames // 4, frames - frames // 4))
    return Spliced(before, after, cut, cut + float(rng.uniform(-2.5, 2.5)))


def draw_take(track: Track, frames: int, rng: np.random.Generator, *, pauses: bool) -> Take:
    """Choose speed, beginning and perhaps a pause for a segment of so many frames."""
    pause = int(rng.integers(5, 21)) if pauses and rng.random() < 0.3 else 0
    speed = float(rng.uniform(SLOWEST, FASTEST)) if rng.random() < 0.75 else 1.0
    room = len(track.crops) - int(np.ceil((frames - pause) * speed))
    if room < 0:
        speed, room = 1.0, max(0, len(track.crops) - frames + pause)
    margin = min(VSHIFT // 2, room // 2)
    start = int(rng.integers(margin, room - margin + 1))
    if not pause:
        return Take(track, start, speed)
    # A pause is made longer where there is one: where the segment is quiet.
    plain = Take(track, start, speed).sound(0, frames - pause).reshape(-1, SAMPLES_PER_FRAME)
    loudness = np.square(np.nan_to_num(plain)).sum(axis=1)
    quiet = np.argsort(loudness)[: max(1, len(loudness) // 8)]
    return Take(track, start, speed, float(rng.choice(quiet)) + 1.0, float(pause))
