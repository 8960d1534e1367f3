"""Step 2: train `mini`.

    python -m training.train training/mini.toml

Resumes from the last checkpoint of the run folder. Writes there `log.jsonl` (loss and validation figures), `checkpoint.pt`
(all that is needed to go on) and `mini.pt` (averaged weights).

The loss is multi-way matching (Chung, Chung & Kang 2019, "Perfect match"): every picture window has to find its sound among all
shifts, every sound its picture, and every stretch of windows its sound among the shifts of all clips of the batch.
"""

import argparse
import contextlib
import copy
import csv
import ctypes
import json
import math
import time
from collections.abc import Iterator
from itertools import groupby
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from core.constants import VSHIFT
from core.nets.mini import CROP_SIDE, Mini
from core.sync.logmel import logmel
from training.config import Config
from training.data import Segments, Track, load, longest
from training.measure import Embedded, exact_offset, figures, source_of

STRETCH = 10
"""Windows of a stretch whose mean similarity is matched as a whole."""

MAX_OFFSET = 3.0
"""Natural offsets of recordings are smaller than this, in frames; what is measured beyond is a failed measurement."""

NEIGHBOUR = 0.08
"""Share of the target given to each neighbouring shift: recordings are not exact to the frame."""

SHIFTS = 2 * VSHIFT + 1


def matching_loss(video: Tensor, audio: Tensor, temperature: Tensor) -> Tensor:
    """Loss of embeddings, video (b, t, d) and audio (b, t + 2 * 15, d), both of unit length."""
    clips, length, _ = video.shape
    similarity = torch.einsum("bid,cjd->bcij", video, audio)
    own = similarity.diagonal(dim1=0, dim2=1).permute(2, 0, 1) * temperature
    aligned = torch.arange(length) + VSHIFT
    loss = _smooth_cross_entropy(own, aligned)
    loss = loss + _smooth_cross_entropy(own[:, :, VSHIFT : VSHIFT + length].transpose(1, 2), torch.arange(length))

    # (b, c, t, 31): similarity of picture b at i with sound c at shift k
    at = torch.arange(length)[:, None] + torch.arange(SHIFTS)
    shifted = similarity.gather(3, at.expand(clips, clips, length, SHIFTS))
    stretches = shifted.unfold(2, STRETCH, STRETCH).mean(-1) * temperature * math.sqrt(STRETCH)
    stretches = stretches.permute(0, 2, 1, 3)  # (b, stretch, c, 31)
    mine = stretches.diagonal(dim1=0, dim2=2).permute(2, 0, 1)
    middle = torch.full((mine.shape[1],), VSHIFT)
    loss = loss + _smooth_cross_entropy(mine, middle)
    foreign = stretches.flatten(2)
    target = torch.arange(clips)[:, None].expand(clips, foreign.shape[1]) * SHIFTS + VSHIFT
    return loss + functional.cross_entropy(foreign.flatten(0, 1), target.flatten(), label_smoothing=0.05)


def _smooth_cross_entropy(logits: Tensor, target: Tensor) -> Tensor:
    """Cross entropy over the last axis of (b, n, classes); target (n,), softened to both neighbours."""
    logs = functional.log_softmax(logits, dim=-1)
    classes = logits.shape[-1]
    soft = torch.zeros(len(target), classes)
    soft.scatter_(1, target[:, None], 1 - 2 * NEIGHBOUR)
    for neighbour in (target - 1, target + 1):
        soft.scatter_add_(1, neighbour.clamp(0, classes - 1)[:, None], torch.full((len(target), 1), NEIGHBOUR))
    return -(logs * soft).sum(-1).mean()


def embed(net: Mini, track: Track) -> Embedded:
    """Embeddings of a whole track as it was recorded."""
    border = (track.crops.shape[1] - CROP_SIDE) // 2
    return embed_arrays(net, track, track.crops[:, border:-border, border:-border], track.sound)


@torch.inference_mode()  # type: ignore[untyped-decorator]
def embed_arrays(net: Mini, track: Track, crops: np.ndarray, sound: np.ndarray) -> Embedded:
    """Embeddings of a track's crops, uint8 (n, 64, 64), and sound, (m,), after something was done to them."""
    net.eval()
    video = net.video(torch.from_numpy(crops[None].astype(np.float32)))[0].numpy()
    audio = net.audio(torch.from_numpy(logmel(sound))[None])[0].numpy()
    return Embedded(track.name, video, audio, track.lead)


def validate(net: Mini, tracks: list[Track]) -> dict[str, dict[str, float]]:
    """Figures for each source (first folder of the clip's name)."""
    items = [embed(net, track) for track in tracks]
    return {source: figures(list(group)) for source, group in groupby(items, key=lambda item: source_of(item.name))}


