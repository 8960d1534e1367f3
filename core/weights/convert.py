"""Official PyTorch files to what this project runs: safetensors for CUDA, ONNX for CPU. Needs torch."""

import io
from pathlib import Path
from typing import TYPE_CHECKING

from lipgate.core.errors import WeightsError
from lipgate.core.weights.installed import SOURCE

if TYPE_CHECKING:
    from torch import Tensor

    State = dict[str, Tensor]

_SHOWN = 4
"""How many differences a message lists."""


def convert(content: bytes, name: str, folder: Path) -> dict[str, Path]:
    """Write a model's safetensors and the ONNX file of every branch.

    Args:
        content: a pickled PyTorch state dict or a safetensors file.
        name: `syncnet` or `s3fd`.
        folder: existing folder to write to.

    Returns:
        "source" and every branch to its file.

    Raises:
        WeightsError: weights_unreadable, when it is not the state dict of this network.
    """
    from safetensors.torch import save_file

    from lipgate.core.nets.export import export_branch
    from lipgate.core.nets.spec import spec_of

    spec = spec_of(name)
    net = spec.build()
    state = _checked(_read_state(content), net.state_dict(), name)
    net.load_state_dict(state)
    net.eval()
    files = {SOURCE: folder / f"{name}.safetensors"}
    save_file(state, files[SOURCE])
    for branch in spec.branches:
        files[branch.name] = folder / f"{branch.name}.onnx"
        try:
            export_branch(net, branch, files[branch.name])
        except RuntimeError as error:
            raise WeightsError("weights_unreadable", f"These weights cannot be converted for CPU: {error}") from error
    return files


def _read_state(content: bytes) -> "State":
    import torch
    from safetensors.torch import load

    # safetensors: eight bytes of length, then JSON. Neither of PyTorch's own formats has a brace there.
    pickled = content[8:9] != b"{"
    try:
        state = torch.load(io.BytesIO(content), map_location="cpu", weights_only=True) if pickled else load(content)
    except Exception as error:  # the readers raise a dozen unrelated types on damaged files
        raise WeightsError("weights_unreadable", f"Neither a PyTorch state dict nor a safetensors file: {error}") from error
    if not isinstance(state, dict) or not all(isinstance(value, torch.Tensor) for value in state.values()):
        raise WeightsError("weights_unreadable", "The file holds something else than a state dict (names to tensors).")
    return state


def _checked(state: "State", expected: "State", name: str) -> "State":
    """The state with exactly the expected keys, shapes and types."""
    import torch

    # Counters of training steps, which old PyTorch did not store; inference never reads them.
    counters = {key: value for key, value in expected.items() if key.endswith("num_batches_tracked")}
    state = {**counters, **state}
    problems = [f"{key} is missing" for key in expected if key not in state]
    problems += [f"{key} is unexpected" for key in state if key not in expected]
    problems += [
        f"{key} is {list(state[key].shape)} instead of {list(value.shape)}"
        for key, value in expected.items()
        if key in state and state[key].shape != value.shape
    ]
    problems += [f"{key} holds NaN or infinity" for key in expected if key in state and not torch.isfinite(state[key]).all()]
    if problems:
        more = f" and {len(problems) - _SHOWN} more" if len(problems) > _SHOWN else ""
        raise WeightsError("weights_unreadable", f"These are not weights of {name}: {'; '.join(problems[:_SHOWN])}{more}.")
    return {key: state[key].to(value.dtype).contiguous().clone() for key, value in expected.items()}
