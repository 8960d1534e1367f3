"""The station's ears: was the phrase read, was the station called? Recognisers are loaded when they are first needed."""

import logging
import threading
import time
from pathlib import Path

from lipgate.core.errors import DeadlineError, WeightsError
from lipgate.core.media import Overdue
from lipgate.desktop.kiosk import calling
from lipgate.desktop.kiosk.ears.reading import Reader, open_reader
from lipgate.desktop.kiosk.ears.sound import read_sound
from lipgate.desktop.kiosk.ears.weights import remedy
from lipgate.desktop.kiosk.phrases import DIGITS, Phrase
from lipgate.desktop.kiosk.sessions import Heard

log = logging.getLogger(__name__)

LISTEN_S = 30.0
"""Longest time the sound of a recording may take to decode."""


class Hearing:
    """Recognisers. May be used from several threads."""

    def __init__(self, folder: Path | None = None) -> None:
        """Args:
        folder: see `KioskSettings.ears_dir`.
        """
        self._folder = folder
        self._lock = threading.Lock()
        self._looked = False
        self._reader: Reader | None = None
        self._wake: dict[str, calling.WakeListener] = {}

    def available(self, language: str) -> bool:
        """Whether phrases in a language can be recognised here. The first call loads the recogniser (about a second)."""
        return language in DIGITS and self._opened() is not None

    def can_be_called(self, language: str) -> bool:
        """Whether the words that start a session can be recognised in a language."""
        return calling.wake_available(language)

    def listen(self, recording: Path, phrase: Phrase) -> Heard:
        """Hear a recording.

        Args:
            recording: a video file.
            phrase: what was shown.

        Raises:
            InputError: the recording cannot be read.
            DeadlineError: not within `LISTEN_S`.
            WeightsError: weights_missing, where `available` says no.
        """
        reader = self._opened()
        if reader is None:
            raise WeightsError("weights_missing", "There is no recogniser of phrases.")
        try:
            samples = read_sound(recording, deadline=time.monotonic() + LISTEN_S)
        except Overdue as error:
            raise DeadlineError(LISTEN_S) from error
        reading = reader.check(samples, phrase)
        return Heard(reading.heard or (), reading.matches, reading.margin, reading.sureness, reader.sha256)

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
                self._wake[language] = calling.WakeListener.load(language)
            listener = self._wake[language]
        return listener.feed(pcm)

    def _opened(self) -> Reader | None:
        with self._lock:
            if not self._looked:
                try:
                    self._reader = open_reader(self._folder)
                except WeightsError as error:
                    log.error("no phrase can be checked", extra={"code": error.code, "why": f"{error.message} {remedy()}"})
                self._looked = True
            return self._reader
