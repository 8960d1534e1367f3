"""Step 4: turn a training run into the embedded weights.

    python -m training.export training/mini.toml --version 1.0

Sets the length of the embeddings so that distances stand on SyncNet's scale, fits the calibration on held-out tracks, writes
`mini.safetensors`, `mini_video.onnx` and `mini_audio.onnx` into the weights folder and enters them into its manifest.
"""

import argparse
from pathlib import Path

import torch
from safetensors.torch import save_file

from lipgate.core.nets.export import export_branch
from lipgate.core.nets.mini import Mini
from lipgate.core.nets.spec import spec_of
from lipgate.core.weights.manifest import record_file, record_model, weights_folder
from training.calibration import calibrate
from training.config import Config
from training.data import load, longest
from training.embedding import embed
from training.fold import fold_batch_norms, round_matrices
from training.reference import read_distances, reference_length

LICENCE = "MIT"
ORIGIN = "trained by this project, see weights/MODEL_CARD.md"


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description="Turn a training run into the embedded weights.")
    parser.add_argument("config", type=Path)
    parser.add_argument("--version", required=True)
    parser.add_argument("--into", type=Path, default=weights_folder(), help="weights folder (default: the project's)")
    arguments = parser.parse_args()
    config = Config.read(arguments.config)
    net = Mini()
    net.load_state_dict(torch.load(config.run / "mini.pt", weights_only=True))
    fold_batch_norms(net)
    state = round_matrices(net)
    held_out = longest(load(config, held_out=True))
    if config.reference:
        known = read_distances(config.reference)

        def has_reference(name: str) -> bool:
            return Path(name).name in known

        tracks = longest(load(config, held_out=False, only=has_reference))
        tracks += [track for track in held_out if has_reference(track.name)]
        length = reference_length([embed(net, track) for track in tracks], known)
        for name, branch in net.named_children():
            branch.temporal.length.fill_(length)
            state[f"{name}.temporal.length"] = branch.temporal.length
        print(f"length of an embedding: {length:.4f}")
    calibration = calibrate(net, held_out, config)
    print(f"calibration: {calibration}")

    folder = arguments.into
    save_file(state, folder / "mini.safetensors")
    record_file("mini", "mini.safetensors", origin=ORIGIN, licence=LICENCE, folder=folder)
    branches = {}
    for branch in spec_of("mini").branches:
        key = f"mini_{branch.name}"
        export_branch(net.eval(), branch, folder / f"{key}.onnx")
        record_file(key, f"{key}.onnx", origin="exported from mini.safetensors", licence=LICENCE, folder=folder)
        branches[branch.name] = key
    record_model("mini", version=arguments.version, source="mini", branches=branches, calibration=calibration, folder=folder)
    print(f"written to {folder}")


if __name__ == "__main__":
    main()
