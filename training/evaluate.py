"""Step 4: figures of a trained network on people it never saw.

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
import torch
from rich.console import Console
from rich.table import Table

from core.constants import SAMPLES_PER_FRAME
from core.errors import LipgateError
from core.nets.mini import Mini
from training.config import Config
from training.data import load, longest
from training.embedding import embed
from training.measure import figures, offset, source_of
from training.prepare import prepare
from training.track import Track

SHIFTS = (-11, -6, -3, 4, 7, 12)
"""Frames the sound is moved by; positive: it comes early."""


def moved(track: Track, shift: int) -> Track:
    """The same track with its sound `shift` frames early, silence where there is none, lengths as before."""
    samples = np.zeros_like(track.sound)
    move = shift * SAMPLES_PER_FRAME
    if move >= 0:
        samples[: len(samples) - move] = track.sound[move:]
    else:
        samples[-move:] = track.sound[:move]
    return dataclasses.replace(track, sound=samples)


def shift_followed(net: Mini, track: Track) -> list[bool]:
    """Whether the measured offset moves with the sound, within one frame, for each of `SHIFTS`."""
    own = offset(embed(net, track))
    found = [offset(embed(net, moved(track, shift))) for shift in SHIFTS]
    return [
        own is not None and after is not None and abs(after - own - shift) <= 1
        for after, shift in zip(found, SHIFTS, strict=True)
        if own is None or abs(own + shift) <= 14
    ]


def evaluate(net: Mini, tracks: list[Track]) -> dict[str, dict[str, float]]:
    """Figures for each source; see `training.measure.figures`, with `shift_followed` added."""
    result = {}
    for source, group in groupby(
        sorted(tracks, key=lambda track: source_of(track.name)), key=lambda track: source_of(track.name)
    ):
        members = list(group)
        followed = [hit for track in members for hit in shift_followed(net, track)]
        result[source] = {**figures([embed(net, track) for track in members]), "shift_followed": float(np.mean(followed))}
    return result


def prepared(config: Config, clips: Path, cache: Path) -> list[Track]:
    """All tracks of a folder of clips."""
    for clip in sorted(clips.rglob("*.mp4")):
        try:
            prepare(clip, str(clip.relative_to(clips)), cache, config.min_frames)
        except LipgateError as error:
            print(f"{clip.name}: {error.code}")
    everything = dataclasses.replace(config, cache=cache, held_out=["*"], left_out=[])
    return load(everything, held_out=True)


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description="Figures of a trained network on people it never saw.")
    parser.add_argument("config", type=Path)
    parser.add_argument("--clips", type=Path, help="folder of talking clips instead of the held-out people")
    parser.add_argument("--weights", type=Path, help="a mini.pt (default: that of the run)")
    parser.add_argument("--json", action="store_true")
    arguments = parser.parse_args()
    config = Config.read(arguments.config)
    net = Mini()
    net.load_state_dict(torch.load(arguments.weights or config.run / "mini.pt", weights_only=True))
    with tempfile.TemporaryDirectory() as cache:
        tracks = prepared(config, arguments.clips, Path(cache)) if arguments.clips else load(config, held_out=True)
        result = evaluate(net, longest(tracks))
    if arguments.json:
        print(json.dumps(result, indent=2))
        return
    table = Table(box=None)
    for column in ("source", *next(iter(result.values()))):
        table.add_column(column)
    for source, row in result.items():
        table.add_row(source, *[f"{value:.3f}" for value in row.values()])
    Console().print(table)


if __name__ == "__main__":
    main()
