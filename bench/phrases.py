"""Measures the check of the phrase that was read: `python -m bench.phrases [--grid FOLDER]`.

Synthetic voices are those of espeak-ng. Real ones are of the GRID corpus (one folder `sN` for each speaker; the file names
spell the sentences), whose digits are cut out of sentences and put together to phrases.
"""

import argparse
import random
import resource
import shutil
import subprocess
import sys
import time
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np

from bench.phrases_speech import GRID_DICTIONARY, Noise, cut_digits, joined, say, voices
from lipgate.core.constants import AUDIO_RATE
from lipgate.desktop.kiosk.calling import WakeListener
from lipgate.desktop.kiosk.ears.network import Whisper
from lipgate.desktop.kiosk.ears.reading import MAX_MARGIN, Reader, Reading
from lipgate.desktop.kiosk.ears.weights import read_files
from lipgate.desktop.kiosk.phrases import CLOSED, DIGITS, Phrase, new_phrase
from lipgate.desktop.kiosk.pronunciation import WAKE_PHRASES
from lipgate.desktop.kiosk.recogniser import Recogniser

_CHOICE = random.Random(1)  # noqa: S311

_RANDOM = 2
"""Random other phrases that are held against each sound."""

_NEAR = (1, 2, 3)
"""Digits that are changed in phrases that are nearly right ..."""

_TIMES = 4
"""... and how often, for each sound."""


@dataclass
class Counts:
    """Checks of one kind of sound: was the phrase accepted?"""

    right: list[Reading] = field(default_factory=list)
    other: list[bool] = field(default_factory=list)
    """A random other phrase."""
    near: dict[int, list[bool]] = field(default_factory=lambda: defaultdict(list))
    """The phrase with that many digits changed."""
    word: list[bool] = field(default_factory=list)
    """The phrase with one word changed."""

    def add(self, reader: Reader, samples: np.ndarray, phrase: Phrase) -> None:
        """Check a phrase, random others and near ones in the same sound."""
        self.right.append(reader.check(samples, phrase))
        self.other += [reader.check(samples, other).matches for other in _others(phrase)]
        for changed in _NEAR:
            self.near[changed] += [reader.check(samples, _nearly(phrase, changed)).matches for _ in range(_TIMES)]
        self.word += [reader.check(samples, other).matches for other in _with_another_word(phrase)]


