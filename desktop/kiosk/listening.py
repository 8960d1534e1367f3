"""Listens, offline: was the phrase that is shown spoken in a recording, and does somebody say the words that start a session?

English is heard by the model of English that comes with pocketsphinx. No model of Spanish comes with any package; Spanish
words can be spelled in the sounds of English ("approximate"), which is good enough to start a session, where a miss does no
harm, and for a check only if the operator of a station asks for it. `bench.phrases` measures both.
"""

import threading
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

import numpy as np

from lipgate.core.constants import AUDIO_RATE, VIDEO_FPS
from lipgate.core.errors import LipgateError
from lipgate.core.media import Clip, Sound, probe
from lipgate.desktop.kiosk.phrases import ALSO_SAID, Phrase, spoken
from lipgate.desktop.kiosk.pronunciation import DIGITS, SOUNDS, WAKE_PHRASES, WAKE_WORDS
from lipgate.desktop.kiosk.recogniser import Recogniser, is_installed, new_endpointer

LONGEST_SECONDS = 30
"""Sound after this much is not listened to."""

SHORTEST_SECONDS = 0.5
"""In less sound than this no phrase is looked for."""

QUIETEST = 100
"""Sound whose largest sample is below this is silence."""

MAX_MARGIN = 0.35
"""How much better the best digits may fit than the phrase, in units of the decoder. See `bench.phrases`."""

MAX_ERRORS_SHARE = 0.625
"""Share of the phrase's digits by which the best digits may differ from it (5 of 8)."""

MIN_COMMON_SHARE = 0.5
"""Or the share of its digits that must be among them, in order (4 of 8): pauses and noise add digits that nobody said."""

_NATIVE = "en"

WAKE_MARGIN = 0.17
"""How much better any sounds of speech may fit than the wake phrase, in units of the decoder. See `bench.phrases`."""

_WAKE_PIECE = 10 * 2 * AUDIO_RATE
"""Bytes of sound (10 s) that are heard of one piece."""
_WAKE_LONGEST = 4 * 2 * AUDIO_RATE
"""Bytes of speech (4 s) without a pause, after which it cannot be the wake phrase."""
_WAKE_SHORTEST = AUDIO_RATE
"""Bytes of speech (0.5 s), less than which it cannot be the wake phrase either."""


@dataclass(frozen=True)
class PhraseCheck:
    """What was spoken, next to what should have been."""

    digits: tuple[str, ...] | None
    """The digits that fit the sound best; None where there is nothing to hear."""
    matches: bool
    """Whether the phrase was spoken, as far as this can be told."""
    errors: int | None = None
    """Digits to insert, remove or replace between `digits` and the phrase."""
    margin: float | None = None
    """By how much `digits` fit better than the phrase, in units of the decoder; None where the phrase does not fit at all."""


def available(language: str, *, approximate: bool = False) -> bool:
    """Whether phrases in a language can be checked here.

    Args:
        language: "en" or "es".
        approximate: also by a model of another language.
    """
    return (language == _NATIVE or (approximate and language in DIGITS)) and is_installed()


def wake_available(language: str) -> bool:
    """Whether the wake phrase of a language can be heard here. A model of another language will do."""
    return language in WAKE_PHRASES and is_installed()


def errors_between(shown: Sequence[str], heard: Sequence[str]) -> int:
    """Digits to insert, remove or replace to make one of the other."""
    row = list(range(len(heard) + 1))
    for i, wanted in enumerate(shown, 1):
        before, row = row, [i]
        for j, got in enumerate(heard, 1):
            row.append(min(before[j] + 1, row[j - 1] + 1, before[j - 1] + (wanted != got)))
    return row[-1]


def in_common(shown: Sequence[str], heard: Sequence[str]) -> int:
    """Digits of one that are found in the other in the same order."""
    row = [0] * (len(heard) + 1)
    for wanted in shown:
        before = row
        row = [0]
        for j, got in enumerate(heard, 1):
            row.append(before[j - 1] + 1 if wanted == got else max(before[j], row[j - 1]))
    return row[-1]


def decide(shown: Sequence[str], heard: Sequence[str], margin: float | None) -> bool:
    """The rule: the phrase fits the sound nearly as well as the digits that fit best, and those are not quite others.

    Args:
        shown: digits of the phrase.
        heard: digits that fit best.
        margin: as in `PhraseCheck`.
    """
    few_errors = errors_between(shown, heard) <= MAX_ERRORS_SHARE * len(shown)
    alike = few_errors or in_common(shown, heard) >= MIN_COMMON_SHARE * len(shown)
    return alike and margin is not None and margin <= MAX_MARGIN


def read_sound(clip: Clip | str | Path, *, deadline: float | None = None) -> np.ndarray:
    """The sound of a recording, at most LONGEST_SECONDS of it.

    Args:
        clip: what `lipgate.core.media.probe` found, or a file.
        deadline: `time.monotonic()` at which decoding ends.

    Returns:
        int16 (n,), 16 kHz, from time zero of the clip; empty where the clip has no sound.

    Raises:
        InputError: as `lipgate.core.media.probe`; corrupt_video where decoding hangs or crashes.
        Overdue: the deadline passed.
    """
    clip = clip if isinstance(clip, Clip) else probe(clip, deadline=deadline)
    with Sound(clip, deadline=deadline) as sound:
        return sound.window(0, LONGEST_SECONDS * VIDEO_FPS)


class PhraseListener:
    """Checks recordings. Threads may share one; they take turns."""

    def __init__(self, recogniser: Recogniser, language: str) -> None:
        """Use `load`."""
        self._recogniser = recogniser
        self._language = language
        self._digits = {word: str(digit) for digit, word in enumerate(spoken(language))} | ALSO_SAID[language]

    @classmethod
    def load(cls, language: str, *, approximate: bool = False) -> Self:
        """Load the model.

        Args:
            language: "en" or "es".
            approximate: take a model of another language where there is none.

        Raises:
            LipgateError: language_unknown, speech_model_missing.
        """
        spoken(language)
        if language != _NATIVE and not approximate:
            raise LipgateError("speech_model_missing", f"There is no speech model for the language {language!r}.")
        return cls(Recogniser(DIGITS[language]), language)

    def check(self, samples: np.ndarray, phrase: Phrase) -> PhraseCheck:
        """Was the phrase spoken?

        Args:
            samples: int16 (n,), 16 kHz; only the first LONGEST_SECONDS count.
            phrase: what was to be read.
        """
        samples = samples[: LONGEST_SECONDS * AUDIO_RATE]
        if len(samples) < SHORTEST_SECONDS * AUDIO_RATE or np.abs(samples.astype(np.int32)).max() < QUIETEST:
            return PhraseCheck(None, matches=False)
        best = self._recogniser.any_words(samples)
        if best is None or not best.words:
            return PhraseCheck(None, matches=False)
        digits = tuple(self._digits[word] for word in best.words)
        shown = self._recogniser.these_words(samples, phrase.words(self._language))
        margin = None if shown is None else max(0.0, best.score - shown.score)
        return PhraseCheck(digits, decide(phrase.digits, digits, margin), errors_between(phrase.digits, digits), margin)


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
        spoken(language)
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
