"""Measures the check of the phrase that was read: `python -m bench.phrases [--grid FOLDER]`.

Synthetic voices are those of espeak-ng. Real ones are of the GRID corpus (one folder `sN` for each speaker; the file names
spell the sentences): whole sentences, and the digits of them, cut out and put together to phrases.
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
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from bench.phrases_speech import GRID_DICTIONARY, GRID_RULE, Noise, cut_digits, grid_sentence, joined, say, voices
from lipgate.core.constants import AUDIO_RATE
from lipgate.desktop.kiosk.listening import MAX_MARGIN, PhraseListener, WakeListener, decide, errors_between, read_sound
from lipgate.desktop.kiosk.phrases import Phrase, new_phrase, spoken
from lipgate.desktop.kiosk.pronunciation import DIGITS, WAKE_PHRASES
from lipgate.desktop.kiosk.recogniser import Decoded, Recogniser

_CHOICE = random.Random(1)  # noqa: S311

_NEAR = (1, 2, 3)
"""Digits that are changed in phrases that are nearly right."""


@dataclass
class Counts:
    """Checks of one kind of sound."""

    right: list[bool] = field(default_factory=list)
    """Was the right phrase accepted?"""
    digit_errors: list[int] = field(default_factory=list)
    wrong: list[bool] = field(default_factory=list)
    """Was a random other phrase accepted?"""
    near: dict[int, list[bool]] = field(default_factory=lambda: defaultdict(list))
    """Was the phrase accepted with that many digits changed?"""
    right_margins: list[float] = field(default_factory=list)
    wrong_margins: list[float] = field(default_factory=list)

    def add(self, listener: PhraseListener, samples: np.ndarray, phrase: Phrase, wrong: int = 3) -> None:
        """Check a phrase, random others and near ones in the same sound."""
        heard = listener.check(samples, phrase)
        self.right.append(heard.matches)
        self.digit_errors.append(len(phrase.digits) if heard.errors is None else heard.errors)
        self.right_margins.append(float("inf") if heard.margin is None else heard.margin)
        for _ in range(wrong):
            other = listener.check(samples, new_phrase(len(phrase.digits)))
            self.wrong.append(other.matches)
            self.wrong_margins.append(float("inf") if other.margin is None else other.margin)
        for changed in _NEAR:
            self.near[changed].append(listener.check(samples, _nearly(phrase, changed)).matches)


class _Remembering(Recogniser):
    """Does not look for the best words of the same sound again."""

    _sound: np.ndarray | None = None
    _best: Decoded | None = None

    def any_words(self, samples: np.ndarray) -> Decoded | None:
        if self._sound is None or not np.array_equal(samples, self._sound):
            self._sound, self._best = samples, super().any_words(samples)
        return self._best


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure, and print tables."""
    parser = argparse.ArgumentParser(prog="python -m bench.phrases", description=(__doc__ or "").partition(":")[0])
    parser.add_argument("--grid", type=Path, help="folder of the GRID corpus, with a folder for each speaker")
    parser.add_argument("--phrases", type=int, default=60, help="synthetic phrases of each language (default: %(default)s)")
    parser.add_argument("--clips", type=int, default=20, help="clips of each GRID speaker (default: %(default)s)")
    options = parser.parse_args(arguments)
    if options.phrases and shutil.which("espeak-ng"):
        _print_speed()
        for language in ("en", "es"):
            _print_counts(f"espeak-ng, {language}", _synthetic(language, options.phrases))
            _print_wake(language)
    elif options.phrases:
        print("espeak-ng is not installed: nothing synthetic is measured", file=sys.stderr)
    if options.grid:
        clips = {folder.name: _some(sorted(folder.glob("*.mp4")), options.clips) for folder in sorted(options.grid.iterdir())}
        clips = {speaker: files for speaker, files in clips.items() if files}
        _print_sentences(clips)
        _print_counts("GRID, digits put together", _joined_phrases(clips))


def _nearly(phrase: Phrase, changed: int) -> Phrase:
    digits = list(phrase.digits)
    for place in _CHOICE.sample(range(len(digits)), changed):
        digits[place] = _CHOICE.choice([digit for digit in "0123456789" if digit != digits[place]])
    return Phrase(tuple(digits))


