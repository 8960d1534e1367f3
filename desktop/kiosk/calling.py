"""Listens, offline, while nobody is there: does somebody say the words that start a session?

They are heard by the model of English that comes with pocketsphinx, Spanish ones spelled in the sounds of English: good enough to
start a session, where a miss does no harm. `bench.phrases` measures it. Whether a phrase was read is for the package `ears`.
"""

import threading
from collections.abc import Sequence
from typing import Any, Self

import numpy as np

from lipgate.core.constants import AUDIO_RATE
from lipgate.desktop.kiosk.phrases import checked_language
from lipgate.desktop.kiosk.pronunciation import SOUNDS, WAKE_PHRASES, WAKE_WORDS
from lipgate.desktop.kiosk.recogniser import Recogniser, is_installed, new_endpointer

WAKE_MARGIN = 0.17
"""How much better any sounds of speech may fit than the wake phrase, in units of the decoder. See `bench.phrases`."""

_WAKE_PIECE = 10 * 2 * AUDIO_RATE
"""Bytes of sound (10 s) that are heard of one piece."""
_WAKE_LONGEST = 4 * 2 * AUDIO_RATE
"""Bytes of speech (4 s) without a pause, after which it cannot be the wake phrase."""
_WAKE_SHORTEST = AUDIO_RATE
"""Bytes of speech (0.5 s), less than which it cannot be the wake phrase either."""


def wake_available(language: str) -> bool:
    """Whether the wake phrase of a language can be heard here. A model of another language will do."""
    return language in WAKE_PHRASES and is_installed()


class WakeListener:
    """Waits for the wake phrase in a stream: what is said between two pauses must be the phrase, and nothing else.

    One per stream. Pieces that arrive from several threads take turns.
    """

    def __init__(self, recogniser: Recogniser, phrase: Sequence[str], endpointer: Any) -> None:
        """Use `load`."""
        self._recogniser = recogniser
        self._phrase = phrase
        self._endpointer = endpointer
        self._lock = threading.Lock()
        self._waiting = b""
        """Sound that does not fill a step of the endpointer yet."""
        self._said = bytearray()

    @classmethod
    def load(cls, language: str) -> Self:
        """Load the model.

        Raises:
            LipgateError: language_unknown, speech_model_missing.
        """
        checked_language(language)
        sounds = {f"sound-{name}": (name,) for name in SOUNDS}
        recogniser = Recogniser({**WAKE_WORDS[language], **sounds}, f"( {' | '.join(sounds)} )+")
        return cls(recogniser, WAKE_PHRASES[language], new_endpointer())

    def feed(self, pcm: bytes) -> bool:
        """Hear the next piece. Most take next to no time; the one that ends what somebody said takes as long as a check.

        Args:
            pcm: int16, little-endian, 16 kHz, about 0.25 s; an odd last byte is dropped, of more than 10 s the end is heard.

        Returns:
            Whether the phrase was said, once the pause after it is heard. Then everything before is forgotten.
        """
        pcm = pcm[: len(pcm) // 2 * 2][-_WAKE_PIECE:]
        with self._lock:
            self._waiting += pcm
            step = self._endpointer.frame_bytes
            steps = len(self._waiting) // step
            heard = any(self._hear(self._waiting[i * step : (i + 1) * step]) for i in range(steps))
            self._waiting = self._waiting[steps * step :]
            return heard

    def _hear(self, step: bytes) -> bool:
        speech = self._endpointer.process(step)
        if speech is None:
            return False
        self._said += speech
        if len(self._said) > _WAKE_LONGEST:
            self._begin_anew()
            return False
        if self._endpointer.in_speech:
            return False
        samples = np.frombuffer(bytes(self._said), "<i2")
        self._said.clear()
        return len(samples) * 2 >= _WAKE_SHORTEST and self._is_phrase(samples)

    def _is_phrase(self, samples: np.ndarray) -> bool:
        phrase = self._recogniser.these_words(samples, self._phrase)
        if phrase is None:
            return False
        best = self._recogniser.any_words(samples)
        return best is not None and best.score - phrase.score <= WAKE_MARGIN

    def _begin_anew(self) -> None:
        self._said.clear()
        self._endpointer = new_endpointer()
