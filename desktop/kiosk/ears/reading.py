"""Was the phrase that is shown read in a recording? Whisper says, place by place, how likely what is shown is beside all else.

The network is told the phrase so far and asked which of all digits and words it hears next. A phrase that was read is what it
expects at nearly every place; at a digit that was changed it expects another one. `bench.phrases` measures this.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Self

import numpy as np

from lipgate.core.constants import AUDIO_RATE
from lipgate.core.sync.whisper import logmel
from lipgate.desktop.kiosk.ears.network import Whisper
from lipgate.desktop.kiosk.ears.weights import read_files
from lipgate.desktop.kiosk.phrases import CLOSED, Phrase, said

LONGEST_SECONDS = 30
"""Sound after this much is not listened to: Whisper hears no more at once."""

SHORTEST_SECONDS = 0.5
"""In less sound than this no phrase is looked for."""

QUIETEST = 100
"""Sound whose largest sample is below this is silence."""

MAX_MARGIN = 2.5
"""How much likelier than the digit shown something else may be at its place, as a difference of natural logarithms."""

MAX_WORD_MARGIN = 4.0
"""The same for a word. Words are told apart more widely than digits, and accents of them are heard less well."""

MIN_SURENESS = 0.45
"""Least likelihood of what is shown, as the geometric mean of all places: sound that tells the network nothing leaves it
undecided everywhere, and nothing stands out then."""

_PAUSE = AUDIO_RATE // 2
"""Silence that is put after the sound, so that a last word cut short is heard to end."""

_START, _TRANSCRIBE, _NO_TIMES, _END = "<|startoftranscript|>", "<|transcribe|>", "<|notimestamps|>", "<|endoftext|>"

_SPLIT = {
    **{"cero": ("Ġc", "ero"), "ocho": ("Ġoch", "o"), "nueve": ("Ġnue", "ve")},
    **{"bomba": ("Ġbomb", "a"), "también": ("ĠtambiÃ©n",)},
}
"""Tokens of the words that are not one token as they are spelled."""


@dataclass(frozen=True)
class Reading:
    """What was heard, next to what should have been said."""

    heard: tuple[str, ...] | None
    """At each place the digit or word that is likeliest after what is shown before it; None where there is nothing to hear."""
    matches: bool
    """Whether the phrase was read."""
    margin: float | None = None
    """How much likelier something else is at the place where it fits worst; 0 where what is shown is likeliest everywhere."""
    sureness: float | None = None
    """See `MIN_SURENESS`; 0 to 1."""


class Reader:
    """Checks recordings. Threads may share one."""

    def __init__(self, network: Whisper, tokens: Mapping[str, int], sha256: str) -> None:
        """Use `open_reader`.

        Args:
            network: Whisper.
            tokens: number of each token.
            sha256: of the network's weights.
        """
        self.sha256 = sha256
        self._network = network
        self._tokens = tokens

    @classmethod
    def load(cls, folder: Path | None) -> Self:
        """Load the weights, in about a second.

        Raises:
            WeightsError: as `lipgate.desktop.kiosk.ears.weights.read_files`.
        """
        files = read_files(folder)
        return cls(Whisper(files.variables), files.tokens, files.sha256)

    def check(self, samples: np.ndarray, phrase: Phrase) -> Reading:
        """Was the phrase read?

        Args:
            samples: int16 (n,), 16 kHz; only the first LONGEST_SECONDS count.
            phrase: what was to be read.
        """
        samples = samples[: LONGEST_SECONDS * AUDIO_RATE]
        if len(samples) < SHORTEST_SECONDS * AUDIO_RATE or np.abs(samples.astype(np.int32)).max() < QUIETEST:
            return Reading(None, matches=False)
        names = (*"0123456789", *CLOSED[phrase.language], "")
        likely = self._weighed(samples, phrase, names)
        places = np.arange(len(likely))
        shown = likely[places, [names.index(part) for part in (*phrase.parts, "")]]
        margins, sureness = likely.max(1) - shown, float(np.exp(shown.mean()))
        heard = tuple(names[best] for best in likely.argmax(1) if names[best])
        allowed = [MAX_MARGIN if part.isdecimal() else MAX_WORD_MARGIN for part in phrase.parts] + [MAX_MARGIN]
        matches = bool((margins <= allowed).all()) and sureness >= MIN_SURENESS
        return Reading(heard, matches, float(margins.max()), sureness)

    def _weighed(self, samples: np.ndarray, phrase: Phrase, names: tuple[str, ...]) -> np.ndarray:
        """Logarithms of likelihoods, float32 (places + 1, names): the last place is the one where all has been said."""
        mel = logmel(np.pad(samples, (0, _PAUSE))[: LONGEST_SECONDS * AUDIO_RATE])
        states = self._network.hear(mel[:, : mel.shape[1] // 2 * 2])
        line = [self._tokens[token] for token in (_START, f"<|{phrase.language}|>", _TRANSCRIBE, _NO_TIMES)]
        ends = [len(line) - 1]
        for part in phrase.parts:
            line += self._spelled(part, phrase.language)
            ends.append(len(line) - 1)
        first = [self._spelled(name, phrase.language)[0] if name else self._tokens[_END] for name in names]
        return self._network.expects(states, line, first)[ends]

    def _spelled(self, part: str, language: str) -> list[int]:
        word = said(part, language)
        return [self._tokens[token] for token in _SPLIT.get(word, (f"Ġ{word}",))]


@cache
def open_reader(folder: Path | None) -> Reader:
    """The reader of this process: its weights are in memory once.

    Raises:
        WeightsError: as `Reader.load`.
    """
    return Reader.load(folder)
