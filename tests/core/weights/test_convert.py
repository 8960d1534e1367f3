"""What is taken as weights of the reference networks, and what is refused."""

import argparse
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.numpy import save

from lipgate.core.errors import LipgateError
from lipgate.core.weights.convert import convert
from tests.core.golden_weights import golden_state


def _pickled(value: object, tmp_path: Path) -> bytes:
    torch.save(value, tmp_path / "value")
    return (tmp_path / "value").read_bytes()


@pytest.fixture(scope="module")
def state() -> dict[str, torch.Tensor]:
    return {key: torch.from_numpy(value) for key, value in golden_state("syncnet").items()}


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (lambda state: {}, "is missing.* more"),
        (lambda state: {**state, "extra.weight": torch.zeros(1)}, "extra.weight is unexpected"),
        (lambda state: {**state, "netfclip.3.bias": torch.zeros(512)}, r"netfclip.3.bias is \[512\] instead of \[1024\]"),
        (lambda state: {**state, "netfclip.3.bias": torch.full((1024,), np.nan)}, "netfclip.3.bias holds NaN"),
        (lambda state: [1, 2, 3], "something else than a state dict"),
        (lambda state: {"epoch": 3}, "something else than a state dict"),
        (lambda state: argparse.Namespace(state=1), "Neither a PyTorch state dict nor"),
    ],
)
def test_what_is_no_state_dict_of_the_network_is_refused(tmp_path, state, change, says):
    content = _pickled(change(state), tmp_path)
    with pytest.raises(LipgateError, match=says) as caught:
        convert(content, "syncnet", tmp_path)
    assert caught.value.code == "weights_unreadable"


@pytest.mark.parametrize("content", [b"", b"\x80", b"PK", b"not weights at all", b"\x08\0\0\0\0\0\0\0{}      "])
def test_garbage_is_refused(tmp_path, content):
    with pytest.raises(LipgateError) as caught:
        convert(content, "syncnet", tmp_path)
    assert caught.value.code == "weights_unreadable"


@pytest.mark.parametrize("form", ["zip", "legacy", "safetensors", "half precision", "without counters"])
def test_every_form_of_a_state_dict_is_read(tmp_path, state, monkeypatch, form):
    written = []
    monkeypatch.setattr("lipgate.core.nets.export.export_branch", lambda net, branch, path: written.append(path.name))
    if form == "safetensors":
        content = save({key: value.numpy() for key, value in state.items()})
    elif form == "legacy":
        torch.save(state, tmp_path / "legacy", _use_new_zipfile_serialization=False)
        content = (tmp_path / "legacy").read_bytes()
    elif form == "half precision":
        content = _pickled({key: value.half() if value.is_floating_point() else value for key, value in state.items()}, tmp_path)
    elif form == "without counters":
        content = _pickled({key: value for key, value in state.items() if "num_batches" not in key}, tmp_path)
    else:
        content = _pickled(state, tmp_path)
    parts = convert(content, "syncnet", tmp_path)
    assert written == ["lip.onnx", "audio.onnx"]
    assert parts["source"].stat().st_size > 54_000_000
