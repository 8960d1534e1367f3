"""Which device networks run on."""

import subprocess
import sys
from pathlib import Path

import pytest
import torch

from lipgate.core import runtime
from lipgate.core.errors import LipgateError, WeightsError
from lipgate.core.models import Models
from lipgate.core.pipeline import score
from tests.core.gpu import needs_gpu


def _code(function, *args) -> str:
    with pytest.raises(LipgateError) as caught:
        function(*args)
    return caught.value.code


def test_auto_is_cpu_without_a_driver_and_does_not_import_torch():
    program = "import sys; from lipgate.core import runtime; runtime.driver_visible = lambda: False\n"
    program += "assert runtime.resolve_device('auto') == 'cpu'; assert 'torch' not in sys.modules"
    subprocess.run([sys.executable, "-c", program], check=True, timeout=60)


@pytest.mark.parametrize(("available", "device"), [(True, "cuda"), (False, "cpu")])
def test_auto_takes_cuda_only_where_torch_finds_it(monkeypatch, available, device):
    monkeypatch.setattr(runtime, "driver_visible", lambda: True)
    monkeypatch.setattr(torch.cuda, "is_available", lambda: available)
    assert runtime.resolve_device("auto") == device


def test_cuda_asked_for_by_name_must_be_there(monkeypatch):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    assert _code(runtime.resolve_device, "cuda") == "cuda_unavailable"
    assert _code(runtime.resolve_device, "tpu") == "cuda_unavailable"
    assert runtime.resolve_device("cpu") == "cpu"


@pytest.mark.parametrize(("model", "detector"), [("mouth", None), ("yunet", None), (None, "mini"), (None, "silero_vad")])
def test_a_network_of_another_kind_is_not_taken(model, detector):
    with pytest.raises(WeightsError) as caught:
        Models.load(model, detector, "cpu")
    assert caught.value.code == "weights_unknown"


def test_advice_is_for_how_lipgate_was_installed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert runtime.how_to_install("api") == "./lipgate install api"
    monkeypatch.setattr(runtime, "__file__", str(tmp_path / "site-packages" / "lipgate" / "core" / "runtime.py"))
    assert runtime.how_to_install("api") == "pip install 'lipgate[api]'"


@needs_gpu
def test_a_score_on_cuda_says_what_one_on_a_cpu_says() -> None:
    sample = Path(__file__).parents[2] / "samples" / "late_sound.mp4"
    cpu, cuda = (score(sample, Models.load("mini", "yunet", device)) for device in ("cpu", "cuda"))
    assert cuda.decision == cpu.decision
    for one, other in zip(cuda.tracks, cpu.tracks, strict=True):
        assert one.sync is not None
        assert other.sync is not None
        assert one.sync.offset_frames == other.sync.offset_frames
        assert one.sync.min_dist == pytest.approx(other.sync.min_dist, abs=0.01)
        assert one.sync.confidence == pytest.approx(other.sync.confidence, abs=0.01)
