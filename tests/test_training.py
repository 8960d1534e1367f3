"""Training can be repeated, stopped and taken up again."""

import dataclasses
import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch

from core.constants import VSHIFT
from training.config import Config
from training.data import Segments, load
from training.export import fit_logistic
from training.measure import Embedded, auc, figures, offset
from training.prepare import prepare
from training.train import Run, matching_loss

CONFIG = Path(__file__).parents[1] / "training" / "mini.toml"


@pytest.fixture(scope="module")
def config(tmp_path_factory: pytest.TempPathFactory, puppet: Callable[..., Path]) -> Config:
    folder = tmp_path_factory.mktemp("training")
    cache = folder / "tracks"
    cache.mkdir()
    for number in range(3):
        prepare(puppet(seed=number), f"group/clip_{number}.mp4", cache, 40)
    return dataclasses.replace(
        Config.read(CONFIG), cache=cache, run=folder / "run", held_out=["group/clip_2*"], reference=None, steps=4,
        clips_per_step=2, validate_every=100, checkpoint_every=2, realign_at=[], full_strength_at=1,
    )  # fmt: skip


def test_prepared_tracks_hold_mouths_and_sound(config: Config) -> None:
    [held_out] = load(config, held_out=True)
    assert held_out.name == "group/clip_2.mp4"
    assert held_out.crops.shape == (100, 96, 96)
    assert len(held_out.sound) == 100 * 640
    assert len(load(config, held_out=False)) == 2


def test_segments_are_the_same_again_with_the_same_seed(config: Config) -> None:
    tracks = load(config, held_out=False)
    first, again = (next(iter(Segments(tracks, config))) for _ in range(2))
    other = next(iter(Segments(tracks, config, first_step=1)))
    assert torch.equal(first[0], again[0])
    assert torch.equal(first[1], again[1])
    assert not torch.equal(first[0], other[0])
    assert first[0].shape == (2, config.segment_frames + 4, 64, 64)
    assert first[1].shape == (2, 40, 4 * (config.segment_frames + 4 + 2 * VSHIFT))


def test_a_resumed_run_ends_where_an_unbroken_one_does(config: Config, tmp_path: Path) -> None:
    unbroken = Run(dataclasses.replace(config, run=tmp_path / "unbroken"))
    unbroken.go()
    halted = Run(dataclasses.replace(config, run=tmp_path / "halted"))
    halted.config = dataclasses.replace(halted.config, steps=2)
    halted.go()
    resumed = Run(dataclasses.replace(config, run=tmp_path / "halted"))
    assert resumed.step == 2
    resumed.go()
    for name, value in unbroken.net.state_dict().items():
        torch.testing.assert_close(resumed.net.state_dict()[name], value, rtol=1e-3, atol=1e-4, msg=name)


def test_the_loss_is_least_where_picture_and_sound_agree() -> None:
    generator = torch.Generator().manual_seed(1)
    audio = torch.nn.functional.normalize(torch.randn(3, 60, 16, generator=generator), dim=-1)
    temperature = torch.tensor(10.0)
    losses = {shift: matching_loss(audio[:, 15 + shift : 45 + shift], audio, temperature) for shift in (-3, -1, 0, 1, 3)}
    assert min(losses, key=lambda shift: float(losses[shift])) == 0
    assert losses[1] < losses[3]


def test_figures_of_perfect_embeddings() -> None:
    rng = np.random.default_rng(3)
    items = []
    for number in range(6):
        world = rng.standard_normal((120, 16)).astype(np.float32)
        items.append(Embedded(str(number), world[20:100], world, 20))
    result = figures(items)
    assert result["offset_clip"] == result["offset_1s"] == result["offset_window"] == result["auc"] == 1.0
    assert offset(items[0]) == 0


@pytest.mark.parametrize(("positive", "negative", "area"), [([3, 4], [1, 2], 1.0), ([1, 2], [1, 2], 0.5), ([1], [2], 0.0)])
def test_area_under_the_curve(positive: list[float], negative: list[float], area: float) -> None:
    assert auc(positive, negative) == area


def test_the_logistic_finds_the_border_between_both_classes() -> None:
    rng = np.random.default_rng(4)
    calibration = fit_logistic(list(rng.normal(6, 1, 4000)), list(rng.normal(2, 1, 4000)))
    assert calibration.midpoint == pytest.approx(4.0, abs=0.1)
    assert calibration.score(6) == pytest.approx(1 / (1 + np.exp(-8)), abs=0.02)


def test_the_committed_configuration_is_complete() -> None:
    assert json.dumps(dataclasses.asdict(Config.read(CONFIG)), default=str)
