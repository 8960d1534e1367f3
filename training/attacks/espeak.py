"""Speaks a text with Debian's espeak-ng and tells which phoneme begins when; a program of its own, on the standard library alone.

    python espeak.py VOICE SPEED PITCH TEXT OUT.wav

writes 16-bit mono sound and prints a JSON list of [milliseconds, phoneme]. A process for each text: espeak-ng keeps a state
from one text to the next, so that the second time the same words sound otherwise.
"""

import ctypes
import json
import sys
import wave

_SYNCHRONOUS, _UTF8, _PHONEME_EVENTS = 2, 1, 1
_PHONEME = 7
_RATE, _PITCH = 1, 3


class _Name(ctypes.Union):
    _fields_ = (("number", ctypes.c_int), ("name", ctypes.c_char_p), ("string", ctypes.c_char * 8))


class _Event(ctypes.Structure):
    """`espeak_EVENT` of speak_lib.h."""

    _fields_ = (
        ("type", ctypes.c_int),
        ("unique_identifier", ctypes.c_uint),
        ("text_position", ctypes.c_int),
        ("length", ctypes.c_int),
        ("audio_position", ctypes.c_int),
        ("sample", ctypes.c_int),
        ("user_data", ctypes.c_void_p),
        ("id", _Name),
    )


_CALLBACK = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.POINTER(ctypes.c_short), ctypes.c_int, ctypes.POINTER(_Event))


def speak(voice: str, speed: int, pitch: int, text: str) -> tuple[int, bytes, list[tuple[int, str]]]:
    """Sampling rate, little-endian samples, and when (ms) which phoneme (Kirshenbaum notation) begins. Once per process.

    Raises:
        OSError: there is no libespeak-ng.
        ValueError: it has no such voice.
    """
    library = ctypes.CDLL("libespeak-ng.so.1")
    rate = int(library.espeak_Initialize(_SYNCHRONOUS, 0, None, _PHONEME_EVENTS))
    samples, phonemes = bytearray(), []

    def heard(sound: "ctypes._Pointer[ctypes.c_short]", count: int, events: "ctypes._Pointer[_Event]") -> int:
        if count > 0:
            samples.extend(ctypes.string_at(sound, 2 * count))
        index = 0
        while events[index].type:
            if events[index].type == _PHONEME:
                phonemes.append((events[index].audio_position, events[index].id.string.decode("utf-8", "replace")))
            index += 1
        return 0

    callback = _CALLBACK(heard)
    library.espeak_SetSynthCallback(callback)
    if library.espeak_SetVoiceByName(voice.encode()):
        raise ValueError(f"espeak-ng has no voice {voice}")
    library.espeak_SetParameter(_RATE, speed, 0)
    library.espeak_SetParameter(_PITCH, pitch, 0)
    content = text.encode() + b"\0"
    library.espeak_Synth(content, len(content), 0, 0, 0, _UTF8, None, None)
    library.espeak_Synchronize()
    return rate, bytes(samples), phonemes


def main(voice: str, speed: str, pitch: str, text: str, target: str) -> None:
    """Command line."""
    rate, samples, phonemes = speak(voice, int(speed), int(pitch), text)
    with wave.open(target, "wb") as out:
        out.setnchannels(1)
        out.setsampwidth(2)
        out.setframerate(rate)
        out.writeframes(samples)
    json.dump(phonemes, sys.stdout)


if __name__ == "__main__":
    main(*sys.argv[1:])
