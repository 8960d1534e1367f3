"""Reads a video: what it is (`probe`), its pictures (`frames`) and its sound (`Sound`), on one common clock."""

from core.media.pictures import frames
from core.media.probe import Clip, probe
from core.media.sound import Sound

__all__ = ["Clip", "Sound", "frames", "probe"]
