"""Torch modules to ONNX files, each proven equal to its module before anybody gets it."""

import logging
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import onnxruntime
import torch
from onnx import ModelProto, TensorProto, helper, numpy_helper
from torch import Tensor, nn

from lipgate.core.nets.spec import Branch, BranchModule

OPSET = 18
"""Version of the ONNX operators the files use; every ONNX Runtime this project allows reads it."""

TOLERANCE = 1e-4
"""Largest difference between module and file, relative to the largest output."""


def export(
    module: nn.Module,
    example_inputs: dict[str, Tensor],
    outputs: Sequence[str],
    dynamic: dict[str, dict[int, str]],
    path: Path,
    *,
    check_inputs: dict[str, Tensor] | None = None,
) -> None:
    """Write `module.forward` as one self-contained ONNX file. The same module gives the same bytes.

    Args:
        module: is put into evaluation mode; `forward` takes the inputs by position and returns a tensor or several.
        example_inputs: name to tensor, in the order of `forward`'s parameters.
        outputs: names of the results, in order.
        dynamic: input name to {axis: name of the axis}, the axes that may have any length.
        path: file to write.
        check_inputs: what the file is tried on; by default random numbers with every dynamic axis twice as long.

    Raises:
        RuntimeError: the file does not compute what the module computes.
    """
    module.eval()
    # The wrapper gives every module the same signature, forward(*inputs), hence the nested tuple of dynamic_shapes.
    with _quiet(), torch.no_grad():
        program = torch.onnx.export(
            BranchModule(module, "forward").eval(),
            tuple(example_inputs.values()),
            input_names=list(example_inputs),
            output_names=list(outputs),
            dynamic_shapes=(tuple(dynamic.get(name, {}) for name in example_inputs),),
            opset_version=OPSET,
            dynamo=True,
            external_data=False,
            verbose=False,
        )
    if program is None:
        raise RuntimeError(f"{path.name}: the exporter returned nothing")
    model = _halved(_without_traces(program.model_proto)).SerializeToString(deterministic=True)
    _prove_equal(module, model, check_inputs or _longer(example_inputs, dynamic), path.name)
    path.write_bytes(model)


def export_branch(net: nn.Module, branch: Branch, path: Path) -> None:
    """Write one branch of a network as ONNX.

    Raises:
        RuntimeError: the file does not compute what the branch computes.
    """
    generator = torch.Generator().manual_seed(0)
    examples = {name: torch.randn(shape, generator=generator) for name, shape in branch.inputs.items()}
    export(BranchModule(net, branch.method), examples, branch.outputs, branch.dynamic, path)


def _longer(inputs: dict[str, Tensor], dynamic: dict[str, dict[int, str]]) -> dict[str, Tensor]:
    generator = torch.Generator().manual_seed(1)
    longer = {}
    for name, tensor in inputs.items():
        axes = dynamic.get(name, {})
        shape = [size * 2 if axis in axes else size for axis, size in enumerate(tensor.shape)]
        longer[name] = torch.randn(shape, generator=generator)
    return longer


def _without_traces(model: ModelProto) -> ModelProto:
    """Drop the exporter's notes: they name source files of the machine it ran on and differ between runs."""
    graph = model.graph
    for item in (model, graph, *graph.node, *graph.input, *graph.output, *graph.value_info, *graph.initializer):
        item.ClearField("metadata_props")
        item.ClearField("doc_string")
    return model


def _halved(model: ModelProto) -> ModelProto:
    """Store matrices that half precision holds exactly (as the embedded ones) in half the space; the network still computes in
    single precision, because ONNX Runtime undoes it while loading."""
    graph = model.graph
    casts = []
    for item in graph.initializer:
        values = numpy_helper.to_array(item)
        if values.dtype != np.float32 or values.ndim < 2:
            continue
        half = values.astype(np.float16)
        # Folding a batch norm into a matrix may move a number by its last digit.
        if not np.allclose(half.astype(np.float32), values, rtol=1e-6, atol=1e-9):
            continue
        casts.append(helper.make_node("Cast", [f"{item.name}.half"], [item.name], to=TensorProto.FLOAT))
        item.CopyFrom(numpy_helper.from_array(half, f"{item.name}.half"))
    for position, node in enumerate(casts):
        graph.node.insert(position, node)
    return model


def _prove_equal(module: nn.Module, model: bytes, inputs: dict[str, Tensor], name: str) -> None:
    with torch.no_grad():
        expected = module(*inputs.values())
    expected = [expected] if isinstance(expected, Tensor) else list(expected)
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 3
    session = onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])
    found = session.run(None, {key: tensor.numpy() for key, tensor in inputs.items()})
    for output, ours, theirs in zip(session.get_outputs(), found, expected, strict=True):
        reference = theirs.numpy()
        limit = TOLERANCE * max(float(np.abs(reference).max()), 1e-6)
        if ours.shape != reference.shape or not np.abs(ours - reference).max() <= limit:
            raise RuntimeError(f"{name}: output {output.name} of the exported file differs from the module")


@contextmanager
def _quiet() -> Iterator[None]:
    """Keep the exporter's remarks (missing torchvision, deprecations in its own code) off the terminal."""
    logger = logging.getLogger("torch.onnx")
    level = logger.level
    logger.setLevel(logging.ERROR)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        logger.setLevel(level)
