"""Reads a video: what it is (`probe`), its pictures (`frames`) and its sound (`Sound`), on one common clock."""

from lipgate.core.media.ffmpeg import Overdue
from lipgate.core.media.pictures import frames
from lipgate.core.media.probe import Clip, probe
from lipgate.core.media.sound import Sound

__all__ = ["Clip", "Overdue", "Sound", "frames", "probe"]
