"""Speech nobody spoke: sentences read by espeak-ng in many voices, with the moment of every phoneme."""

import json
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

from lipgate.core.constants import AUDIO_RATE
from lipgate.core.errors import OutputError
from training.attacks import espeak
from training.puppet.speech import recording

VARIANTS = ("", "+m1", "+m3", "+m5", "+m7", "+f1", "+f2", "+f3", "+f4", "+f5")

SENTENCES = {
    "en": (
        "Good morning, my name is on the screen in front of you.",
        "Please move the small brown table before my mother opens the door.",
        "I am speaking these words aloud, here and now, and nobody else does.",
        "Five blue boats went past the bridge, and above them flew many white birds.",
        "Seven, two, nine, four, maybe, eight, one, six, paper, three.",
        "We met at the museum on Monday, and my phone number has not changed.",
        "Would you open the window, put the bread away, and remember the milk?",
        "My account was opened in April, and I would like to move the money back home.",
    ),
    "es": (
        "Buenos días, hoy vamos a comprobar que la voz y los labios se mueven juntos.",
        "Mi número es cuatro, siete, uno, ocho, cinco, y vivo en una casa blanca cerca del mar.",
        "Por favor, abre la ventana, pon la mesa y llama a mi hermana mañana por la mañana.",
        "Nueve, dos, tomate, seis, paloma, cero, tres, abuela.",
        "Me llamo como dice la pantalla y hablo ahora mismo delante de la cámara.",
    ),
    "de": (
        "Guten Morgen, mein Name steht vor Ihnen auf dem Bildschirm.",
        "Bitte bewegen Sie den kleinen braunen Tisch, bevor meine Mutter kommt.",
    ),
    "fr": (
        "Bonjour, je m'appelle comme il est écrit à l'écran devant vous.",
        "Ma mère a ouvert la porte, puis nous avons bu beaucoup de café ensemble.",
    ),
    "it": ("Buongiorno, il mio nome è sullo schermo e parlo adesso davanti alla macchina.",),
    "pt": ("Bom dia, o meu número é quatro, sete, um, oito, e moro perto do mar.",),
}
"""By language."""

_ACCENTS = {"en": ("en-us", "en-gb-x-rp", "en-gb-scotland"), "es": ("es", "es-419")}
_CHANCES = {"en": 0.4, "es": 0.3}
"""How often the two languages of the station are drawn; the others share the rest."""


@dataclass(frozen=True)
class Speech:
    """Something said."""

    sound: np.ndarray
    """int16 (m,), 16 kHz."""
    phonemes: tuple[tuple[float, str], ...]
    """When one begins, in seconds, and which, in the notation of espeak-ng; `_` is a pause."""


def available() -> bool:
    """Whether espeak-ng is installed."""
    return shutil.which("espeak-ng") is not None


def drawn(seconds: float, rng: np.random.Generator) -> Speech:
    """Sentences of one voice that last at least so long, cut to it.

    Raises:
        OutputError: output_failed, where espeak-ng is missing or cannot speak.
    """
    languages = list(SENTENCES)
    rest = (1.0 - sum(_CHANCES.values())) / (len(languages) - len(_CHANCES))
    language = languages[int(rng.choice(len(languages), p=[_CHANCES.get(name, rest) for name in languages]))]
    voice = str(rng.choice(_ACCENTS.get(language, (language,)))) + str(rng.choice(VARIANTS))
    speed, pitch = int(rng.integers(120, 195)), int(rng.integers(25, 75))
    # Two and a half words a second and seven words a sentence: enough, and what is too much is cut.
    order = [SENTENCES[language][i % len(SENTENCES[language])] for i in rng.permutation(max(3, round(seconds)))]
    return cut(said(" ".join(order), voice, speed, pitch), seconds)


def said(text: str, voice: str, speed: int = 160, pitch: int = 50) -> Speech:
    """A text read aloud; the same text and voice sound the same each time.

    Args:
        text: in the language of the voice.
        voice: of espeak-ng, such as `es+f2`.
        speed: words a minute.
        pitch: 0 to 99.

    Raises:
        OutputError: output_failed, where espeak-ng is missing or cannot speak.
    """
    with TemporaryDirectory() as folder:
        wav = Path(folder) / "said.wav"
        command = [sys.executable, espeak.__file__, voice, str(speed), str(pitch), text, str(wav)]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode:
            last = done.stderr.strip().rpartition("\n")[2]
            raise OutputError("output_failed", f"espeak-ng did not speak (apt-get install espeak-ng): {last}")
        sound = recording.__wrapped__(wav)  # not kept: no two are the same
    return Speech(sound, tuple((at / 1000, name) for at, name in json.loads(done.stdout)))


def cut(speech: Speech, seconds: float) -> Speech:
    """The first so many seconds; silence is put behind what is shorter."""
    count = round(seconds * AUDIO_RATE)
    sound = np.pad(speech.sound[:count], (0, max(0, count - len(speech.sound))))
    return Speech(sound, tuple((at, name) for at, name in speech.phonemes if at < seconds))
