"""Reads a video, on one common clock: what it is (`probe`), pictures (`planes`, or `frames` in colour), sound (`Sound`)."""

from lipgate.core.media.ffmpeg import Overdue
from lipgate.core.media.pictures import frames, planes
from lipgate.core.media.probe import Clip, probe
from lipgate.core.media.sound import Sound

__all__ = ["Clip", "Overdue", "Sound", "frames", "planes", "probe"]
