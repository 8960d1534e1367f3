"""What is taken from a recording for a training segment: a stretch of one hearing with its pictures, or two cut together."""

from dataclasses import dataclass

import numpy as np

from lipgate.core.constants import STATE_WIDTH, STATES_PER_FRAME, VSHIFT
from training.track import Hearing, Track


@dataclass(frozen=True)
class Take:
    """Where a segment begins in one hearing of a track. Picture and sound go by it together."""

    track: Track
    hearing: Hearing
    start: int
    """Frame of the hearing at the beginning of the segment."""

    def crops(self, frames: int) -> np.ndarray:
        """Pictures of the segment, uint8 (frames, 96, 96)."""
        at = (self.start + np.arange(frames) + 0.5) * self.hearing.speed + self.hearing.first
        at = at - 0.5 - self.track.lead + self.track.offset
        return self.track.crops[np.clip(np.round(at).astype(int), 0, len(self.track.crops) - 1)]

    def states(self, first: int, last: int) -> np.ndarray:
        """States of the frames first .. last - 1 of the segment, float32 (2 n, 768); zeros where the recording has no sound."""
        wanted = np.arange((self.start + first) * STATES_PER_FRAME, (self.start + last) * STATES_PER_FRAME)
        exists = (wanted >= 0) & (wanted < len(self.hearing.states))
        out = np.zeros((len(wanted), STATE_WIDTH), np.float32)
        out[exists] = self.hearing.states[wanted[exists]]
        return out

    def loudness(self, frames: int) -> np.ndarray:
        """Of the frames of the segment, float32 (frames,)."""
        at = np.clip(self.start + np.arange(frames), 0, len(self.hearing.loudness) - 1)
        return self.hearing.loudness[at]


@dataclass(frozen=True)
class Spliced:
    """One take until a cut, another one from then on."""

    before: Take
    after: Take
    picture_cut: int
    """Frame of the segment."""
    sound_cut: int
    """Not always the same: a network could tell the offset from the cut itself."""

    def crops(self, frames: int) -> np.ndarray:
        """As `Take.crops`."""
        return np.concatenate([self.before.crops(frames)[: self.picture_cut], self.after.crops(frames)[self.picture_cut :]])

    def states(self, first: int, last: int) -> np.ndarray:
        """As `Take.states`."""
        cut = (self.sound_cut - first) * STATES_PER_FRAME
        return np.concatenate([self.before.states(first, last)[:cut], self.after.states(first, last)[cut:]])

    def loudness(self, frames: int) -> np.ndarray:
        """As `Take.loudness`."""
        return np.concatenate([self.before.loudness(frames)[: self.sound_cut], self.after.loudness(frames)[self.sound_cut :]])


def splice(before: Take, after: Take, frames: int, rng: np.random.Generator) -> Spliced:
    """Cut from one take to another somewhere in the middle of so many frames."""
    cut = int(rng.integers(frames // 4, frames - frames // 4))
    return Spliced(before, after, cut, cut + int(rng.integers(-2, 3)))


def draw_take(track: Track, frames: int, rng: np.random.Generator, *, plain: bool = False) -> Take:
    """Choose a hearing and a beginning for a segment of so many frames.

    Args:
        plain: only the sound as recorded.
    """
    hearing = track.hearings[0 if plain else int(rng.integers(len(track.hearings)))]
    # Frames of the hearing whose pictures exist.
    first = (track.lead - track.offset - hearing.first) / hearing.speed
    last = (track.lead - track.offset + len(track.crops) - hearing.first) / hearing.speed
    low, high = int(np.ceil(max(first, 0))), int(min(last, len(hearing.loudness))) - frames
    room = max(0, high - low)
    margin = min(VSHIFT // 2, room // 2)
    return Take(track, hearing, low + int(rng.integers(margin, room - margin + 1)))


def warped(states: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """The same sounds at other moments: bent in time, or cut in pieces of 0.2 to 0.5 s that are put in another order.

    A hard negative: voice, room and words are right, and the lips are not those.

    Args:
        states: float32 (n, 768).
    """
    count = len(states)
    if rng.random() < 0.5:
        bend = np.convolve(rng.normal(0, 1, count + 60), np.hanning(41) / 20, mode="same")[30:-30]
        bend *= rng.uniform(8, 20) / (np.abs(bend).max() + 1e-6)
        return states[np.clip(np.round(np.arange(count) + bend + rng.choice([-1, 1]) * 6).astype(int), 0, count - 1)]
    pieces = np.array_split(np.arange(count), np.cumsum(rng.integers(10, 25, count // 10))[: count // 18])
    order = rng.permutation(len(pieces))
    return states[np.concatenate([pieces[number] for number in order])]
