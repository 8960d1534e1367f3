"""Mixes the channels of a sound down to one, so that no voice in it is lost."""

import numpy as np

WEIGHTS = {
    "2.1": (1, 1, 0),
    "3.0": (1, 1, 1.414),
    "5.0": (1, 1, 1.414, 0.707, 0.707),
    "5.0(side)": (1, 1, 1.414, 0.707, 0.707),
    "5.1": (1, 1, 1.414, 0, 0.707, 0.707),
    "5.1(side)": (1, 1, 1.414, 0, 0.707, 0.707),
    "7.1": (1, 1, 1.414, 0, 0.707, 0.707, 0.707, 0.707),
}
"""Shares of the channels (ITU-R BS.775: the centre 3 dB up, what is behind 3 dB down, no low effects), by ffmpeg's name of the
layout. In any other all channels have equal shares."""

EARS = {
    "2.1": ((1, 0, 0), (0, 1, 0)),
    "3.0": ((1, 0, 0.707), (0, 1, 0.707)),
    "quad": ((1, 0, 0.707, 0), (0, 1, 0, 0.707)),
    "5.0": ((1, 0, 0.707, 0.707, 0), (0, 1, 0.707, 0, 0.707)),
    "5.0(side)": ((1, 0, 0.707, 0.707, 0), (0, 1, 0.707, 0, 0.707)),
    "5.1": ((1, 0, 0.707, 0, 0.707, 0), (0, 1, 0.707, 0, 0, 0.707)),
    "5.1(side)": ((1, 0, 0.707, 0, 0.707, 0), (0, 1, 0.707, 0, 0, 0.707)),
    "7.1": ((1, 0, 0.707, 0, 0.707, 0, 0.707, 0), (0, 1, 0.707, 0, 0, 0.707, 0, 0.707)),
}
"""Shares of the channels in what the left and the right ear hear (ITU-R BS.775, stereo)."""

CANCELLED = 0.7
"""Channels work against each other where less than this share is left of the power they would have if they were independent.
Far below, a voice that is turned over in one channel would be hidden from the mean and the loudest for a listener."""

UNHEARD = 0.01
"""A voice is in a channel that the mix leaves out where the mix has less than this share of that channel's power."""

LOUDER = 2.0
"""Another channel takes the place of the one that is heard alone from this many times its power on."""

MEMORY = 32_000
"""Samples after which what was heard counts half: two seconds."""


class Mixer:
    """Mixes piece by piece. The mean of the channels, but the loudest alone where the mean would cancel or miss it."""

    def __init__(self, channels: int, layout: str = "") -> None:
        """Args: channels: at least 1. layout: ffmpeg's name."""
        self.channels = channels
        weights = WEIGHTS.get(layout, ())
        self._weights = np.array(weights if len(weights) == channels else (1.0,) * channels, np.float32)
        self._weights /= self._weights.sum()
        self._power = np.zeros(channels)
        self._mixed_power = 0.0
        self._alone = 0
        """The channel that was heard alone last."""

    def mix(self, samples: np.ndarray) -> np.ndarray:
        """The next samples as one channel.

        Args:
            samples: int16 (n, channels).

        Returns:
            int16 (n,).
        """
        if samples.shape[1] == 1:
            return samples[:, 0]
        loud = samples.astype(np.float32)
        mixed = loud @ self._weights
        kept = 0.5 ** (len(samples) / MEMORY)
        self._power = kept * self._power + np.square(loud).sum(axis=0, dtype=np.float64)
        self._mixed_power = kept * self._mixed_power + float(np.square(mixed).sum(dtype=np.float64))
        if self._loses():
            loudest = int(self._power.argmax())
            if self._power[loudest] > LOUDER * self._power[self._alone]:
                self._alone = loudest
            return samples[:, self._alone]
        return np.rint(mixed).astype(np.int16)

    def _loses(self) -> bool:
        independent = float(np.square(self._weights) @ self._power)
        return self._mixed_power < max(CANCELLED * independent, UNHEARD * float(self._power.max()))


def stereo(samples: np.ndarray, layout: str = "") -> np.ndarray:
    """What two ears hear of a sound; of a layout that is not known, its first two channels.

    Args:
        samples: int16 (n, channels), channels at least 2.
        layout: ffmpeg's name.

    Returns:
        float32 (n, 2).
    """
    loud = samples.astype(np.float32)
    ears = np.array(EARS.get(layout, ()), np.float32)
    return loud @ ears.T if ears.size == 2 * samples.shape[1] else loud[:, :2]