def _some(files: list[Path], count: int) -> list[Path]:
    return files[:: max(1, len(files) // count)][:count]


def _synthetic(language: str, count: int) -> Iterator[tuple[str, Counts]]:
    listener = PhraseListener(_Remembering(DIGITS[language]), language)
    by_noise = {noise: Counts() for noise in Noise}
    for number, voice in zip(range(count), voices(language), strict=False):
        phrase = new_phrase()
        pause = ", " if number % 2 else " "
        samples = say(pause.join(phrase.words(language)), voice)
        for noise, counts in by_noise.items():
            counts.add(listener, noise.added(samples), phrase)
    yield from ((noise.label, counts) for noise, counts in by_noise.items())


def _joined_phrases(clips: dict[str, list[Path]], each: int = 6) -> Iterator[tuple[str, Counts]]:
    listener, aligner = PhraseListener(_Remembering(DIGITS["en"]), "en"), Recogniser(GRID_DICTIONARY)
    by_noise = {noise: Counts() for noise in Noise}
    for files in clips.values():
        cuts = cut_digits(aligner, files)
        for number in range(each if len(cuts) > 5 else 0):
            phrase = new_phrase()
            while not set(phrase.digits) <= set(cuts):
                phrase = new_phrase()
            samples = joined([_CHOICE.choice(cuts[digit]) for digit in phrase.digits], seed=number)
            for noise, counts in by_noise.items():
                counts.add(listener, noise.added(samples), phrase)
    yield from ((noise.label, counts) for noise, counts in by_noise.items())


def _print_counts(title: str, rows: Iterator[tuple[str, Counts]]) -> None:
    print(f"\n{title} (accepted / checked; margin allowed {MAX_MARGIN:g})")
    print(
        f"{'sound':>12} {'right':>9} {'digit errors':>14} {'random':>9}", *(f"{f'{n} changed':>10}" for n in _NEAR), "  margins"
    )
    for label, counts in rows:
        near = (f"{sum(counts.near[n])}/{len(counts.near[n])}".rjust(10) for n in _NEAR)
        digits = f"{sum(counts.digit_errors)}/{8 * len(counts.right)}"
        worst, best = np.percentile(counts.right_margins, 95), min(counts.wrong_margins)
        margins = f"  right {np.median(counts.right_margins):.2f}, 95 % {worst:.2f}; least of a random one {best:.2f}"
        right, wrong = (f"{sum(of)}/{len(of)}" for of in (counts.right, counts.wrong))
        print(f"{label:>12} {right:>9} {digits:>14} {wrong:>9}", *near, margins, flush=True)


def _print_sentences(clips: dict[str, list[Path]]) -> None:
    """GRID sentences: words and digits heard, and the rule of the check with sentences for phrases."""
    recogniser, listener = Recogniser(GRID_DICTIONARY, GRID_RULE), PhraseListener.load("en")
    print("\nGRID, whole sentences (words and digits heard wrong; accepted / checked)")
    print(f"{'speaker':>8} {'words':>8} {'digits':>8} {'right':>8} {'another':>8} {'phrases':>8}")
    for speaker, files in clips.items():
        sentences = {file: grid_sentence(file) for file in files}
        errors, digit_errors = 0, 0
        right: list[bool] = []
        wrong: list[bool] = []
        random_phrase: list[bool] = []
        for number, file in enumerate(files):
            samples = read_sound(file)
            best = recogniser.any_words(samples)
            words = best.words if best else ()
            errors += errors_between(sentences[file], words)
            digit_errors += words[4:5] != sentences[file][4:5]
            for sentence, accepted in ((sentences[file], right), (sentences[files[number - len(files) // 2]], wrong)):
                shown = recogniser.these_words(samples, sentence)
                accepted.append(decide(sentence, words, best.score - shown.score if best and shown else None))
            random_phrase.append(listener.check(samples, new_phrase()).matches)
        cells = (f"{sum(of)}/{len(of)}".rjust(8) for of in (right, wrong, random_phrase))
        print(f"{speaker:>8} {f'{errors}/{6 * len(files)}':>8} {f'{digit_errors}/{len(files)}':>8}", *cells, flush=True)


def _print_wake(language: str) -> None:
    words, voice_list = WAKE_PHRASES[language], list(zip(range(16), voices(language), strict=False))
    heard = sum(_hits(WakeListener.load(language), say(" ".join(words), voice)) > 0 for _, voice in voice_list)
    listener, seconds, false = WakeListener.load(language), 0.0, 0
    for _, voice in voice_list:
        for said in (new_phrase().words(language), words[:1] + spoken(language)[:3], words[1:]):
            samples = say(" ".join(said), voice)
            seconds += len(samples) / AUDIO_RATE
            false += _hits(listener, samples)
    print(
        f"wake phrase, {language}: heard {heard}/{len(voice_list)}; false starts {false} in {seconds:.0f} s of digits and parts"
    )


def _hits(listener: WakeListener, samples: np.ndarray) -> int:
    pieces = np.split(np.concatenate([samples, np.zeros(AUDIO_RATE, np.int16)]), range(4000, len(samples) + AUDIO_RATE, 4000))
    return sum(listener.feed(piece.tobytes()) for piece in pieces)


def _print_speed() -> None:
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    began = time.perf_counter()
    listener = PhraseListener.load("en")
    loaded = time.perf_counter() - began
    phrase = new_phrase()
    samples = np.resize(say(" ".join(phrase.words("en")), next(voices("en"))), 5 * AUDIO_RATE)
    times = []
    for _ in range(5):
        began = time.process_time()
        listener.check(samples, phrase)
        times.append(time.process_time() - began)
    more = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024
    print(f"load {loaded * 1000:.0f} ms, check of 5 s {min(times) * 1000:.0f} ms of one core, {more:.0f} MB more memory")


if __name__ == "__main__":
    try:
        main()
    except subprocess.CalledProcessError as error:
        sys.exit(f"{error.cmd[0]} failed")
