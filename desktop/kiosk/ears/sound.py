"""The sound of a recording, as recognisers take it."""

from pathlib import Path

import numpy as np

from lipgate.core.constants import VIDEO_FPS
from lipgate.core.media import Clip, Sound, probe
from lipgate.desktop.kiosk.ears.reading import LONGEST_SECONDS


def read_sound(clip: Clip | str | Path, *, deadline: float | None = None) -> np.ndarray:
    """The sound of a recording, at most LONGEST_SECONDS of it.

    Args:
        clip: what `lipgate.core.media.probe` found, or a file.
        deadline: `time.monotonic()` at which decoding ends.

    Returns:
        int16 (n,), 16 kHz, from time zero of the clip; empty where the clip has no sound.

    Raises:
        InputError: as `lipgate.core.media.probe`; corrupt_video where decoding hangs or crashes.
        Overdue: the deadline passed.
    """
    clip = clip if isinstance(clip, Clip) else probe(clip, deadline=deadline)
    with Sound(clip, deadline=deadline) as sound:
        return sound.window(0, LONGEST_SECONDS * VIDEO_FPS)
