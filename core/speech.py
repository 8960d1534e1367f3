"""Hears where speech is, with Silero VAD: a track without speech cannot be judged."""

import numpy as np

from lipgate.core.constants import AUDIO_RATE, SAMPLES_PER_FRAME
from lipgate.core.runtime import OnnxNetwork

CHUNK = 512
"""Samples that get one probability (32 ms)."""

_CONTEXT = 64
"""Samples before a chunk that the network sees with it."""

SPEECH_PROBABILITY = 0.5


class SpeechMeter:
    """Listens to the sound of one clip from its beginning and remembers where somebody speaks (4 bytes for 32 ms)."""

    def __init__(self, network: OnnxNetwork) -> None:
        """Args: network: Silero VAD for sequences of chunks at 16 kHz."""
        self._network = network
        self._state = {"h": np.zeros((1, 1, 128), np.float32), "c": np.zeros((1, 1, 128), np.float32)}
        self._waiting = np.zeros(_CONTEXT, np.float32)
        self._probabilities: list[np.ndarray] = []

    def feed(self, samples: np.ndarray) -> None:
        """Listen to the next samples, int16 (n,)."""
        self._waiting = np.concatenate([self._waiting, samples.astype(np.float32) / 32768.0])
        chunks = (len(self._waiting) - _CONTEXT) // CHUNK
        if chunks == 0:
            return
        windows = np.lib.stride_tricks.sliding_window_view(self._waiting, CHUNK + _CONTEXT)[: chunks * CHUNK : CHUNK]
        found, self._state["h"], self._state["c"] = self._network(input=np.ascontiguousarray(windows), **self._state)
        self._probabilities.append(found)
        self._waiting = self._waiting[chunks * CHUNK :]

    def seconds(self, start: int, stop: int) -> float:
        """Seconds of speech during the video frames start .. stop - 1, as far as was listened."""
        if not self._probabilities:
            return 0.0
        self._probabilities = [np.concatenate(self._probabilities)]
        first, last = (round(frame * SAMPLES_PER_FRAME / CHUNK) for frame in (start, stop))
        spoken = (self._probabilities[0][first:last] >= SPEECH_PROBABILITY).sum()
        return min(float(spoken) * CHUNK / AUDIO_RATE, (stop - start) * SAMPLES_PER_FRAME / AUDIO_RATE)

    def spoken(self, start: int, stop: int) -> np.ndarray:
        """Whether somebody speaks in each of the video frames start .. stop - 1: bool; false where nobody listened."""
        flags = np.zeros(stop - start, bool)
        if self._probabilities:
            self._probabilities = [np.concatenate(self._probabilities)]
            chunks = ((np.arange(start, stop) + 0.5) * SAMPLES_PER_FRAME / CHUNK).astype(int)
            heard = chunks < len(self._probabilities[0])
            flags[heard] = self._probabilities[0][chunks[heard]] >= SPEECH_PROBABILITY
        return flags
