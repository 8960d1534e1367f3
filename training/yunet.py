"""Writes YuNet in a form that ONNX Runtime takes.

    python -m training.yunet

The file of the OpenCV Zoo holds its numbers as int8 with a scale for each row, written as blocks, which ONNX Runtime refuses.
Here they are written out as what they stand for, in float32, and the size of the picture is left open.
"""

import argparse
from pathlib import Path

import numpy as np
import onnx
from onnx import numpy_helper

from lipgate.core.weights.manifest import record_file, record_model, weights_folder

SIZE: tuple[int | str, ...] = (1, 3, "height", "width")
"""Shape of the picture. Both sides are multiples of 32."""


def written_out(model: onnx.ModelProto) -> onnx.ModelProto:
    """The same network with float32 numbers and pictures of any size.

    Args:
        model: with `DequantizeLinear` on constants only. Not changed.
    """
    result = onnx.ModelProto()
    result.CopyFrom(model)
    graph = result.graph
    constants = {constant.name: numpy_helper.to_array(constant) for constant in graph.initializer}
    nodes = []
    for node in graph.node:
        if node.op_type == "DequantizeLinear":
            constants[node.output[0]] = _dequantized(*(constants[name] for name in node.input))
        elif node.op_type == "Reshape" and node.input[0] in constants:
            constants[node.output[0]] = constants[node.input[0]].reshape(constants[node.input[1]])
        else:
            nodes.append(node)
    used = {name for node in nodes for name in node.input}
    del graph.node[:], graph.initializer[:], graph.value_info[:]
    graph.node.extend(nodes)
    graph.initializer.extend(numpy_helper.from_array(value, name) for name, value in constants.items() if name in used)
    for length, name in zip(graph.input[0].type.tensor_type.shape.dim, SIZE, strict=True):
        _set(length, name)
    for output in graph.output:
        _set(output.type.tensor_type.shape.dim[1], f"{output.name}_cells")
    onnx.checker.check_model(result, full_check=True)
    return result


def _dequantized(stored: np.ndarray, scale: np.ndarray, zero: np.ndarray) -> np.ndarray:
    """Blocks are whole rows: one scale for each, or one for all."""
    return (stored.astype(np.float32) - zero.astype(np.float32)) * scale


def _set(length: onnx.TensorShapeProto.Dimension, value: int | str) -> None:
    length.Clear()
    if isinstance(value, int):
        length.dim_value = value
    else:
        length.dim_param = value


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description="Write YuNet for ONNX Runtime.")
    parser.add_argument("--into", type=Path, default=weights_folder(), help="weights folder (default: the project's)")
    folder = parser.parse_args().into
    file = "yunet_faces.onnx"
    onnx.save(written_out(onnx.load(folder / "yunet.onnx")), folder / file)
    record_file(
        "yunet_faces",
        file,
        origin="written out from yunet.onnx by training/yunet.py",
        licence="MIT",
        licence_file="licenses/yunet.txt",
        folder=folder,
    )
    record_model("yunet", branches={"faces": "yunet_faces"}, folder=folder)


if __name__ == "__main__":
    main()
