"""The networks: weights as they should be, and a run of each of them."""

import time

import numpy as np

from lipgate.core.constants import AUDIO_RATE, SAMPLES_PER_FRAME
from lipgate.core.errors import LipgateError
from lipgate.core.faces.mouth import SIDE
from lipgate.core.models import Models
from lipgate.core.runtime import frozen
from lipgate.core.speech import SpeechMeter
from lipgate.core.weights.manifest import load_manifest
from lipgate.core.weights.store import verify
from lipgate.desktop.doctor.check import Check

_FRAMES = 25
_HEIGHT, _WIDTH = 360, 640
_LANDMARKS = [[280, 150], [360, 150], [320, 190], [290, 230], [350, 230]]
"""Eyes, nose and corners of the mouth of a face in the middle of the picture."""

SLOWEST_MS = 2500.0
"""For a second of video. With more, a station's longest recording (12 s) runs into the usual time limit (30 s)."""


class _Silence:
    """A second of no sound."""

    def window(self, start: int, stop: int) -> np.ndarray:
        """See `lipgate.core.sync.ear.Samples`."""
        return np.zeros((min(stop, _FRAMES) - start) * SAMPLES_PER_FRAME, np.int16)

    def reach(self, stop: int) -> int:
        """See `lipgate.core.sync.ear.Samples`."""
        return min(stop, _FRAMES)


def checks() -> list[Check]:
    """Embedded weights, installed ones, and the networks that the settings name, run on a second of nothing."""
    return [*_weights(), *_networks()]


def _weights() -> list[Check]:
    embedded = {model.name for model in load_manifest().models.values() if not model.official}
    files = verify()
    ours, theirs = (
        [f"{file.name}: {file.problem}" for file in files if file.problem and (file.name in embedded) is inside]
        for inside in (True, False)
    )
    again = "Copy the program's folder again." if frozen() else "Take the weights folder from a fresh copy of Lipgate."
    checks = [Check("weights", "fail", "; ".join(ours), again)]
    if not ours:
        checks = [Check("weights", "ok", f"{', '.join(sorted(embedded))}: every file as the manifest has it")]
    installed = sorted({file.name for file in files} - embedded)
    if theirs:
        checks.append(Check("official weights", "warn", "; ".join(theirs), "Import or fetch them again: lipgate weights --help"))
    elif installed:
        checks.append(Check("official weights", "ok", ", ".join(installed)))
    return checks


def _networks() -> list[Check]:
    try:
        models = Models.open()
    except LipgateError as error:
        return [Check("networks", "fail", f"[{error.code}] {error.message}", "Correct what the message names, or the settings.")]
    began = time.perf_counter()
    _run(models)
    milliseconds = (time.perf_counter() - began) * 1000
    names = f"{models.sync_info.name} {models.sync_info.version} and {models.detector_info.name} on {models.device}"
    return [Check("networks", "ok", f"{names}; a second of empty video in {milliseconds:.0f} ms"), *pace(milliseconds)]


def pace(milliseconds: float) -> list[Check]:
    """A warning where this computer is too slow for a station.

    Args:
        milliseconds: that a second of video takes the networks.
    """
    if milliseconds <= SLOWEST_MS:
        return []
    found = f"too slow for a station: {milliseconds / 1000:.1f} times the length of a video; at most {SLOWEST_MS / 1000:g}"
    return [Check("speed", "warn", found, "End other programs, or use a faster computer. Videos are scored all the same.")]


def _run(models: Models) -> None:
    picture = np.full((_HEIGHT, _WIDTH, 3), 127, np.uint8)
    models.detector.detect(picture)
    boxes = np.tile(np.array([[240, 90, 400, 270]], np.float32), (_FRAMES, 1))
    landmarks = np.tile(np.array([_LANDMARKS], np.float32), (_FRAMES, 1, 1))
    models.sync.embed_video(models.sync.crop([picture] * _FRAMES, boxes, landmarks))
    models.sync.listen(_Silence()).embed(0, _FRAMES)
    SpeechMeter(models.speech).feed(np.zeros(AUDIO_RATE, np.int16))
    models.visibility(crops=np.full((1, SIDE, SIDE), 127, np.float32))
