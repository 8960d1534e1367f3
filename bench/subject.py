"""What the robustness benchmark knows of a clip before it makes it worse: its sound, and where its face is."""

from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from lipgate.core import media, scenes
from lipgate.core.constants import AUDIO_RATE, VIDEO_FPS
from lipgate.core.faces.track import Follower
from lipgate.core.media import Clip, Sound
from lipgate.core.models import Models
from lipgate.core.report import Report

_LEVEL_BLOCK = AUDIO_RATE // 50
_LEVEL_RANGE = 0.01


@dataclass(frozen=True)
class Subject:
    """One talking clip and what is known of it."""

    clip: Clip
    frames: int
    """Pictures at 25 fps."""
    sound: np.ndarray
    """int16 (samples,), 16 kHz mono from the time of the first picture, as the scorer hears it."""
    face_px: float
    """Mean size of the speaker's face in pixels of the source."""
    box: np.ndarray
    """float64 (4,): left, top, right, bottom of that face in pixels of the decoded picture, median over time."""
    landmarks: dict[int, np.ndarray]
    """For each picture that shows the face: float32 (5, 2), as `lipgate.core.faces.detection.Detection.landmarks`."""
    voices: tuple[np.ndarray, ...] = ()
    """Sounds of other clips, as `sound`, for a babble."""


def heard(path: Path, max_seconds: int = 60) -> np.ndarray:
    """The sound of a file: int16 (samples,), 16 kHz mono.

    Raises:
        InputError: as `lipgate.core.media.probe`.
    """
    return _sound(media.probe(path), max_seconds * VIDEO_FPS)


def study(report: Report, models: Models, voices: tuple[np.ndarray, ...] = ()) -> Subject | None:
    """Look at a scored clip once more, for its sound and for the landmarks of its face.

    Args:
        report: of the clip as it is.
        models: for the detector.
        voices: sounds of other clips.

    Returns:
        None where no face was found.
    """
    if not report.tracks:
        return None
    track = report.verdict.speaker or max(report.tracks, key=lambda result: result.frames)
    landmarks: dict[int, np.ndarray] = {}
    with closing(media.frames(report.clip)) as pictures:
        for piece in Follower(models.detector).follow(scenes.split(pictures)):
            if piece.track == track.track:
                landmarks |= {piece.start + index: points for index, points in enumerate(piece.landmarks)}
    sound = _sound(report.clip, report.decoded_frames)
    box = np.median(track.boxes, axis=0).astype(np.float64)
    return Subject(report.clip, report.decoded_frames, sound, track.face_px, box, landmarks, voices)


def active_level(samples: np.ndarray) -> float:
    """Root mean square of the parts where somebody speaks: the blocks of 20 ms less than 20 dB below the loudest.

    Over the whole sound pauses would count too, and a stated ratio of speech to noise would be a quieter noise the more
    pauses there are.
    """
    whole = samples[: len(samples) // _LEVEL_BLOCK * _LEVEL_BLOCK].astype(np.float64).reshape(-1, _LEVEL_BLOCK)
    power = (whole**2).mean(axis=1)
    loud = power[power > _LEVEL_RANGE * power.max(initial=0.0)]
    return float(np.sqrt(loud.mean())) if len(loud) else 0.0


def _sound(clip: Clip, frames: int) -> np.ndarray:
    with Sound(clip) as sound:
        return sound.window(0, frames).copy()
