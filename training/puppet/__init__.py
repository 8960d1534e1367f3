"""The puppet: a public-domain photograph that speaks. Every sample and test video of this project is made here.

`make(path, Puppet(...))` writes a video, `frames` and `sound` give the same as arrays, `mouths` says what the lips do.
"""

from training.puppet.scene import frames
from training.puppet.spec import Puppet, frame_times, mouths, sound
from training.puppet.speech import formant_noise, mouth, opening, recording
from training.puppet.video import make

__all__ = ["Puppet", "formant_noise", "frame_times", "frames", "make", "mouth", "mouths", "opening", "recording", "sound"]
