"""Training can be repeated, stopped and taken up again."""

import copy
import dataclasses
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pydantic
import pytest
import torch
from safetensors.torch import load_file

from lipgate.core.calibration import Calibration
from lipgate.core.constants import STATE_WIDTH, VSHIFT
from lipgate.core.evaluation.figures import calibration_error
from lipgate.core.nets.export import export_branch
from lipgate.core.nets.mini import Mini
from lipgate.core.nets.spec import spec_of
from lipgate.core.sync.distances import SyncResult
from lipgate.core.weights.manifest import weights_folder
from training.calibration import Trial, fit, trials
from training.config import Config
from training.curves import read_log, write_curves
from training.data import Segments, load
from training.evaluate import evaluate
from training.fold import fold_batch_norms, round_matrices
from training.hear import hear_track
from training.loss import MatchingLoss
from training.measure import Embedded, figures, offset
from training.prepare import prepare
from training.reliability import write_reliability
from training.take import draw_take, splice
from training.track import Hearing, Track
from training.train import Run

CONFIG = Path(__file__).parents[2] / "training" / "mini.toml"


@pytest.fixture(scope="module")
def config(tmp_path_factory: pytest.TempPathFactory, puppet: Callable[..., Path]) -> Config:
    folder = tmp_path_factory.mktemp("training")
    cache = folder / "tracks"
    cache.mkdir()
    for number in range(3):
        prepare(puppet(seed=number), f"group/clip_{number}.mp4", cache, 40)
    for path in sorted(cache.glob("*.npz")):
        hear_track(path, [path], 2, 1, as_paced=True)
    return dataclasses.replace(
        Config.read(CONFIG), cache=cache, run=folder / "run", held_out=["group/clip_2*"], reference=None, steps=4,
        clips_per_step=2, puppets_per_step=1, warped_per_step=1, validate_every=100, checkpoint_every=2, realign_at=[],
        full_strength_at=1,
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
    assert torch.equal(first.crops, again.crops)
    assert torch.equal(first.states, again.states)
    assert not torch.equal(first.crops, other.crops)
    # Two clips, and beside them a loud jaw and a sound whose moments are in another order.
    assert first.crops.shape == (3, config.segment_frames + 4, 64, 64)
    assert first.states.shape == (3, 2 * (config.segment_frames + 4 + 2 * VSHIFT), STATE_WIDTH)
    assert first.puppet_of.shape == (1,)


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
    loss = MatchingLoss()
    nobody = torch.zeros(0, dtype=torch.int64)
    losses = {shift: loss(audio[:, 15 + shift : 45 + shift], audio, nobody).item() for shift in (-3, -1, 0, 1, 3)}
    assert min(losses, key=lambda shift: losses[shift]) == 0
    assert losses[1] < losses[3]


def test_a_puppet_that_fits_as_well_as_the_person_costs() -> None:
    generator = torch.Generator().manual_seed(2)
    audio, other = (torch.nn.functional.normalize(torch.randn(2, 60, 16, generator=generator), dim=-1) for _ in range(2))
    own, puppet_of = audio[:, 15:45], torch.tensor([0])
    alike, unlike = torch.cat([own, own[:1]]), torch.cat([own, other[:1, :30]])
    loss = MatchingLoss()
    assert loss(alike, audio, puppet_of) > loss(unlike, audio, puppet_of) + 0.5


def test_folding_batch_norms_changes_nothing_but_the_numbers() -> None:
    torch.manual_seed(2)
    net = Mini()
    crops, states = torch.rand(2, 20, 64, 64) * 255, torch.randn(2, 40, STATE_WIDTH)
    for _ in range(3):  # statistics that are not those of a new network
        net.train().video(crops), net.audio(states)
    with torch.no_grad():
        for value in net.parameters():
            value.add_(0.1 * torch.randn_like(value) * value.std().nan_to_num())
    folded = copy.deepcopy(net)
    fold_batch_norms(folded)
    for mode in (False, True):
        torch.manual_seed(0)
        expected = net.train(mode).video(crops), net.audio(states)
        torch.manual_seed(0)
        found = folded.train(mode).video(crops), folded.audio(states)
        torch.testing.assert_close(found, expected, rtol=1e-3, atol=1e-4)


def test_rounded_matrices_need_half_the_space_in_onnx_too(tmp_path: Path) -> None:
    net = Mini()
    fold_batch_norms(net)
    state = round_matrices(net)
    numbers = sum(value.numel() for name, value in state.items() if name.startswith("audio."))
    export_branch(net.eval(), spec_of("mini").branch("audio"), tmp_path / "audio.onnx")
    assert (tmp_path / "audio.onnx").stat().st_size < 2.2 * numbers + 20_000


def test_figures_of_perfect_embeddings() -> None:
    rng = np.random.default_rng(3)
    items = []
    for number in range(6):
        world = rng.standard_normal((120, 16)).astype(np.float32)
        items.append(Embedded(str(number), world[20:100], world, 20))
    result = figures(items)
    assert result["offset_clip"] == result["offset_1s"] == result["offset_window"] == result["auc"] == 1.0
    assert offset(items[0]) == 0


def trial(confidence: float, min_dist: float, own: bool) -> Trial:
    return Trial("somebody", SyncResult(0, confidence, min_dist, np.zeros(31), np.zeros(100)), own)


def test_the_calibration_finds_what_tells_own_from_foreign_sound() -> None:
    rng = np.random.default_rng(4)
    own = [trial(*rng.normal((6, 8), 1), own=True) for _ in range(4000)]
    foreign = [trial(*rng.normal((4, 10), 1), own=False) for _ in range(4000)]
    calibration = fit(own + foreign)
    # Two normal classes, two units apart in both: the exact answer is log odds = 2 (confidence - 5) - 2 (min_dist - 9).
    assert calibration.scale == pytest.approx(0.5, rel=0.15)
    assert calibration.distance == 1.0
    assert calibration.half(trial(0, 9, own=True).result) == pytest.approx(5.0, abs=0.15)
    scores = np.array([calibration.score(one.result) for one in own + foreign])
    assert calibration_error(scores, np.array([one.own for one in own + foreign]), np.ones((1, len(scores))))[0] < 0.03


def test_what_counts_the_wrong_way_round_is_left_out_of_the_calibration() -> None:
    rng = np.random.default_rng(5)
    own = [trial(rng.normal(6), rng.normal(10), own=True) for _ in range(500)]
    foreign = [trial(rng.normal(4), rng.normal(8), own=False) for _ in range(500)]
    assert fit(own + foreign).distance == 0


def test_evaluation_gives_figures_with_intervals_and_a_diagram(config: Config, tmp_path: Path) -> None:
    tracks = load(config, held_out=False) + load(config, held_out=True)
    net = Mini()
    net.load_state_dict(load_file(weights_folder() / "mini.safetensors"))
    [row] = evaluate(net, tracks, Calibration(2.0, 0.5)).values()
    for name in ("offset_clip", "shift_followed", "offset_1s", "offset_window", "auc"):
        found = row[name]
        assert found is not None
        assert 0 <= found.low <= found.value <= found.high <= 1
    found = write_reliability(trials(net, tracks, config), tmp_path / "reliability.svg")
    assert found is not None
    assert 0 <= found.value <= 1
    assert (tmp_path / "reliability.svg").read_text().count("<svg") == 1


def test_curves_are_drawn_from_a_log(tmp_path: Path) -> None:
    log = Path(__file__).parents[2] / "training" / "mini.log.jsonl"
    loss, sources = read_log(log)
    assert loss[0][1] > loss[-1][1]
    assert {"grid", "mocha"} < set(sources)
    write_curves(log, tmp_path / "curves.svg")
    assert "Held-out people" in (tmp_path / "curves.svg").read_text()


def test_cut_or_slowed_a_take_shows_and_sounds_the_same_moments() -> None:
    """Pictures and sound of a take are those of the same moments, also when it is cut or heard faster."""
    frames = np.arange(100)
    crops = np.broadcast_to(frames[:, None, None], (100, 96, 96)).astype(np.uint8)
    track = Track("a/b/c.mp4", crops, np.zeros(140 * 640, np.int16), lead=20)
    for speed, begin in ((1.0, 0.0), (1.2, 7.0), (0.85, 3.0)):
        count = int((140 - begin) / speed)
        moments = begin + (np.arange(2 * count) + 0.5) / 2 * speed - 0.5
        states = np.repeat(moments[:, None], STATE_WIDTH, axis=1).astype(np.float16)
        track.hearings.append(Hearing(speed, begin, states, np.ones(count, np.float32)))
    rng = np.random.default_rng(6)
    for _ in range(50):
        first, second = (draw_take(track, 34, rng) for _ in range(2))
        for take in (first, splice(first, second, 34, rng)):
            seen = take.crops(34)[:, 0, 0].astype(int)
            heard = take.states(0, 34)[::2, 0] - 20
            # A cut may be heard a few frames before or after it is seen, never elsewhere.
            assert (np.abs(seen - heard) <= 1.5).sum() >= 34 - (4 if take is not first else 1)


@pytest.mark.parametrize("file", sorted(CONFIG.parent.glob("*.toml")), ids=lambda file: file.stem)
def test_a_committed_configuration_has_every_value_in_its_type(file: Path) -> None:
    config = Config.read(file)
    for field in dataclasses.fields(Config):
        pydantic.TypeAdapter(field.type).validate_python(getattr(config, field.name), strict=True)
    assert config.steps > config.validate_every > 0
    assert config.clips
    assert config.held_out, "without clips that are held out nothing tells when to stop"


@pytest.mark.parametrize("value", ["steps", "learning_rate", "bfloat16"])
def test_a_configuration_that_lacks_a_value_is_refused(value: str, tmp_path: Path) -> None:
    lacking = tmp_path / "lacking.toml"
    lacking.write_text("".join(line for line in CONFIG.open() if not line.startswith(f"{value} ")))
    with pytest.raises(TypeError, match=value):
        Config.read(lacking)
