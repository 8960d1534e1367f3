"""What words in which the lips close give to the check of the lips: `python -m bench.closures FOLDER`.

FOLDER holds sentences of the GRID corpus (the file names spell them), of people that no network was trained on. Where each word
stands is told by aligning the sound with the sentence. Each word is then judged by itself. Its confidence is how much nearer the
sound lies at the best of 31 shifts than at the middle one of all: for its own sound, for that of the other sentences at the same
moment, and for the same face with a jaw that follows the loudness of its own sound.
"""

import argparse
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from bench.phrases_speech import GRID_DICTIONARY, grid_sentence
from lipgate.core.constants import SAMPLES_PER_FRAME, WINDOW_FRAMES
from lipgate.core.evaluation.figures import weighted_auc
from lipgate.core.faces import mouth
from lipgate.core.sync.distances import pair_distances
from lipgate.desktop.kiosk.ears.sound import read_sound
from lipgate.desktop.kiosk.phrases import DIGITS
from lipgate.desktop.kiosk.recogniser import Recogniser
from training import jaws
from training.attacks import network
from training.attacks.footage import Footage, read
from training.prepare import CANVAS

CLOSED = ("bin", "place", "blue", "by", "please", "letter-b", "letter-m", "letter-p")
"""Words of the corpus with M, B or P."""

FEWEST = 3
"""Windows that a word must have."""

PUPPETS = 4
"""Jaws that the loudness of the sound moves, drawn for each sentence."""


@dataclass
class Words:
    """Words of one kind."""

    own: list[float] = field(default_factory=list)
    foreign: list[float] = field(default_factory=list)
    puppets: list[float] = field(default_factory=list)
    """Confidences."""
    right: list[bool] = field(default_factory=list)
    """Whether the own sound was found where it is."""

    def row(self, label: str) -> str:
        """Of a table."""
        areas = [_area(self.own, others) for others in (self.foreign, self.puppets)]
        return f"{label:>22} {len(self.own):>6} {np.mean(self.right):>16.2f} {areas[0]:>22.3f} {areas[1]:>15.3f}"


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure, and print a table."""
    parser = argparse.ArgumentParser(prog="python -m bench.closures", description=(__doc__ or "").partition(":")[0])
    parser.add_argument("folders", nargs="+", type=Path, help="folders of sentences")
    options = parser.parse_args(arguments)
    files = [file for folder in options.folders for file in sorted(folder.rglob("*.mp4"))]
    kinds = measure(files)
    print(f"{'words':>22} {'count':>6} {'own sound found':>16} {'own against other (AUC)':>22} {'against puppets':>15}")
    for label, found in sorted(kinds.items()):
        print(found.row(label))


def measure(files: Sequence[Path]) -> dict[str, Words]:
    """Judge every word of every sentence."""
    aligner, rng = Recogniser(GRID_DICTIONARY), np.random.default_rng(0)
    clips = [read(file) for file in files]
    sentences = [grid_sentence(file) for file in files]
    sounds = [network.heard(clip.sound) for clip in clips]
    kinds: dict[str, Words] = defaultdict(Words)
    for file, clip, sentence, sound in zip(files, clips, sentences, sounds, strict=True):
        if not (aligned := aligner.these_words(read_sound(file), sentence)):
            continue
        own, *foreign = (pair_distances(network.seen(clip), heard, 0) for heard in (sound, *sounds))
        puppets = [pair_distances(_puppet(clip, rng), sound, 0) for _ in range(PUPPETS)]
        zero = int(np.nanmean(own, axis=0).argmin())
        for place, (word, (first, stop)) in enumerate(zip(sentence, aligned.spans, strict=True)):
            edges = (round(at / SAMPLES_PER_FRAME) - WINDOW_FRAMES // 2 for at in (first, stop))
            part = slice(*(max(0, edge) for edge in edges))
            if (confidence := _confidence(own[part])) is None:
                continue
            found = kinds[_kind(word)]
            found.own.append(confidence)
            found.right.append(abs(int(np.nanmean(own[part], axis=0).argmin()) - zero) <= 1)
            # Sentences have the same order of words: where the other one says this very word it is not foreign.
            others = [one for one, said in zip(foreign, sentences, strict=True) if said[place] != word]
            for into, those in ((found.foreign, others), (found.puppets, puppets)):
                into += [value for one in those if (value := _confidence(one[part])) is not None]
    return kinds


def _puppet(clip: Footage, rng: np.random.Generator) -> np.ndarray:
    """Embeddings of the face with a jaw that its own sound moves."""
    loudness = np.sqrt(np.square(clip.sound.reshape(-1, SAMPLES_PER_FRAME) / 32768).mean(axis=1)).astype(np.float32)
    crops = jaws.puppet(mouth.cut(list(clip.frames), clip.landmarks, CANVAS), loudness[: len(clip)], rng)
    border = (CANVAS - mouth.SIDE) // 2
    return network.embedded(crops[:, border:-border, border:-border])


def _area(own: list[float], others: list[float]) -> float:
    values, is_own = np.array(own + others), np.arange(len(own) + len(others)) < len(own)
    return float(weighted_auc(values, is_own, np.ones((1, len(values))))[0])


def _confidence(distances: np.ndarray) -> float | None:
    """Of some windows, (n, 31); None where they are too few, or lack sound at a shift."""
    if len(distances) < FEWEST or np.isnan(distances).all(axis=0).any():
        return None
    curve = np.nanmean(distances, axis=0)
    return float(np.median(curve) - curve.min())


def _kind(word: str) -> str:
    if word in CLOSED:
        return "with closed lips"
    return "digits" if word in DIGITS["en"] else "others"


if __name__ == "__main__":
    main()
