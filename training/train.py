"""Step 3: train `mini`.

    python -m training.train training/mini.toml

Resumes from the last checkpoint of the run folder. Writes there `log.jsonl` (loss and validation figures), `curves.svg` (the
same as curves), `checkpoint.pt` (all that is needed to go on) and `mini.pt` (averaged weights).
"""

import argparse
import contextlib
import copy
import ctypes
import json
import time
from collections.abc import Iterator
from itertools import groupby
from pathlib import Path

import numpy as np
import torch
from safetensors.torch import load_file
from torch import Tensor, nn

from lipgate.core.nets.mini import Mini
from training.config import Config
from training.curves import write_curves
from training.data import Batch, Segments, load, longest
from training.embedding import embed
from training.loss import MatchingLoss
from training.measure import figures, source_of
from training.offsets import realign
from training.reference import read_reference
from training.track import Track

LOG = "log.jsonl"


def validate(net: Mini, tracks: list[Track]) -> dict[str, dict[str, float]]:
    """Figures for each source (first folder of the clip's name)."""
    items = [embed(net, track) for track in tracks]
    return {source: figures(list(group)) for source, group in groupby(items, key=lambda item: source_of(item.name))}


class Run:
    """A training run that can be stopped and taken up again."""

    def __init__(self, config: Config, device: str = "cpu") -> None:
        """Args: device: `cpu` or `cuda`."""
        torch.manual_seed(config.seed)
        self.config = config
        self.device = torch.device(device)
        config.run.mkdir(parents=True, exist_ok=True)
        self.net = Mini()
        if config.start:
            # What the file does not hold begins from random numbers.
            self.net.load_state_dict(_unit_length(_read(config.start)), strict=False)
        self.net.to(self.device)
        self.frozen = self.net.video.convs[: config.frozen_convs].requires_grad_(False)
        self.average = copy.deepcopy(self.net)
        self.loss = MatchingLoss().to(self.device)
        learning = [value for value in [*self.net.parameters(), *self.loss.parameters()] if value.requires_grad]
        groups = _decayed(learning, config.weight_decay)
        self.optimiser = torch.optim.AdamW(groups, lr=config.learning_rate)
        self.schedule = torch.optim.lr_scheduler.OneCycleLR(
            self.optimiser, config.learning_rate, total_steps=config.steps, pct_start=0.15
        )
        self.step = 0
        self.reference = read_reference(config.reference) if config.reference else {}
        self.training, self.validation = load(config, held_out=False), longest(load(config, held_out=True))
        for track in self.training:
            track.offset = self.reference.get(Path(track.name).name, 0.0)
        self._resume()

    def go(self) -> None:
        """Train to the last step."""
        began, losses = time.monotonic(), []
        batches = self._batches()
        while self.step < self.config.steps:
            self.net.train()
            self.frozen.eval()
            batch = next(batches)
            crops, states = batch.crops.to(self.device), batch.states.to(self.device)
            with torch.autocast(self.device.type, torch.bfloat16, enabled=self.config.bfloat16):
                video, audio = self.net.video(crops), self.net.audio(states)
            loss = self.loss(video.float(), audio.float(), batch.puppet_of.to(self.device))
            self.optimiser.zero_grad()
            loss.backward()
            nn.utils.clip_grad_norm_(self.net.parameters(), 5.0)
            self.optimiser.step()
            self.schedule.step()
            self.step += 1
            self._update_average()
            losses.append(loss.item())
            if self.step % 50 == 0:
                self._log(step=self.step, loss=round(float(np.mean(losses)), 4), seconds=round(time.monotonic() - began))
                losses.clear()
            if self.step % self.config.checkpoint_every == 0:
                self._save()
            if self.step % self.config.validate_every == 0:
                self._log(step=self.step, validation=_rounded(validate(self.average, self.validation)))
                write_curves(self.config.run / LOG, self.config.run / "curves.svg")
            if self.step in self.config.realign_at:
                error = realign(self.average, self.training, self.validation, self.reference)
                spread = np.percentile([track.offset for track in self.training], [5, 25, 50, 75, 95]).round(2).tolist()
                self._log(step=self.step, error_of_zero=round(error, 3), natural_offsets=spread)
                self._save()
                batches = self._batches()
        self._save()

    def _batches(self) -> Iterator[Batch]:
        dataset = Segments(self.training, self.config, self.step)
        # A generator of its own: the loader would draw from that of dropout, and a resumed run would differ.
        own = torch.Generator()
        return iter(torch.utils.data.DataLoader(dataset, batch_size=None, num_workers=1, prefetch_factor=4, generator=own))

    def _update_average(self) -> None:
        decay = min(self.config.average_decay, (1 + self.step) / (10 + self.step))
        with torch.no_grad():
            for mean, value in zip(self.average.state_dict().values(), self.net.state_dict().values(), strict=True):
                if mean.is_floating_point():
                    mean.lerp_(value, 1 - decay)
                else:
                    mean.copy_(value)

    def _save(self) -> None:
        state = {
            "step": self.step,
            "net": self.net.state_dict(),
            "average": self.average.state_dict(),
            "loss": self.loss.state_dict(),
            "optimiser": self.optimiser.state_dict(),
            "offsets": [track.offset for track in self.training],
            "random": torch.get_rng_state(),  # of dropout; batches have their own numbers
        }
        part = self.config.run / "checkpoint.part"
        torch.save(state, part)
        part.replace(self.config.run / "checkpoint.pt")
        torch.save(self.average.state_dict(), self.config.run / "mini.pt")

    def _resume(self) -> None:
        path = self.config.run / "checkpoint.pt"
        if not path.exists():
            return
        state = torch.load(path, weights_only=True, map_location=self.device)
        self.step = state["step"]
        for name in ("net", "average", "loss", "optimiser"):
            getattr(self, name).load_state_dict(state[name])
        # Gone through anew and not read: the length of a run may have been changed meanwhile.
        for _ in range(self.step):
            self.schedule.step()
        torch.set_rng_state(state["random"].cpu())
        for track, known in zip(self.training, state["offsets"], strict=True):
            track.offset = known

    def _log(self, **row: object) -> None:
        line = json.dumps(row)
        print(line, flush=True)
        with (self.config.run / LOG).open("a") as log:
            log.write(line + "\n")


