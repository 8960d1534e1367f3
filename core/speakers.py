"""Which tracks are one speaker.

By continuity: a face that is lost and found again in the same shot, at the same place, within two seconds. Across a cut nothing
is joined: that would take recognising a face, and a network for that under a licence that allows it everywhere.
"""

from collections.abc import Sequence

import numpy as np

from lipgate.core.constants import VIDEO_FPS
from lipgate.core.track_result import TrackResult

JOINED_BY = "continuity"
"""How tracks are joined, as reports name it."""

LOST_FRAMES = 2 * VIDEO_FPS
"""A face that was lost for longer may be another's."""

SAME_PLACE = 0.3
"""Least intersection over union of where it was lost and where it was found."""


def speakers(tracks: Sequence[TrackResult], cuts: Sequence[int]) -> dict[int, int]:
    """Number of the speaker by number of the track; speakers are numbered from 0 as they appear.

    Args:
        tracks: in any order.
        cuts: first frame of each shot but the first.
    """
    found: dict[int, int] = {}
    last: dict[int, TrackResult] = {}
    """Latest track of each speaker."""
    for track in sorted(tracks, key=lambda one: (one.start, one.track)):
        before = [number for number, earlier in last.items() if _goes_on(earlier, track, cuts)]
        number = max(before, key=lambda one: last[one].stop) if before else len(last)
        found[track.track] = number
        last[number] = track
    return found


def _goes_on(earlier: TrackResult, track: TrackResult, cuts: Sequence[int]) -> bool:
    if not 0 <= track.start - earlier.stop <= LOST_FRAMES or any(earlier.stop <= cut <= track.start for cut in cuts):
        return False
    return _overlap(earlier.boxes[-1], track.boxes[0]) >= SAME_PLACE


def _overlap(one: np.ndarray, other: np.ndarray) -> float:
    """Intersection over union of two boxes: left, top, right, bottom."""
    low, high = np.maximum(one[:2], other[:2]), np.minimum(one[2:], other[2:])
    common = float(np.prod(np.clip(high - low, 0, None)))
    both = float(np.prod(one[2:] - one[:2]) + np.prod(other[2:] - other[:2])) - common
    return common / both if both > 0 else 0.0
