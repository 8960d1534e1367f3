"""Loops repeat, frozen pictures stand still, cuts cut, second faces are there, and offsets step and drift as told."""

import numpy as np
import pytest

from lipgate.core.faces.yunet import Yunet
from lipgate.core.scenes import split
from lipgate.core.weights.store import find
from training.attacks import Footage, species
from training.attacks.clocks import stepped
from training.attacks.forgery import Forgery, Material

FRAME = 640


def forged(name: str, clip: Footage, other: Footage | None = None, seed: int = 0) -> tuple[np.ndarray, Forgery]:
    """The pictures of an attack, and the attack."""
    made = species[name].make(Material(clip, other, (), seed, np.random.default_rng(seed)))
    return np.stack(list(made.frames)), made


@pytest.mark.parametrize("seed", range(4))
def test_a_loop_repeats_picture_and_sound(clip: Footage, seed: int) -> None:
    frames, made = forged("loop", clip, seed=seed)
    piece = round(float(made.style.split()[0]) * 25)
    assert 20 <= piece <= 35
    assert len(frames) >= 4 * piece
    assert np.array_equal(frames[:piece], frames[piece : 2 * piece])
    assert np.array_equal(made.sound[: piece * FRAME], made.sound[piece * FRAME : 2 * piece * FRAME])
    assert len(made.sound) == len(frames) * FRAME


@pytest.mark.parametrize("seed", range(4))
def test_a_freeze_stands_still_while_the_sound_goes_on(clip: Footage, seed: int) -> None:
    frames, made = forged("freeze", clip, seed=seed)
    still = (np.diff(frames.astype(int), axis=0) == 0).all(axis=(1, 2, 3))
    assert still.sum() >= 0.25 * len(frames)
    assert not still.all()
    assert np.array_equal(made.sound, clip.sound)


def test_a_still_frame_is_one_picture_with_the_speech_of_the_clip(clip: Footage) -> None:
    frames, made = forged("still_frame", clip, seed=0)
    spread = np.ptp(frames.astype(int), axis=0)
    assert spread.max() <= 36  # the noise of a sensor, or none
    assert np.array_equal(made.sound, clip.sound)


def test_a_cut_is_seen_as_two_shots(clip: Footage, other: Footage) -> None:
    bright = Footage("bright", 255 - other.frames, other.sound, other.landmarks, other.boxes)
    frames, made = forged("cut", clip, bright)
    assert max(frame.shot for frame in split(iter(frames))) == 1
    assert len(made.sound) == len(frames) * FRAME
    genuine = clip.sound[: 75 * FRAME]
    assert any(np.array_equal(part, genuine) for part in (made.sound[: len(genuine)], made.sound[-len(genuine) :]))


@pytest.mark.parametrize("seed", [0, 1])
def test_two_faces_are_found_and_both_are_large(clip: Footage, other: Footage, seed: int) -> None:
    frames, made = forged("two_faces", clip, other, seed=seed)
    found = Yunet(find("yunet").read_branch("faces")).detect(frames[10])
    heights = [face.box[3] - face.box[1] for face in found]
    assert len(heights) == 2
    assert min(heights) > 90
    assert ("silent" in made.style) == (seed == 0)
    assert np.array_equal(made.sound, clip.sound)


def test_the_speaker_in_the_corner_is_small_and_the_photograph_still(clip: Footage, other: Footage) -> None:
    frames, _ = forged("picture_in_picture", clip, other)
    moving = np.ptp(frames.astype(int), axis=0).max(axis=-1) > 0
    rows, columns = np.nonzero(moving)
    assert (np.ptp(rows) + 1) * (np.ptp(columns) + 1) < 0.25 * moving.size
    found = Yunet(find("yunet").read_branch("faces")).detect(frames[0])
    heights = sorted(face.box[3] - face.box[1] for face in found)
    assert heights[0] < 100 < heights[-1]


@pytest.mark.parametrize("frames", [5, 12, -5, -12])
def test_a_step_is_as_large_as_told_and_leaves_the_beginning_alone(clip: Footage, frames: int) -> None:
    made = stepped(Material(clip, None, (), 0, np.random.default_rng(0)), 40, frames)
    place = 30 * FRAME
    assert np.array_equal(made.sound[:place], clip.sound[:place])
    after = slice(60 * FRAME, len(made.sound))
    shifted = clip.sound[after.start + frames * FRAME :][: len(made.sound) - after.start]
    assert np.array_equal(made.sound[after][: len(shifted)], shifted)
    assert ("early" in made.style) == (frames > 0)


@pytest.mark.parametrize(("seed", "rate"), [(0, 0.01), (1, -0.01), (2, 0.04), (3, -0.04)])
def test_drift_runs_at_the_rate_told(clip: Footage, seed: int, rate: float) -> None:
    frames, made = forged("drift", clip, seed=seed)
    assert f"{abs(rate):.0%}" in made.style
    assert len(frames) * FRAME == len(made.sound)
    # A sample well inside is where the rate puts it.
    window = np.arange(8000, 8000 + 12000)
    moved = np.interp(window * (1 + rate), np.arange(len(clip.sound)), clip.sound)
    assert np.corrcoef(moved, made.sound[window])[0, 1] > 0.999
