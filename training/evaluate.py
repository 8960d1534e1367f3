"""Step 5: figures of a trained network on people it never saw.

    python -m training.evaluate training/mini.toml                        # the held-out people of the configuration
    python -m training.evaluate training/mini.toml --clips FOLDER         # any folder of talking clips, by source

Offsets are also measured after the sound has really been moved by known amounts: a recording's own offset then cancels out.
"""

import argparse
import dataclasses
import json
import tempfile
from itertools import groupby
from pathlib import Path

import numpy as np
from rich.console import Console
from rich.table import Table
from safetensors.torch import load_file

from lipgate.core.calibration import Calibration
from lipgate.core.constants import SAMPLES_PER_FRAME
from lipgate.core.errors import LipgateError
from lipgate.core.evaluation.bootstrap import Estimate, Statistic, estimate
from lipgate.core.evaluation.figures import weighted_auc
from lipgate.core.nets.mini import Mini
from lipgate.core.weights.manifest import load_manifest, weights_folder
from training.calibration import trials
from training.config import Config
from training.data import load, longest
from training.embedding import embed
from training.hear import as_recorded, hear_track
from training.measure import ClipFigures, clip_figures, offset, source_of
from training.prepare import prepare
from training.reference import compare, read_distances
from training.reliability import write_reliability
from training.track import Track, person_of

SHIFTS = (-11, -6, -3, 4, 7, 12)
"""Frames the sound is moved by; positive: it comes early."""


def moved(track: Track, shift: float) -> Track:
    """The same track with its sound `shift` frames early, silence where there is none, lengths as before, heard anew."""
    samples = np.zeros_like(track.sound)
    move = round(shift * SAMPLES_PER_FRAME)
    if move >= 0:
        samples[: len(samples) - move] = track.sound[move:]
    else:
        samples[-move:] = track.sound[:move]
    return dataclasses.replace(track, sound=samples, hearings=[as_recorded(samples)])


def shift_followed(net: Mini, track: Track) -> list[bool]:
    """Whether the measured offset moves with the sound, within one frame, for each of `SHIFTS`."""
    own = offset(embed(net, track))
    found = [offset(embed(net, moved(track, shift))) for shift in SHIFTS]
    return [
        own is not None and after is not None and abs(after - own - shift) <= 1
        for after, shift in zip(found, SHIFTS, strict=True)
        if own is None or abs(own + shift) <= 14
    ]


def evaluate(net: Mini, tracks: list[Track], calibration: Calibration) -> dict[str, dict[str, Estimate | None]]:
    """Figures for each source, with 95 % intervals by person; see `training.measure.clip_figures`."""
    table = {}
    for source, group in groupby(sorted(tracks, key=_source), key=_source):
        members = list(group)
        clips = clip_figures([embed(net, track) for track in members])
        followed = [shift_followed(net, track) for track in members]
        table[source] = _estimates(clips, followed, calibration)
    return table


def _source(track: Track) -> str:
    return source_of(track.name)


def _estimates(clips: list[ClipFigures], followed: list[list[bool]], calibration: Calibration) -> dict[str, Estimate | None]:
    """Figures of one source with their intervals."""
    people = np.unique([person_of(clip.name) for clip in clips], return_inverse=True)[1]
    everybody = np.ones(len(clips), bool)

    def share(hits: list[list[bool]]) -> tuple[Statistic, np.ndarray]:
        right, tried = (np.array([function(row) for row in hits], float) for function in (sum, len))
        return lambda weights: (weights @ right) / np.maximum(weights @ tried, 1e-9), everybody

    own = np.array([-np.inf if clip.own is None else calibration.evidence(clip.own) for clip in clips])
    foreign = [(number, calibration.evidence(result)) for number, clip in enumerate(clips) for result in clip.foreign]
    values = np.concatenate([own, [value for _, value in foreign]])
    rows = np.concatenate([np.arange(len(clips)), [number for number, _ in foreign]]).astype(int)
    is_own = np.arange(len(values)) < len(own)
    return estimate(
        {
            "offset_clip": share([[clip.offset is not None and abs(clip.offset) <= 1] for clip in clips]),
            "shift_followed": share(followed),
            "offset_1s": share([clip.seconds for clip in clips]),
            "offset_window": share([clip.windows for clip in clips]),
            "auc": (lambda weights: weighted_auc(values, is_own, weights[:, rows]), everybody),
        },
        people,
        seed=0,
    )


def prepared(config: Config, clips: Path, cache: Path) -> list[Track]:
    """All tracks of a folder of clips."""
    for clip in sorted(clips.rglob("*.mp4")):
        try:
            prepare(clip, str(clip.relative_to(clips)), cache, config.min_frames)
        except LipgateError as error:
            print(f"{clip.name}: {error.code}")
    for path in sorted(cache.glob("*.npz")):
        hear_track(path, [], 1, config.seed, as_paced=True)
    everything = dataclasses.replace(config, cache=cache, held_out=["*"], left_out=[])
    return load(everything, held_out=True)


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description="Figures of the embedded network on people it never saw.")
    parser.add_argument("config", type=Path)
    parser.add_argument("--clips", type=Path, help="folder of talking clips instead of the held-out people")
    parser.add_argument("--weights", type=Path, default=weights_folder(), help="weights folder (default: the project's)")
    parser.add_argument("--reliability", type=Path, metavar="OUT.svg", help="draw how well the score is calibrated")
    parser.add_argument("--json", action="store_true")
    arguments = parser.parse_args()
    config = Config.read(arguments.config)
    calibration = load_manifest(arguments.weights).model("mini").calibration or Calibration(0.0, 1.0)
    net = Mini()
    net.load_state_dict(load_file(arguments.weights / "mini.safetensors"))
    with tempfile.TemporaryDirectory() as cache:
        tracks = prepared(config, arguments.clips, Path(cache)) if arguments.clips else load(config, held_out=True)
        result = evaluate(net, longest(tracks), calibration)
        if arguments.reliability:
            people = [track for track in longest(tracks) if _source(track) not in config.drawn]
            write_reliability(trials(net, people, config), arguments.reliability)
        compared = _against_syncnet(net, config) if config.reference and not arguments.clips else {}
    if arguments.json:
        rows = {source: {name: value and value.to_dict() for name, value in row.items()} for source, row in result.items()}
        print(json.dumps({"sources": rows, "syncnet": compared}, indent=2))
        return
    table = Table(box=None)
    for column in ("source", *next(iter(result.values()))):
        table.add_column(column)
    for source, row in result.items():
        table.add_row(source, *[_cell(value) for value in row.values()])
    Console().print(table)
    for name, medians in compared.items():
        print(f"Against the official SyncNet, {name}: " + ", ".join(f"{key} {value:.3g}" for key, value in medians.items()))


def _against_syncnet(net: Mini, config: Config) -> dict[str, dict[str, float]]:
    assert config.reference is not None  # noqa: S101
    known = read_distances(config.reference)
    found = {}
    for name, held_out in (("training", False), ("held out", True)):
        tracks = [track for track in longest(load(config, held_out=held_out)) if Path(track.name).name in known]
        found[name] = compare([embed(net, track) for track in tracks], known)
    return found


def _cell(value: Estimate | None) -> str:
    if value is None:
        return "-"
    return f"{value.value:.3f}" if value.low is None else f"{value.value:.3f} ({value.low:.2f}-{value.high:.2f})"


if __name__ == "__main__":
    main()
