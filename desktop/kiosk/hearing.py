"""The station's ears: was the phrase read, was the station called? Recognisers are loaded when they are first needed."""

import threading
from pathlib import Path
from typing import TYPE_CHECKING

from desktop.kiosk.phrases import Phrase
from desktop.kiosk.sessions import Heard

if TYPE_CHECKING:
    from desktop.kiosk.listening import PhraseListener, WakeListener


class Hearing:
    """Recognisers by language. May be used from several threads; each recogniser serves one at a time."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._wake_lock = threading.Lock()
        self._phrases: dict[str, PhraseListener] = {}
        self._wake: dict[str, WakeListener] = {}

    def available(self, language: str) -> bool:
        """Whether phrases of a language can be recognised here."""
        from desktop.kiosk.listening import available

        return available(language)

    def can_be_called(self, language: str) -> bool:
        """Whether the words that start a session can be recognised in a language."""
        from desktop.kiosk.listening import wake_available

        return wake_available(language)

    def listen(self, recording: Path, digits: tuple[str, ...], language: str) -> Heard:
        """Hear a recording.

        Args:
            recording: a video file.
            digits: the phrase that was shown.
            language: of the session.

        Raises:
            InputError: the recording cannot be read.
        """
        from desktop.kiosk.listening import PhraseListener, samples_of

        samples = samples_of(recording)
        with self._lock:
            if language not in self._phrases:
                self._phrases[language] = PhraseListener.load(language)
            heard = self._phrases[language].check(samples, Phrase(digits))
        return Heard(heard.digits or (), heard.matches)

    def called(self, language: str, pcm: bytes) -> bool:
        """Hear the next piece of what the microphone gives while nobody has started.

        Args:
            language: of the page.
            pcm: int16 little-endian, mono, 16 kHz.

        Returns:
            Whether the words that start a session were just spoken.
        """
        from desktop.kiosk.listening import WakeListener

        with self._wake_lock:
            if language not in self._wake:
                self._wake[language] = WakeListener.load(language)
            return self._wake[language].feed(pcm)
