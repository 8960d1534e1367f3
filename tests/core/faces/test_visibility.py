"""A mouth behind a mask or a hand is a reason, not a number; a beard or a microphone is neither."""

from collections.abc import Callable
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import load

from lipgate.core.faces.mouth import SIDE, UNITS, cut
from lipgate.core.faces.track import TrackPiece
from lipgate.core.faces.visibility import VisibilityMeter
from lipgate.core.limits import Limits
from lipgate.core.models import Models
from lipgate.core.nets.visibility import CROP_SIDE, Visibility
from lipgate.core.pipeline import score
from lipgate.core.weights.store import find
from tests.core.faces.covered import cover
from tests.painters import HARMLESS, HIDING
from training.config import Config
from training.cover_shapes import MOUTH
from training.covers import draw
from training.track import Track
from training.visibility import train

Puppet = Callable[..., Path]

METRICS = ("offset_frames", "confidence", "min_dist", "score", "lag_ms")


@pytest.fixture(scope="module")
def models() -> Models:
    return Models.load(device="cpu")


@pytest.mark.parametrize("kind", HIDING)
def test_a_hidden_mouth_is_a_reason_and_no_number(kind: str, puppet: Puppet, models: Models, tmp_path: Path) -> None:
    document = score(cover(puppet(), tmp_path / "hidden.mp4", kind), models).to_dict()
    assert (document["decision"], document["reason"]) == ("NEXT", "mouth_hidden")
    assert [document[name] for name in METRICS] == [None] * len(METRICS)
    assert all(result["hidden_share"] > 0.5 for result in document["debug"]["all_results"])


@pytest.mark.parametrize("kind", HARMLESS)
def test_what_leaves_the_lips_free_is_judged(kind: str, puppet: Puppet, models: Models, tmp_path: Path) -> None:
    document = score(cover(puppet(), tmp_path / "seen.mp4", kind), models).to_dict()
    assert document["offset_frames"] is not None, document["reason"]
    assert document["score"] is not None


@pytest.mark.parametrize(
    "fields",
    [{}, {"face_px": 60}, {"faces": 2, "face_px": 110, "listeners_talk": True}, {"cuts": (2.0,)}, {"still": True}, {"crf": 38}],
)
def test_no_mouth_is_hidden_where_nothing_is_in_front_of_it(fields: dict, puppet: Puppet, models: Models) -> None:
    results = score(puppet(**fields), models).to_dict()["debug"]["all_results"]
    assert max(result["hidden_share"] for result in results) <= 0.2


def test_how_much_may_be_hidden_is_a_setting(puppet: Puppet, models: Models, tmp_path: Path) -> None:
    hidden = cover(puppet(), tmp_path / "hidden.mp4", "mask")
    assert score(hidden, models, limits=Limits(max_hidden_share=1.0)).judged


class _Dark:
    """Stands for the network: a dark crop is a hidden mouth."""

    def __init__(self) -> None:
        self.looks = 0

    def __call__(self, **inputs: np.ndarray) -> list[np.ndarray]:
        self.looks += len(inputs["crops"])
        return [(inputs["crops"].mean(axis=(1, 2)) < 100).astype(np.float32)]


@pytest.mark.parametrize("cuts", [[], [1], [3, 4, 30], list(range(1, 60))])
def test_every_fifth_frame_is_looked_at_however_the_track_comes(cuts: list[int]) -> None:
    network = _Dark()
    meter = VisibilityMeter(network)
    brightness = [50] * 20 + [200] * 40
    edges = [0, *cuts, 60]
    for start, stop in pairwise(edges):
        images = [np.full((90, 90, 3), level, np.uint8) for level in brightness[start:stop]]
        marks = np.repeat(UNITS[None] + 45, stop - start, axis=0)
        piece = TrackPiece(0, start, images, np.zeros((stop - start, 4), np.float32), marks, last=stop == 60)
        meter.feed(piece, cut(images, marks, SIDE))
    assert network.looks == 12
    assert meter.hidden_share == pytest.approx(1 / 3)


def test_before_the_first_look_nothing_is_hidden() -> None:
    assert VisibilityMeter(_Dark()).hidden_share == 0.0


def test_the_embedded_file_computes_what_the_module_computes(models: Models) -> None:
    net = Visibility()
    net.load_state_dict(load(find("mouth").read_source()))
    crops = np.random.default_rng(1).integers(0, 256, (7, CROP_SIDE, CROP_SIDE)).astype(np.float32)
    with torch.inference_mode():
        expected = net.eval()(torch.from_numpy(crops)).numpy()
    np.testing.assert_allclose(models.visibility(crops=crops)[0], expected, atol=1e-4)
    assert expected.shape == (7,)


def _lips() -> np.ndarray:
    """A grey square with a dark mouth, uint8 (96, 96)."""
    crop = np.full((96, 96), 150, np.uint8)
    x, y = MOUTH.astype(int)
    crop[y - 3 : y + 3, x - 13 : x + 13] = 40
    return crop


def test_drawn_covers_lie_over_the_mouth_or_leave_it_free() -> None:
    """A hidden mouth looks like nothing it was; of a mouth that is seen much is left as it was."""
    crop, (x, y) = _lips(), MOUTH.astype(int)
    lips = np.s_[y - 3 : y + 3, x - 13 : x + 13]
    changed = {
        hide: [float((draw(crop, np.random.default_rng([7, n]), hide=hide)[lips] != crop[lips]).mean()) for n in range(200)]
        for hide in (True, False)
    }
    assert np.mean(changed[True]) > 0.95
    assert min(changed[True]) > 0.6
    assert np.mean(changed[False]) < 0.5


def test_the_same_seed_gives_the_same_weights() -> None:
    config = Config.read(Path(__file__).parents[3] / "training" / "mini.toml")
    tracks = [Track("group/clip.mp4", np.stack([_lips()] * 3), np.zeros(0, np.int16), 0)]
    first, again = (train(tracks, config, steps=2).state_dict() for _ in range(2))
    assert all(torch.equal(first[name], again[name]) for name in first)
