"""The station's ears: was the phrase read, was the station called? Recognisers are loaded when they are first needed."""

import threading
import time
from pathlib import Path

from lipgate.core.errors import DeadlineError
from lipgate.core.media import Overdue
from lipgate.desktop.kiosk import listening
from lipgate.desktop.kiosk.phrases import Phrase
from lipgate.desktop.kiosk.sessions import Heard

LISTEN_S = 30.0
"""Longest time the sound of a recording may take to decode."""


class Hearing:
    """Recognisers by language. May be used from several threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._phrases: dict[str, listening.PhraseListener] = {}
        self._wake: dict[str, listening.WakeListener] = {}

    def available(self, language: str, *, approximate: bool) -> bool:
        """Whether phrases of a language can be recognised here.

        Args:
            language: of a session.
            approximate: also by the model of another language.
        """
        return listening.available(language, approximate=approximate)

    def can_be_called(self, language: str) -> bool:
        """Whether the words that start a session can be recognised in a language."""
        return listening.wake_available(language)

    def listen(self, recording: Path, digits: tuple[str, ...], language: str) -> Heard:
        """Hear a recording.

        Args:
            recording: a video file.
            digits: the phrase that was shown.
            language: of the session.

        Raises:
            InputError: the recording cannot be read.
            DeadlineError: not within `LISTEN_S`.
        """
        try:
            samples = listening.read_sound(recording, deadline=time.monotonic() + LISTEN_S)
        except Overdue as error:
            raise DeadlineError(LISTEN_S) from error
        with self._lock:
            if language not in self._phrases:
                self._phrases[language] = listening.PhraseListener.load(language, approximate=True)
            listener = self._phrases[language]
        heard = listener.check(samples, Phrase(digits))
        return Heard(heard.digits or (), heard.matches)

    def called(self, language: str, pcm: bytes) -> bool:
        """Hear the next piece of what the microphone gives while nobody has started.

        Args:
            language: of the page.
            pcm: int16 little-endian, mono, 16 kHz.

        Returns:
            Whether the words that start a session were just spoken.
        """
        with self._lock:
            if language not in self._wake:
                self._wake[language] = listening.WakeListener.load(language)
            listener = self._wake[language]
        return listener.feed(pcm)
