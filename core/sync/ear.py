"""The sound of one clip as a sync model hears it: embeddings of any stretch, whoever asks."""

from collections.abc import Callable
from typing import Protocol

import numpy as np

from lipgate.core.constants import SAMPLES_PER_FRAME, STATES_PER_FRAME, WINDOW_FRAMES
from lipgate.core.runtime import Network
from lipgate.core.sync import whisper


class Samples(Protocol):
    """A sound that is read by video frames, as `lipgate.core.media.Sound`."""

    def window(self, start: int, stop: int) -> np.ndarray:
        """int16, the samples of the frames start .. stop - 1, fewer where the sound ends."""
        ...

    def reach(self, stop: int) -> int:
        """`stop`, or the frame where the sound ends earlier."""
        ...


OnStates = Callable[[int, np.ndarray], None]
"""Takes the number of a piece of the grid and its states with those of its margins, float32 (t, 768)."""


class Ear(Protocol):
    """Made once for a clip and shared by all its face tracks."""

    context: int
    """Frames at each side of a stretch that must be asked for too, for its embeddings not to depend on where it begins."""

    def embed(self, first: int, last: int) -> np.ndarray:
        """Embeddings of the windows of five frames that lie within the frames first .. last - 1, as far as there is sound.

        Returns:
            float32 (n, width), the first of the window that begins at `first`; n is at most last - first - 4, fewer where the
            sound ends. Any width where n is 0.
        """
        ...

    def reach(self, stop: int) -> int:
        """`stop`, or the frame where the sound ends earlier."""
        ...

    def needs_from(self, frame: int) -> int:
        """First frame of sound that must not be forgotten while windows from `frame` on may still be asked for."""
        ...


class DirectEar:
    """Embeds a stretch whenever it is asked for: for models whose embeddings look at their own five frames only."""

    def __init__(self, sound: Samples, embed: Callable[[np.ndarray], np.ndarray], context: int) -> None:
        """Wrap a sound.

        Args:
            sound: of the clip.
            embed: int16 (n * 640,), n >= 5, to float32 (n - 4, width).
            context: see `Ear.context`.
        """
        self._sound = sound
        self._embed = embed
        self.context = context

    def embed(self, first: int, last: int) -> np.ndarray:
        """See `Ear.embed`."""
        samples = self._sound.window(first, last)
        frames = len(samples) // SAMPLES_PER_FRAME
        if frames < WINDOW_FRAMES:
            return np.empty((0, 1), np.float32)
        return self._embed(samples[: frames * SAMPLES_PER_FRAME])

    def reach(self, stop: int) -> int:
        """See `Ear.reach`."""
        return self._sound.reach(stop)

    def needs_from(self, frame: int) -> int:
        """See `Ear.needs_from`."""
        return frame - self.context


class GridEar:
    """Hears the sound in pieces on a fixed grid, each once, and keeps what was made of the last few.

    An embedding so depends on where in the file it lies and on nothing else: not on the track, nor on where a chunk begins.
    """

    context = 0
    KEPT = 4
    """Pieces whose embeddings are kept: 40 s."""

    def __init__(self, sound: Samples, encoder: Network, audio: Network, on_states: OnStates | None = None) -> None:
        """Wrap a sound.

        Args:
            sound: of the clip.
            encoder: branch `states` of `lipgate.core.nets.whisper`.
            audio: branch `audio` of `lipgate.core.nets.mini`.
            on_states: told of every piece that is heard.
        """
        self._on_states = on_states
        self._sound = sound
        self._encoder = encoder
        self._audio = audio
        self._pieces: dict[int, np.ndarray] = {}

    def embed(self, first: int, last: int) -> np.ndarray:
        """See `Ear.embed`."""
        wanted = range(first, last - WINDOW_FRAMES + 1)
        if not wanted:
            return np.empty((0, 1), np.float32)
        rows = []
        for number in range(whisper.piece_of(wanted[0]), whisper.piece_of(wanted[-1]) + 1):
            begin = number * whisper.CORE_FRAMES
            rows.append(self._piece(number)[max(0, first - begin) : max(0, wanted[-1] + 1 - begin)])
        return np.concatenate(rows)

    def reach(self, stop: int) -> int:
        """See `Ear.reach`."""
        return self._sound.reach(stop)

    def needs_from(self, frame: int) -> int:
        """See `Ear.needs_from`."""
        number = whisper.piece_of(max(0, frame))
        while number in self._pieces:
            number += 1
        return whisper.piece_span(number)[0]

    def _piece(self, number: int) -> np.ndarray:
        """Embeddings of the windows that begin in a piece, float32 (n, 128)."""
        if number not in self._pieces:
            first, last = whisper.piece_span(number)
            states = whisper.states(self._encoder, self._sound.window(first, last))
            if self._on_states:
                self._on_states(number, states)
            windows = len(states) // STATES_PER_FRAME - WINDOW_FRAMES + 1
            before = number * whisper.CORE_FRAMES - first
            if windows <= before:
                found = np.empty((0, 128), np.float32)
            else:
                found = self._audio(states=states[None])[0][0][before : before + whisper.CORE_FRAMES]
            self._pieces[number] = found
            while len(self._pieces) > self.KEPT:
                del self._pieces[min(self._pieces.keys() - {number})]
        return self._pieces[number]
