"""Reads a video: what it is (`probe`), its pictures (`frames`) and its sound (`Sound`), on one common clock."""

from core.media.decode import Sound, frames
from core.media.probe import Clip, probe

__all__ = ["Clip", "Sound", "frames", "probe"]
