"""Speech for `bench.phrases`: synthetic voices, noise, and the sentences of the GRID corpus."""

import enum
import itertools
import random
import subprocess
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from lipgate.core.constants import AUDIO_RATE
from lipgate.core.media import ffmpeg
from lipgate.desktop.kiosk.ears.sound import read_sound
from lipgate.desktop.kiosk.phrases import DIGITS
from lipgate.desktop.kiosk.recogniser import Pronunciations, Recogniser

_VOICES = {
    "en": ["en-us", "en-gb", "en-us+f3", "en-us+m3", "en-gb-scotland", "en-us+f2", "en-029", "en-us+m7", "en-gb+f4", "en-us-nyc"],
    "es": ["es", "es-419", "es+f3", "es+m3", "es-419+f2", "es-419+m7", "es+f4", "es-419+m1", "es+m5", "es-419+f5"],
}


@dataclass(frozen=True)
class Voice:
    """A voice of espeak-ng."""

    name: str
    words_a_minute: int
    pitch: int
    """0 to 99."""


def voices(language: str) -> Iterator[Voice]:
    """Voices without end: every name in turn, the manners change."""
    for manner in itertools.cycle([(140, 50), (120, 40), (165, 60)]):
        yield from (Voice(name, *manner) for name in _VOICES[language])


def say(text: str, voice: Voice) -> np.ndarray:
    """Speak, with half a second of silence before and after.

    Returns:
        int16 (n,), 16 kHz.
    """
    manner = ["-v", voice.name, "-s", str(voice.words_a_minute), "-p", str(voice.pitch)]
    wave = subprocess.run(["espeak-ng", *manner, "--stdout", text], capture_output=True, check=True).stdout  # noqa: S607
    resample = [ffmpeg.program(), "-v", "error", "-i", "-", "-f", "s16le", "-ac", "1", "-ar", str(AUDIO_RATE), "-"]
    samples = np.frombuffer(subprocess.run(resample, input=wave, capture_output=True, check=True).stdout, "<i2")
    return np.pad(samples, AUDIO_RATE // 2)


class Noise(enum.Enum):
    """White noise, by the ratio of speech to it."""

    NONE = None
    FAINT = 20
    LOUD = 10

    @property
    def label(self) -> str:
        """For a table."""
        return "clean" if self.value is None else f"{self.value} dB"

    def added(self, samples: np.ndarray) -> np.ndarray:
        """The sound with noise, int16 (n,)."""
        if self.value is None:
            return samples
        speech = samples[np.abs(samples.astype(np.int32)) > 100].astype(float)
        power = np.mean(speech**2) / 10 ** (self.value / 10)
        noise = np.random.default_rng(len(samples)).standard_normal(len(samples)) * np.sqrt(power)
        return (samples + noise).clip(-32768, 32767).astype(np.int16)


_COMMANDS = {"b": "bin", "l": "lay", "p": "place", "s": "set"}
_COLOURS = {"b": "blue", "g": "green", "r": "red", "w": "white"}
_PREPOSITIONS = {"a": "at", "b": "by", "i": "in", "w": "with"}
_ADVERBS = {"a": "again", "n": "now", "p": "please", "s": "soon"}
_LETTERS = (
    "a:EY b:B-IY c:S-IY d:D-IY e:IY f:EH-F g:JH-IY h:EY-CH i:AY j:JH-EY k:K-EY l:EH-L m:EH-M n:EH-N o:OW p:P-IY q:K-Y-UW "
    "r:AA-R s:EH-S t:T-IY u:Y-UW v:V-IY x:EH-K-S y:W-AY z:Z-EH-D"
)

GRID_DICTIONARY: Pronunciations = {
    **{"bin": ("B IH N",), "lay": ("L EY",), "place": ("P L EY S",), "set": ("S EH T",)},
    **{"blue": ("B L UW",), "green": ("G R IY N",), "red": ("R EH D",), "white": ("W AY T",)},
    **{"at": ("AE T",), "by": ("B AY",), "in": ("IH N",), "with": ("W IH DH", "W IH TH")},
    **{f"letter-{said[0]}": (said[2:].replace("-", " "),) for said in _LETTERS.split()},
    **{"zero": ("Z IH R OW", "Z IY R OW"), "one": ("W AH N", "HH W AH N"), "two": ("T UW",), "three": ("TH R IY",)},
    **{"four": ("F AO R", "F AO"), "five": ("F AY V",), "six": ("S IH K S",), "seven": ("S EH V AH N",)},
    **{"eight": ("EY T",), "nine": ("N AY N",)},
    **{"again": ("AH G EH N", "AH G EY N"), "now": ("N AW",), "please": ("P L IY Z",), "soon": ("S UW N",)},
}


def grid_sentence(file: Path) -> tuple[str, ...]:
    """The words of a sentence, as the file's name spells them (`s1_bbaf2n.mp4`: bin blue at f two now)."""
    command, colour, preposition, letter, digit, adverb = list(file.stem.rpartition("_")[2])
    number = DIGITS["en"][0 if digit == "z" else int(digit)]
    return (_COMMANDS[command], _COLOURS[colour], _PREPOSITIONS[preposition], f"letter-{letter}", number, _ADVERBS[adverb])


def cut_digits(aligner: Recogniser, files: Sequence[Path]) -> dict[str, list[np.ndarray]]:
    """The digits of sentences, cut out.

    Returns:
        for each digit its recordings, int16 (n,).
    """
    cuts = defaultdict(list)
    for file in files:
        samples, words = read_sound(file), grid_sentence(file)
        aligned = aligner.these_words(samples, words)
        if aligned:
            first, end = aligned.spans[4]
            cuts[str(DIGITS["en"].index(words[4]))].append(samples[max(0, first - 160) : end + 320])
    return cuts


def joined(pieces: Sequence[np.ndarray], seed: int) -> np.ndarray:
    """Pieces of speech with short pauses, as when digits are read; int16 (n,)."""
    choice = random.Random(seed)  # noqa: S311
    parts = [np.zeros(AUDIO_RATE // 2, np.int16)]
    for piece in pieces:
        parts += [piece, np.zeros(round(choice.uniform(0.05, 0.35) * AUDIO_RATE), np.int16)]
    return np.concatenate([*parts, np.zeros(AUDIO_RATE // 3, np.int16)])
