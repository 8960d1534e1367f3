"""Reads a video: what it is (`probe`), its pictures (`frames`) and its sound (`Sound`), on one common clock."""

from core.media.ffmpeg import Overdue
from core.media.pictures import frames
from core.media.probe import Clip, probe
from core.media.sound import Sound

__all__ = ["Clip", "Overdue", "Sound", "frames", "probe"]
