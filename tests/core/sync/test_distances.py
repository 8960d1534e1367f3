"""The distance search equals the formula, and its sign is what the documentation says."""

import numpy as np
import pytest

from lipgate.core.sync.distances import compared, fill_with_zero_vectors, pair_distances, search


def embeddings(count: int, seed: int, width: int = 16) -> np.ndarray:
    return np.random.default_rng(seed).standard_normal((count, width)).astype(np.float32)


def formula(video: np.ndarray, audio: np.ndarray, vshift: int) -> np.ndarray:
    """d(i, k) written out, zero vectors outside."""
    rows = []
    for i in range(len(video)):
        row = []
        for k in range(2 * vshift + 1):
            j = i + k - vshift
            other = audio[j] if 0 <= j < len(audio) else np.zeros_like(video[i])
            row.append(np.linalg.norm(video[i] - other))
        rows.append(row)
    return np.array(rows)


@pytest.mark.parametrize(("count", "vshift"), [(40, 15), (7, 15), (100, 4), (1, 1)])
def test_zero_padded_distances_equal_the_formula(count: int, vshift: int) -> None:
    video, audio = embeddings(count, 1), embeddings(count, 2)
    found = fill_with_zero_vectors(pair_distances(video, audio, 0, vshift), video)
    np.testing.assert_allclose(found, formula(video, audio, vshift), rtol=1e-5)


def test_pairs_without_sound_are_missing_and_not_counted() -> None:
    video, audio = embeddings(30, 1), embeddings(30, 2)
    distances = pair_distances(video, audio, 0, 15)
    assert np.isnan(distances[0, :15]).all()
    assert not np.isnan(distances[0, 15:]).any()
    result = search(distances)
    assert result is not None
    np.testing.assert_allclose(result.curve, np.nanmean(distances.astype(np.float64), axis=0))


@pytest.mark.parametrize("shift", [-15, -6, -1, 0, 1, 5, 15])
def test_sound_that_comes_early_has_a_positive_offset(shift: int) -> None:
    world = embeddings(130, 3)
    video = world[30:100]
    audio = world[30 + shift : 100 + shift]  # what is heard at i is what is seen at i + shift: the sound is ahead
    result = search(pair_distances(video, audio, 0))
    assert result is not None
    assert result.offset_frames == shift
    assert result.min_dist == pytest.approx(0, abs=1e-4)


def test_sound_before_the_track_is_used() -> None:
    world = embeddings(100, 4)
    result = search(pair_distances(world[40:60], world[20:80], lead=20))
    assert result is not None
    assert result.offset_frames == 0


def test_confidence_is_median_less_minimum() -> None:
    distances = np.tile(np.array([5, 4, 1, 3, 6], np.float32), (20, 1))
    result = search(distances)
    assert result is not None
    assert (result.min_dist, result.confidence, result.offset_frames) == (1, 3, 0)
    assert result.framewise_confidence[10] == 3


@pytest.mark.parametrize("vshift", [5, 15, 16, 40])
@pytest.mark.parametrize("shift", [-5, 0, 3])
def test_confidence_means_the_same_whatever_range_is_searched(shift: int, vshift: int) -> None:
    world = embeddings(200, 5)
    video, audio = world[70:130], world[10 + shift : 190 + shift]
    usual, other = (search(pair_distances(video, audio, 60, compared(n)), n) for n in (15, vshift))
    assert usual is not None
    assert other is not None
    assert (other.offset_frames, other.min_dist, other.confidence) == (shift, usual.min_dist, usual.confidence)
    np.testing.assert_array_equal(other.framewise_confidence, usual.framewise_confidence)
    assert len(other.curve) == 2 * vshift + 1


@pytest.mark.parametrize("shift", [-40, -16, 16, 33])
def test_confidence_further_out_is_that_of_the_31_shifts_that_just_reach_there(shift: int) -> None:
    world = embeddings(300, 6)
    video, audio = world[100:160], world[100 + shift - 60 : 160 + shift + 60]
    far = search(pair_distances(video, audio, 60, compared(40)), 40)
    nearer = search(pair_distances(video, audio, 60 - shift + 15 * np.sign(shift)), 15)
    assert far is not None
    assert nearer is not None
    assert (far.offset_frames, abs(nearer.offset_frames)) == (shift, 15)
    assert far.confidence == nearer.confidence


@pytest.mark.parametrize(("vshift", "shift"), [(1, 4), (5, -9)])
def test_a_search_too_narrow_is_less_sure_and_says_an_offset_within_its_range(vshift: int, shift: int) -> None:
    world = embeddings(200, 7)
    distances = pair_distances(world[70:130], world[10 + shift : 190 + shift], 60, compared(vshift))
    narrow, usual = search(distances, vshift), search(distances)
    assert narrow is not None
    assert usual is not None
    assert usual.offset_frames == shift
    assert abs(narrow.offset_frames) <= vshift
    assert narrow.confidence < usual.confidence / 2
    assert narrow.min_dist == narrow.curve.min()


@pytest.mark.parametrize("count", [0, 10])
def test_too_few_pairs_to_compare_every_shift_give_no_result(count: int) -> None:
    assert search(pair_distances(embeddings(count, 1), embeddings(count, 2), 0)) is None


def test_no_sound_at_all_gives_no_result() -> None:
    assert search(pair_distances(embeddings(30, 1), np.empty((0, 16), np.float32), 0)) is None
