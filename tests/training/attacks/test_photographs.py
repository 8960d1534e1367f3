"""A photograph that speaks moves its jaw to the sound and nothing else."""

import numpy as np
import pytest

from training.attacks import Footage, camera, phonemes, voices
from training.attacks.forgery import Forgery, Material
from training.attacks.jaw import Mouth, axes, open_jaw, reach
from training.attacks.lips import opening
from training.attacks.photographs import middles, talking_photo
from training.puppet.speech import mouth


def photograph(clip: Footage, motion: str = "fixed", wide: np.ndarray | None = None) -> tuple[np.ndarray, Forgery]:
    """Openings, and the photograph that makes them."""
    wide = mouth(clip.sound, middles(len(clip)))[0] if wide is None else wide
    material = Material(clip, None, (), 0, np.random.default_rng(5))
    return wide, talking_photo(material, wide, np.zeros_like(wide), clip.sound, motion, grain=0.0)


def test_nothing_moves_outside_of_the_lower_face(clip: Footage) -> None:
    _, forgery = photograph(clip)
    frames = np.stack(list(forgery.frames))
    moving = np.ptp(frames.astype(int), axis=0).max(axis=-1) > 0
    boxes = np.array([reach(frames[0], axes(marks)) for marks in clip.landmarks])
    left, top, right, bottom = boxes[:, 0].min(), boxes[:, 1].min(), boxes[:, 2].max(), boxes[:, 3].max()
    assert moving[top:bottom, left:right].any()
    moving[top:bottom, left:right] = False
    assert not moving.any()


def test_the_mouth_opens_as_it_was_told(clip: Footage) -> None:
    wide, forgery = photograph(clip)
    frames = np.stack(list(forgery.frames))
    seen = opening(Footage("photo", frames, clip.sound, np.repeat(clip.landmarks[:1], len(clip), axis=0), clip.boxes))
    assert np.corrcoef(wide, seen)[0, 1] > 0.9


def test_an_opened_mouth_shows_a_hole_and_a_closed_one_does_not(clip: Footage) -> None:
    frame, marks = clip.frames[0], clip.landmarks[0]
    looks = Mouth(inside=(0.0, 255.0, 0.0))
    green = [(open_jaw(frame, marks, looks, wide)[..., 1].astype(int) - frame[..., 1] > 100).sum() for wide in (0.0, 0.5, 1.0)]
    assert green[0] == 0 < green[1] < green[2]


@pytest.mark.parametrize("motion", camera.MOTIONS)
def test_a_camera_moves_all_of_the_picture_or_nothing(clip: Footage, motion: str) -> None:
    _, forgery = photograph(clip, motion, np.zeros(len(clip), np.float32))
    frames = np.stack(list(forgery.frames)).astype(int)
    corner = np.abs(np.diff(frames[:, :40, :40], axis=0)).mean()
    assert (corner == 0) == (motion == "fixed")


def test_consecutive_seeds_go_through_all_motions() -> None:
    assert {camera.motion_of(seed) for seed in range(7, 7 + len(camera.MOTIONS))} == set(camera.MOTIONS)


@pytest.mark.skipif(not voices.available(), reason="espeak-ng speaks: apt-get install espeak-ng")
def test_lips_close_where_the_phonemes_do() -> None:
    speech = voices.said("A mama, a papa, a baba.", "en-us")
    closures = [at for at, name in speech.phonemes if name[0] in "mpb"]
    vowels = [at for at, name in speech.phonemes if name[0] in "aA"]
    assert len(closures) == 6
    near = np.array(closures)[:, None] + np.linspace(-0.04, 0.06, 6)
    closed = phonemes.mouth(speech.phonemes, near.ravel())[0].reshape(near.shape).min(axis=1)
    opened, _ = phonemes.mouth(speech.phonemes, np.array(vowels) + 0.05)
    assert closed.max() < 0.3
    assert np.median(opened) > 0.5
    assert len(speech.sound) / 16000 > max(closures) + 0.1


def test_rounded_sounds_round_the_lips() -> None:
    said = ((0.0, "_"), (0.5, "u:"), (1.0, "aI"), (1.5, "_"))
    opening_, rounding = phonemes.mouth(said, np.array([0.25, 0.75, 1.25, 1.75]))
    assert rounding[1] > 0.9
    assert rounding[2] < 0.1
    assert opening_[2] > opening_[1] > opening_[0] == opening_[3] == 0
