"""Short clips of people who speak, each brought in time by its own measure: what the films are made of."""

import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from lipgate.core import media
from lipgate.core.constants import AUDIO_RATE, SAMPLES_PER_FRAME, VIDEO_FPS
from lipgate.core.errors import LipgateError
from lipgate.core.media import Clip, Sound
from lipgate.core.models import Models
from lipgate.core.pipeline import score

SHORTEST_S = 2.9
"""A shorter clip says too little for one to know that it is in time."""

SIDE = 384
"""Width and height of the films' pictures."""


@dataclass(frozen=True)
class Take:
    """A clip of one person in view who speaks, in time."""

    clip: Clip
    frames: int
    sound: np.ndarray
    """int16 (frames * 640,): where the clip's own sound was off by a little, it is put right here."""

    @property
    def person(self) -> str:
        """Who it is, as far as the folder tells."""
        return str(self.clip.path.parent)

    def pictures(self) -> Iterator[np.ndarray]:
        """uint8 (SIDE, SIDE, 3) BGR, the picture in the middle."""
        import cv2

        with closing(media.frames(self.clip)) as frames:
            for number, frame in enumerate(frames):
                if number == self.frames:
                    return
                scale = SIDE / max(frame.shape[:2])
                small = cv2.resize(
                    frame, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC
                )
                top, left = (SIDE - small.shape[0]) // 2, (SIDE - small.shape[1]) // 2
                whole = np.zeros((SIDE, SIDE, 3), np.uint8)
                whole[top : top + small.shape[0], left : left + small.shape[1]] = small[:SIDE, :SIDE]
                yield whole


def takes(files: Sequence[Path], models: Models, on_progress: Callable[[int], None] = lambda _: None) -> list[Take]:
    """Those of some clips that are whole and fit: one face, one shot, nearly all of it in sync or off by a constant.

    What is asked here is whether the timeline finds what was done to clips that fit, not whether clips fit.
    """
    found = []
    for number, file in enumerate(files):
        on_progress(number)
        try:
            report = score(file, models)
            speaker, limits = report.verdict.speaker, report.limits
            if speaker is None or speaker.sync is None or report.cuts or len(report.tracks) > 1:
                continue
            if speaker.frames < max(SHORTEST_S * VIDEO_FPS, 0.9 * report.decoded_frames):
                continue
            if (report.verdict.score or 0) < limits.allow_threshold or len(speaker.over_time.fits) != 1:
                continue
            with Sound(report.clip) as sound:
                samples = sound.window(0, report.decoded_frames).copy()
        except LipgateError as error:
            print(f"{file}: left out [{error.code}]: {error.message}", file=sys.stderr)
            continue
        # A positive offset: the sound comes early, and is made to come later.
        late = round(speaker.sync.offset / VIDEO_FPS * AUDIO_RATE)
        found.append(Take(report.clip, report.decoded_frames, moved(samples, late, report.decoded_frames * SAMPLES_PER_FRAME)))
    return found


def moved(samples: np.ndarray, later: int, length: int) -> np.ndarray:
    """Sound that comes `later` by so many samples (earlier where negative), with silence where there is none."""
    at = np.arange(length) - later
    inside = (at >= 0) & (at < len(samples))
    return np.where(inside, samples[np.clip(at, 0, max(len(samples) - 1, 0))], 0).astype(np.int16)
