"""Step 3: turn a training run into the embedded weights.

    python -m training.export training/mini.toml --version 1.0

Sets the length of the embeddings so that distances stand on SyncNet's scale, fits the calibration on held-out tracks, writes
`mini.safetensors`, `mini_video.onnx` and `mini_audio.onnx` into the weights folder and enters them into its manifest.
"""

import argparse
import csv
import math
from collections import Counter
from pathlib import Path

import numpy as np
import torch
from safetensors.torch import save_file

from core.calibration import Calibration
from core.nets.export import export_branch
from core.nets.mini import Mini
from core.nets.spec import spec_of
from core.sync.distances import pair_distances, search
from core.weights.manifest import record_file, record_model, weights_folder
from training import augment
from training.config import Config
from training.data import Track, load, longest
from training.measure import Embedded, confidence, source_of
from training.train import embed, embed_arrays

LICENCE = "MIT"
ORIGIN = "trained by this project, see weights/MODEL_CARD.md"


def read_distances(table: Path) -> dict[str, tuple[float, float]]:
    """File name to confidence and min_dist, from a CSV with columns file, confidence, min_dist."""
    with table.open(newline="") as file:
        return {row["file"]: (float(row["confidence"]), float(row["min_dist"])) for row in csv.DictReader(file)}


def reference_length(items: list[Embedded], known: dict[str, tuple[float, float]]) -> float:
    """Length of the embeddings that brings distances and confidences nearest to those SyncNet measured on the same clips.

    One factor scales both; it is the geometric mean of what each alone would ask for.

    Args:
        items: tracks embedded with length 1.
        known: what the official SyncNet measured on some of these clips.
    """
    pairs = []
    for item in items:
        result = search(pair_distances(item.video, item.audio, item.lead))
        name = Path(item.name).name
        if result and name in known:
            pairs.append((known[name][0], result.confidence, known[name][1], result.min_dist))
    if not pairs:
        return 1.0
    their_confidence, our_confidence, their_distance, our_distance = np.median(np.array(pairs), axis=0)
    return math.sqrt(their_confidence / our_confidence * their_distance / our_distance)


def fit_logistic(genuine: list[float], foreign: list[float]) -> Calibration:
    """Logistic regression of "own sound" on confidence, both classes weighing the same, fitted by Newton's method."""
    x = np.array(genuine + foreign)
    y = np.array([1.0] * len(genuine) + [0.0] * len(foreign))
    weight = np.where(y == 1, 0.5 / len(genuine), 0.5 / len(foreign))
    centre, spread = x.mean(), x.std()
    design = np.stack([np.ones_like(x), (x - centre) / spread], axis=1)
    # A small ridge keeps the slope finite where the classes do not overlap.
    ridge = np.diag([0.0, 1e-3])
    beta = np.zeros(2)
    for _ in range(100):
        chance = 1 / (1 + np.exp(-design @ beta))
        gradient = design.T @ (weight * (y - chance)) - ridge @ beta
        hessian = (design * (weight * chance * (1 - chance))[:, None]).T @ design + ridge
        beta += np.linalg.solve(hessian, gradient)
    slope = beta[1] / spread
    return Calibration(midpoint=float(centre - beta[0] / slope), scale=float(1 / slope))


def calibrate(net: Mini, tracks: list[Track], config: Config) -> Calibration:
    """Fit own against foreign sound on people that training never saw.

    Every track is heard and seen as recorded and through the augmentation of training, which stands for the cameras, rooms and
    lines that these recordings do not have; and on stretches of two and three seconds as well as whole, as long as clips come.
    Sources count the same, however many clips they have: the foreign sound, too, comes from each source equally often. Clips of
    a corpus with a fixed order of words partly fit one another's sound, so they are not foreign to each other.
    """
    rng = np.random.default_rng(config.seed)
    sources = Counter(source_of(track.name) for track in tracks)
    items = [embed(net, track) for track in tracks]
    for track in tracks:
        copies = round(3 * max(sources.values()) / sources[source_of(track.name)]) - 1
        items += [_degraded(net, track, tracks, rng) for _ in range(copies)]
    by_source = {source: [item for item in items if source_of(item.name) == source] for source in sources}
    genuine: list[float] = []
    foreign: list[float] = []
    for item in items:
        strangers = [
            _pick([other for other in group if other.name != item.name], rng)
            for source, group in by_source.items()
            if not (source == source_of(item.name) and source in config.same_words)
        ]
        for length in (46, 71, len(item.video)):
            start = int(rng.integers(max(1, len(item.video) - length + 1)))
            part = Embedded(item.name, item.video[start : start + length], item.audio, item.lead + start)
            genuine.extend(value for value in [confidence(part, part)] if value is not None)
            foreign.extend(value for other in strangers if (value := confidence(part, other)) is not None)
    print(f"genuine confidence {_spread(genuine)}, foreign {_spread(foreign)} (5th, 50th, 95th percentile)")
    return fit_logistic(genuine, foreign)


def _degraded(net: Mini, track: Track, tracks: list[Track], rng: np.random.Generator) -> Embedded:
    voices = [np.resize(tracks[int(rng.integers(len(tracks)))].sound, len(track.sound)).astype(np.float32) for _ in range(3)]
    sound = augment.sound(track.sound.astype(np.float32), voices, rng, strong=True)
    return embed_arrays(net, track, augment.mouths(track.crops, rng, strong=True), sound)


def _pick(items: list[Embedded], rng: np.random.Generator) -> Embedded:
    return items[int(rng.integers(len(items)))]


def _spread(values: list[float]) -> str:
    return " ".join(f"{value:.2f}" for value in np.percentile(values, [5, 50, 95]))


def _halved(value: torch.Tensor) -> torch.Tensor:
    """Matrices in half precision; vectors, which hardly weigh anything, as they are."""
    return value.half() if value.is_floating_point() and value.ndim > 1 else value


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description="Turn a training run into the embedded weights.")
    parser.add_argument("config", type=Path)
    parser.add_argument("--version", required=True)
    arguments = parser.parse_args()
    config = Config.read(arguments.config)
    net = Mini()
    net.load_state_dict(torch.load(config.run / "mini.pt", weights_only=True))
    if config.reference:
        known = read_distances(config.reference)
        tracks = [track for track in load(config, held_out=False) if Path(track.name).name in known]
        length = reference_length([embed(net, track) for track in tracks], known)
        for half in (net.video, net.audio):
            half.temporal.length.fill_(length)
        print(f"length of an embedding: {length:.4f}")
    calibration = calibrate(net, longest(load(config, held_out=True)), config)
    print(f"calibration: {calibration}")

    folder = weights_folder()
    # Half precision for the file in the repository; the network computes with the same rounded numbers in single precision.
    state = {name: _halved(value).contiguous() for name, value in net.state_dict().items()}
    net.load_state_dict(state)
    save_file(state, folder / "mini.safetensors")
    record_file("mini", "mini.safetensors", origin=ORIGIN, licence=LICENCE)
    branches = {}
    for branch in spec_of("mini").branches:
        key = f"mini_{branch.name}"
        export_branch(net.eval(), branch, folder / f"{key}.onnx")
        record_file(key, f"{key}.onnx", origin="exported from mini.safetensors", licence=LICENCE)
        branches[branch.name] = key
    record_model("mini", version=arguments.version, source="mini", branches=branches, calibration=calibration)
    print(f"written to {folder}")


if __name__ == "__main__":
    main()
