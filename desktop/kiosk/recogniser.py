"""Recognises few known words with pocketsphinx, offline. Its model of English sounds comes inside its package.

`pocketsphinx` is imported when a recogniser is loaded, not before.
"""

import importlib.util
import math
import threading
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from lipgate.core.constants import AUDIO_HOP, AUDIO_RATE
from lipgate.core.errors import LipgateError
from lipgate.core.runtime import how_to_install

Pronunciations = Mapping[str, Sequence[str]]
"""For each word one or more pronunciations, each the names of English sounds (ARPAbet, no stress) with spaces between."""

_OPTIONS: dict[str, Any] = {
    "loglevel": "FATAL",  # the rest goes to standard error
    "bestpath": False,
    # All sounds are weighed in every frame: else scores of different grammars are measured against different bests.
    "compallsen": True,
    "lw": 1.0,
    "wip": 1e-8,  # words are heard in pauses otherwise
    "silprob": 0.5,
    "beam": 1e-60,
    "pbeam": 1e-60,
    "wbeam": 1e-40,
}

_ROOM = 10.0
"""Deviation of the noise that is added to sound. Digital silence between words is unlike anything the model was made from."""


@dataclass(frozen=True)
class Decoded:
    """What fits a stretch of sound best."""

    words: tuple[str, ...]
    score: float
    """Logarithm of the likelihood, in units of the decoder; comparable only for the same sound."""
    spans: tuple[tuple[int, int], ...]
    """For each word its first sample and the one after its last."""


def is_installed() -> bool:
    """Whether pocketsphinx and its model of English are there."""
    if importlib.util.find_spec("pocketsphinx") is None:
        return False
    try:
        return (_model() / "mdef").is_file()
    except LipgateError:
        return False


def new_decoder(pronunciations: Pronunciations) -> Any:
    """A pocketsphinx Decoder that knows some words and has no search yet; nothing is written to disk.

    Raises:
        LipgateError: speech_model_missing.
        ValueError: a pronunciation has a sound that English has not.
    """
    model = _model()
    import pocketsphinx

    # Config() asks get_model_path() for files that are not needed here, see `_model`; one made of JSON does not.
    config = pocketsphinx.Config.parse_json("{}")
    for name, value in {**_OPTIONS, "hmm": str(model)}.items():
        config[name] = value
    try:
        decoder = pocketsphinx.Decoder(config)
    except (RuntimeError, ValueError) as error:
        raise LipgateError("speech_model_missing", f"The model of English sounds in {model} cannot be read.") from error
    entries = [
        (word if not i else f"{word}({i + 1})", sounds) for word, said in pronunciations.items() for i, sounds in enumerate(said)
    ]
    for i, (entry, sounds) in enumerate(entries):
        try:
            decoder.add_word(entry, sounds, i == len(entries) - 1)
        except RuntimeError as error:
            raise ValueError(f"{entry!r} cannot be said as {sounds!r}") from error
    return decoder


def new_endpointer() -> Any:
    """A pocketsphinx Endpointer: finds where speech begins and ends in a stream at 16 kHz.

    Raises:
        LipgateError: speech_model_missing.
    """
    _model()
    import pocketsphinx

    return pocketsphinx.Endpointer(sample_rate=AUDIO_RATE)


class Recogniser:
    """Finds words of a small vocabulary in short stretches of sound. Threads may share one; they take turns."""

    def __init__(self, pronunciations: Pronunciations, rule: str | None = None) -> None:
        """Load the model (about 50 ms).

        Args:
            pronunciations: the vocabulary.
            rule: what `any_words` may hear, as the right side of a JSGF rule. Default: any words, one or more, in any order.

        Raises:
            LipgateError: speech_model_missing.
        """
        self._words = frozenset(pronunciations)
        self._decoder = new_decoder(pronunciations)
        self._lock = threading.Lock()
        self._decoder.add_jsgf_string("any", _grammar(rule or f"( {' | '.join(pronunciations)} )+"))

    def any_words(self, samples: np.ndarray) -> Decoded | None:
        """The words that fit best, however many.

        Args:
            samples: int16 (n,), 16 kHz.

        Returns:
            None where no words fit at all.
        """
        with self._lock:
            self._decoder.activate_search("any")
            return self._decode(samples)

    def these_words(self, samples: np.ndarray, words: Iterable[str]) -> Decoded | None:
        """How well given words fit, said in this order with pauses where there are some.

        Args:
            samples: int16 (n,), 16 kHz.
            words: of the vocabulary.

        Returns:
            None where they do not fit at all.
        """
        words = tuple(words)
        if not words or not self._words.issuperset(words):
            raise ValueError(f"not of the vocabulary: {words}")
        with self._lock:
            self._decoder.add_jsgf_string("these", _grammar(" ".join(words)))
            try:
                self._decoder.activate_search("these")
                return self._decode(samples)
            finally:
                self._decoder.activate_search("any")
                self._decoder.remove_search("these")

    def _decode(self, samples: np.ndarray) -> Decoded | None:
        self._decoder.reinit_feat()  # forgets the levels and the noise of the sound before
        self._decoder.start_utt()
        try:
            self._decoder.process_raw(with_room(samples).tobytes(), False, True)
        finally:
            self._decoder.end_utt()
        best = self._decoder.hyp()
        if best is None or not best.score > 0:
            return None
        found = [(segment.word.partition("(")[0], segment.start_frame, segment.end_frame) for segment in self._decoder.seg()]
        found = [entry for entry in found if entry[0] in self._words]
        spans = tuple((first * AUDIO_HOP, (last + 1) * AUDIO_HOP) for _, first, last in found)
        return Decoded(tuple(word for word, _, _ in found), math.log(best.score), spans)


def with_room(samples: np.ndarray) -> np.ndarray:
    """The same sound with the faint noise of a room, always the same one, so that a check can be repeated.

    Returns:
        int16 (n,).
    """
    noise = np.random.default_rng(0).standard_normal(len(samples)) * _ROOM
    return (samples + noise).clip(-32768, 32767).astype("<i2")


def _model() -> Path:
    try:
        import pocketsphinx
    except ImportError as error:
        raise LipgateError("speech_model_missing", f"The extra `kiosk` is not installed: {how_to_install('kiosk')}.") from error
    # Beside the module, also in a frozen program, where get_model_path() finds no package `pocketsphinx.model`.
    return Path(pocketsphinx.__file__).parent / "model" / "en-us" / "en-us"


def _grammar(rule: str) -> str:
    return f"#JSGF V1.0; grammar words; public <said> = {rule} ;"