def realign(net: Mini, training: list[Track], held_out: list[Track], reference: dict[str, float]) -> float:
    """Set each training recording's natural offset: the known one where `reference` has it, else what the network measures.

    A recording chain may delay its sound, and a network trained on it takes that delay for zero. The median difference to the
    known offsets of clips that it has not been trained on is this error; it is taken off what the network measures.

    Returns:
        The error in frames.
    """
    errors = [
        found - known
        for track in held_out
        if (known := reference.get(Path(track.name).name)) is not None
        and (found := exact_offset(embed(net, track))) is not None
        and abs(found - known) < MAX_OFFSET
    ]
    error = float(np.median(errors)) if errors else 0.0
    for track in training:
        known = reference.get(Path(track.name).name)
        found = exact_offset(embed(net, track)) if known is None else None
        measured = found - error if found is not None and abs(found - error) < MAX_OFFSET else 0.0
        track.offset = measured if known is None else known
    return error


def read_reference(table: Path) -> dict[str, float]:
    """File name to known offset in frames, of clips with one track. CSV columns: file, offsets_per_track."""
    with table.open(newline="") as file:
        rows = [(row["file"], json.loads(row["offsets_per_track"])) for row in csv.DictReader(file)]
    return {name: float(offsets[0]) for name, offsets in rows if len(offsets) == 1 and abs(offsets[0]) < MAX_OFFSET}


class Run:
    """A training run that can be stopped and taken up again."""

    def __init__(self, config: Config) -> None:
        torch.manual_seed(config.seed)
        self.config = config
        config.run.mkdir(parents=True, exist_ok=True)
        self.net = Mini().to(memory_format=torch.channels_last)
        self.average = copy.deepcopy(self.net)
        self.log_temperature = nn.Parameter(torch.tensor(2.3))
        groups = _decayed([*self.net.parameters(), self.log_temperature], config.weight_decay)
        self.optimiser = torch.optim.AdamW(groups, lr=config.learning_rate)
        self.schedule = torch.optim.lr_scheduler.OneCycleLR(
            self.optimiser, config.learning_rate, total_steps=config.steps, pct_start=0.15
        )
        self.step = 0
        self.reference = read_reference(config.reference) if config.reference else {}
        self.training, self.validation = load(config, held_out=False), longest(load(config, held_out=True))
        self._resume()

    def go(self) -> None:
        """Train to the last step."""
        began, losses = time.monotonic(), []
        batches = self._batches()
        while self.step < self.config.steps:
            self.net.train()
            crops, features = next(batches)
            temperature = self.log_temperature.exp().clamp(max=60)
            with torch.autocast("cpu", torch.bfloat16, enabled=self.config.bfloat16):
                video, audio = self.net.video(crops), self.net.audio(features)
            loss = matching_loss(video.float(), audio.float(), temperature)
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
            if self.step in self.config.realign_at:
                error = realign(self.average, self.training, self.validation, self.reference)
                spread = np.percentile([track.offset for track in self.training], [5, 25, 50, 75, 95]).round(2).tolist()
                self._log(step=self.step, error_of_zero=round(error, 3), natural_offsets=spread)
                self._save()
                batches = self._batches()
        self._save()

    def _batches(self) -> Iterator[tuple[Tensor, Tensor]]:
        dataset = Segments(self.training, self.config, self.step)
        return iter(torch.utils.data.DataLoader(dataset, batch_size=None, num_workers=1, prefetch_factor=4))

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
            "log_temperature": self.log_temperature.detach(),
            "optimiser": self.optimiser.state_dict(),
            "schedule": self.schedule.state_dict(),
            "offsets": [track.offset for track in self.training],
        }
        part = self.config.run / "checkpoint.part"
        torch.save(state, part)
        part.replace(self.config.run / "checkpoint.pt")
        torch.save(self.average.state_dict(), self.config.run / "mini.pt")

    def _resume(self) -> None:
        path = self.config.run / "checkpoint.pt"
        if not path.exists():
            return
        state = torch.load(path, weights_only=True)
        self.step = state["step"]
        for name in ("net", "average", "optimiser", "schedule"):
            getattr(self, name).load_state_dict(state[name])
        self.log_temperature.data.copy_(state["log_temperature"])
        for track, known in zip(self.training, state["offsets"], strict=True):
            track.offset = known

    def _log(self, **row: object) -> None:
        line = json.dumps(row)
        print(line, flush=True)
        with (self.config.run / "log.jsonl").open("a") as log:
            log.write(line + "\n")


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
    parser.add_argument("--threads", type=int, default=2)
    arguments = parser.parse_args()
    _keep_freed_memory()
    torch.set_num_threads(arguments.threads)
    Run(Config.read(arguments.config)).go()


if __name__ == "__main__":
    main()