class _Remembering(Whisper):
    """Does not listen to the same sound again."""

    _mel: np.ndarray | None = None
    _states: np.ndarray

    def hear(self, mel: np.ndarray) -> np.ndarray:
        if self._mel is None or not np.array_equal(mel, self._mel):
            self._mel, self._states = mel, super().hear(mel)
        return self._states


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure, and print tables."""
    parser = argparse.ArgumentParser(prog="python -m bench.phrases", description=(__doc__ or "").partition(":")[0])
    parser.add_argument("--grid", type=Path, help="folder of the GRID corpus, with a folder for each speaker")
    parser.add_argument("--phrases", type=int, default=60, help="synthetic phrases of each language (default: %(default)s)")
    parser.add_argument("--clips", type=int, default=20, help="clips of each GRID speaker (default: %(default)s)")
    parser.add_argument("--ears", type=Path, help="folder of the recogniser's weights (default: the installed extra)")
    options = parser.parse_args(arguments)
    weights = read_files(options.ears)
    reader = Reader(_Remembering(weights.variables), weights.tokens, weights.sha256)
    if options.phrases and shutil.which("espeak-ng"):
        _print_speed(Reader(Whisper(weights.variables), weights.tokens, weights.sha256))
        for language in DIGITS:
            _print_counts(f"espeak-ng, {language}", _synthetic(reader, language, options.phrases))
            _print_wake(language)
    elif options.phrases:
        print("espeak-ng is not installed: nothing synthetic is measured", file=sys.stderr)
    if options.grid:
        found = ((folder.name, sorted(folder.glob("*.mp4"))) for folder in sorted(options.grid.iterdir()))
        clips = {name: _some(files, options.clips) for name, files in found if files}
        _print_counts("GRID, digits put together", _joined_phrases(reader, clips))


def _others(phrase: Phrase) -> Iterator[Phrase]:
    for _ in range(_RANDOM):
        other = new_phrase(phrase.language, sum(part.isdecimal() for part in phrase.parts))
        kept = {place for place, part in enumerate(other.parts) if part.isdecimal() or len(other.parts) == len(phrase.parts)}
        yield replace(other, parts=tuple(part for place, part in enumerate(other.parts) if place in kept))


def _nearly(phrase: Phrase, changed: int) -> Phrase:
    parts = list(phrase.parts)
    for place in _CHOICE.sample([place for place, part in enumerate(parts) if part.isdecimal()], changed):
        parts[place] = _CHOICE.choice([digit for digit in "0123456789" if digit != parts[place]])
    return replace(phrase, parts=tuple(parts))


def _with_another_word(phrase: Phrase) -> Iterator[Phrase]:
    for place, part in enumerate(phrase.parts):
        if not part.isdecimal():
            word = _CHOICE.choice([word for word in CLOSED[phrase.language] if word != part])
            yield replace(phrase, parts=(*phrase.parts[:place], word, *phrase.parts[place + 1 :]))


def _some(files: list[Path], count: int) -> list[Path]:
    return files[:: max(1, len(files) // count)][:count]


def _synthetic(reader: Reader, language: str, count: int) -> Iterator[tuple[str, Counts]]:
    by_noise = {noise: Counts() for noise in Noise}
    for number, voice in zip(range(count), voices(language), strict=False):
        phrase = new_phrase(language)
        pause = ", " if number % 2 else " "
        samples = say(pause.join(phrase.words()), voice)
        for noise, counts in by_noise.items():
            counts.add(reader, noise.added(samples), phrase)
    yield from ((noise.label, counts) for noise, counts in by_noise.items())


def _joined_phrases(reader: Reader, clips: dict[str, list[Path]], each: int = 6) -> Iterator[tuple[str, Counts]]:
    aligner = Recogniser(GRID_DICTIONARY)
    by_noise = {noise: Counts() for noise in Noise}
    for files in clips.values():
        cuts = cut_digits(aligner, files)
        for number in range(each if len(cuts) > 5 else 0):
            digits = _CHOICE.choices(sorted(cuts), k=8)
            samples = joined([_CHOICE.choice(cuts[digit]) for digit in digits], seed=number)
            for noise, counts in by_noise.items():
                counts.add(reader, noise.added(samples), Phrase("en", tuple(digits)))
    yield from ((noise.label, counts) for noise, counts in by_noise.items())


def _print_counts(title: str, rows: Iterator[tuple[str, Counts]]) -> None:
    print(f"\n{title} (accepted / checked; margin allowed {MAX_MARGIN:g})")
    heads = (f"{n} changed" for n in _NEAR)
    print(f"{'sound':>8} {'right':>8} {'random':>8}", *(f"{head:>10}" for head in heads), f"{'a word':>8}  margin, sureness")
    for label, counts in rows:
        cells = (counts.other, *(counts.near[n] for n in _NEAR), counts.word)
        shown = [f"{sum(of)}/{len(of)}".rjust(width) for of, width in zip(cells, (8, 10, 10, 10, 8), strict=True)]
        margins, sureness = ([getattr(reading, name) or 0 for reading in counts.right] for name in ("margin", "sureness"))
        right = f"{sum(reading.matches for reading in counts.right)}/{len(counts.right)}"
        print(
            f"{label:>8} {right:>8}",
            *shown,
            f" right: 90 % within {np.percentile(margins, 90):.2f}, above {np.percentile(sureness, 10):.2f}",
            flush=True,
        )


def _print_wake(language: str) -> None:
    words, voice_list = WAKE_PHRASES[language], list(zip(range(16), voices(language), strict=False))
    heard = sum(_hits(WakeListener.load(language), say(" ".join(words), voice)) > 0 for _, voice in voice_list)
    listener, seconds, false = WakeListener.load(language), 0.0, 0
    for _, voice in voice_list:
        for said in (new_phrase(language).words(), words[:1] + DIGITS[language][:3], words[1:]):
            samples = say(" ".join(said), voice)
            seconds += len(samples) / AUDIO_RATE
            false += _hits(listener, samples)
    print(
        f"wake phrase, {language}: heard {heard}/{len(voice_list)}; false starts {false} in {seconds:.0f} s of phrases and parts"
    )


def _hits(listener: WakeListener, samples: np.ndarray) -> int:
    pieces = np.split(np.concatenate([samples, np.zeros(AUDIO_RATE, np.int16)]), range(4000, len(samples) + AUDIO_RATE, 4000))
    return sum(listener.feed(piece.tobytes()) for piece in pieces)


def _print_speed(reader: Reader) -> None:
    phrase = new_phrase("en")
    spoken = say(" ".join(phrase.words()), next(voices("en")))
    for seconds in (6, 30):
        samples, times = np.resize(spoken, seconds * AUDIO_RATE), []
        for _ in range(3):
            began = time.process_time()
            reader.check(samples, phrase)
            times.append(time.process_time() - began)
        most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        print(f"check of {seconds} s: {min(times) * 1000:.0f} ms of processor time; the process takes {most:.0f} MB at most")


if __name__ == "__main__":
    try:
        main()
    except subprocess.CalledProcessError as error:
        sys.exit(f"{error.cmd[0]} failed")
