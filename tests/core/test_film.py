"""What no track shows by itself: a drift over a film of short takes, and steps at its cuts."""

from dataclasses import replace

import numpy as np
import pytest

from lipgate.core.calibration import Calibration
from lipgate.core.constants import VIDEO_FPS
from lipgate.core.film import along_one_line, changes
from lipgate.core.limits import Limits
from lipgate.core.sync.distances import search
from lipgate.core.timeline import State, segments
from lipgate.core.track_result import TrackResult, over_time
from tests.core.sync.test_course import distances

CALIBRATION = Calibration(midpoint=2.0, scale=0.3)
TAKE = 7 * VIDEO_FPS
LIMITS = Limits()


def film(offsets: np.ndarray, foreign: tuple[int, ...] = ()) -> list[TrackResult]:
    """Tracks of seven seconds one after the other, offsets in frames for each frame of the film; some fit nowhere."""
    found = []
    for number in range(len(offsets) // TAKE):
        own = offsets[number * TAKE : (number + 1) * TAKE]
        apart = distances(own[:-4], np.zeros(TAKE - 4) if number in foreign else None, seed=number)
        sync = search(apart)
        assert sync is not None
        told = over_time(apart, np.ones(TAKE), sync, CALIBRATION)
        found.append(TrackResult(number, number * TAKE, TAKE, np.zeros((TAKE, 4)), 90.0, 7.0, sync, None, 0.0, told))
    return along_one_line(found, CALIBRATION)


def laid_out(tracks: list[TrackResult]):
    return segments(tracks, np.ones(len(tracks) * TAKE, bool), CALIBRATION, LIMITS)


def drift(tracks: list[TrackResult]) -> float | None:
    return tracks[0].over_time.course.drift_ms_per_min


@pytest.mark.parametrize("percent", [0.2, -0.2, 1.0, -1.0])
def test_a_drift_too_small_for_any_take_is_found_over_all_of_them(percent: float) -> None:
    frames = 20 * TAKE if abs(percent) < 1 else 8 * TAKE
    tracks = film((np.arange(frames) - frames / 2) * percent / 100)
    assert drift(tracks) == pytest.approx(percent * 600, rel=0.05)
    assert changes(tracks, tracks[0], laid_out(tracks), [track.start for track in tracks[1:]]) == []


def test_where_it_drifts_each_moment_has_its_own_offset_and_state() -> None:
    frames = 10 * TAKE
    offsets = (np.arange(frames) - frames / 2) * 0.01
    found = laid_out(film(offsets))
    assert {segment.state for segment in found} == {State.LATE, State.IN_SYNC, State.EARLY}
    for segment in found:
        middle = round((segment.start_s + segment.end_s) / 2 * VIDEO_FPS)
        assert segment.offset_ms == pytest.approx(40 * offsets[middle], abs=15)
    late_until = max(segment.end_s for segment in found if segment.state is State.LATE)
    assert late_until == pytest.approx((frames / 2 - 250) / VIDEO_FPS, abs=1.5)


@pytest.mark.parametrize("offset", [0.0, 5.0])
def test_a_film_that_does_not_drift_is_left_as_its_tracks_are(offset: float) -> None:
    tracks = film(np.full(12 * TAKE, offset), foreign=(3,))
    assert drift(tracks) is None
    assert changes(tracks, tracks[0], laid_out(tracks), [track.start for track in tracks[1:]]) == []


def test_steps_at_cuts_and_within_takes_are_told_in_order() -> None:
    offsets = np.zeros(6 * TAKE)
    offsets[2 * TAKE :] = 6
    offsets[4 * TAKE + 90 :] = -3
    tracks = film(offsets)
    assert drift(tracks) is None
    at_cut, within = changes(tracks, tracks[0], laid_out(tracks), [track.start for track in tracks[1:]])
    assert (at_cut.frame, at_cut.before_frames, at_cut.after_frames) == (2 * TAKE, 0, 6)
    assert (within.before_frames, within.after_frames) == (6, -3)
    # The lips of the 90th frame say what is heard 6 frames before: there the sound was cut.
    assert within.frame == pytest.approx(4 * TAKE + 90 - 6, abs=6)


def test_a_second_that_fits_by_chance_is_no_step() -> None:
    tracks = film(np.zeros(4 * TAKE))
    laid = list(laid_out(tracks))
    chance = replace(laid[0], start_s=14.0, end_s=15.0, track=9, offset_ms=300.0)
    assert changes(tracks, tracks[0], [laid[0], chance, *laid[1:]], []) == []