def _read(weights: Path) -> dict[str, Tensor]:
    """Exported weights (.safetensors) or those of a run (mini.pt)."""
    return load_file(weights) if weights.suffix == ".safetensors" else torch.load(weights, weights_only=True)


def _unit_length(state: dict[str, Tensor]) -> dict[str, Tensor]:
    """Exported weights as training had them: in single precision, embeddings of length one."""
    return {name: torch.ones(()) if name.endswith(".length") else value.float() for name, value in state.items()}


def _decayed(parameters: list[nn.Parameter], decay: float) -> list[dict]:
    """Weight decay is for matrices only."""
    matrices = [value for value in parameters if value.ndim > 1]
    others = [value for value in parameters if value.ndim <= 1]
    return [{"params": matrices, "weight_decay": decay}, {"params": others, "weight_decay": 0.0}]


def _rounded(table: dict[str, dict[str, float]]) -> dict[str, dict[str, float]]:
    return {source: {name: round(value, 3) for name, value in row.items()} for source, row in table.items()}


def _keep_freed_memory() -> None:
    """Tell glibc not to give large blocks back to the kernel: page faults took most of a step on two cores."""
    with contextlib.suppress(OSError, AttributeError):
        libc = ctypes.CDLL("libc.so.6")
        trim_threshold, mmap_threshold = -1, -3
        libc.mallopt(mmap_threshold, 1 << 30)
        libc.mallopt(trim_threshold, (1 << 31) - 1)


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description="Train the sync network mini.")
    parser.add_argument("config", type=Path)
    parser.add_argument("--threads", type=int, default=2, help="of the CPU (default %(default)s)")
    parser.add_argument("--device", choices=["auto", "cpu", "cuda"], default="auto", help="auto takes a GPU where there is one")
    arguments = parser.parse_args()
    _keep_freed_memory()
    torch.set_num_threads(arguments.threads)
    device = arguments.device
    if device == "auto":
        device = "cuda" if torch.cuda.is_available() else "cpu"
    Run(Config.read(arguments.config), device).go()


if __name__ == "__main__":
    main()
