"""The loss: multi-way matching (Chung, Chung & Kang 2019, "Perfect match").

Every picture window has to find its sound among all shifts, every sound its picture, and every stretch of windows its sound among
the shifts of all clips of the batch. A verdict on whole segments, own sound or somebody else's, is learnt along.
"""

import math

import torch
from torch import Tensor, nn
from torch.nn import functional

from lipgate.core.constants import VSHIFT

STRETCH = 10
"""Windows of a stretch whose mean similarity is matched as a whole."""

NEIGHBOUR = 0.08
"""Share of the target given to each neighbouring shift: recordings are not exact to the frame."""

SHIFTS = 2 * VSHIFT + 1

VERDICT_WEIGHT = 2.0
"""Of the verdict on whole segments, against four sums of matching."""


PUPPET_WEIGHT = 0.5
"""Of the comparison with puppets."""


class MatchingLoss(nn.Module):
    """Loss of a batch of segments, with what it learns beside the network."""

    def __init__(self) -> None:
        super().__init__()
        self.log_temperature = nn.Parameter(torch.tensor(2.3))
        self.judge = nn.Parameter(torch.tensor([20.0, 8.0, -11.0]))
        """Worth of similarity at the best shift, worth of its lead over the median shift, bias."""

    def forward(self, video: Tensor, audio: Tensor, puppet_of: Tensor) -> Tensor:
        """Loss of one step.

        Args:
            video: embeddings of unit length (b + p, t, d); the last p are puppets.
            audio: the same (b + w, t + 2 * 15, d); the last w belong to nothing.
            puppet_of: (p,), the clip whose sound moves each puppet.
        """
        clips, length = len(video) - len(puppet_of), video.shape[1]
        temperature = self.log_temperature.exp().clamp(max=60)
        everything = torch.einsum("bid,cjd->bcij", video, audio)
        similarity = everything[:clips, :clips]
        own = similarity.diagonal(dim1=0, dim2=1).permute(2, 0, 1) * temperature
        windows = torch.arange(length, device=video.device)
        loss = _smooth_cross_entropy(own, windows + VSHIFT)
        loss = loss + _smooth_cross_entropy(own[:, :, VSHIFT : VSHIFT + length].transpose(1, 2), windows)

        # (b + p, c + w, t, 31): similarity of picture b at i with sound c at shift k
        at = windows[:, None] + torch.arange(SHIFTS, device=video.device)
        shifted = everything.gather(3, at.expand(*everything.shape[:2], length, SHIFTS))
        stretches = shifted.unfold(2, STRETCH, STRETCH).mean(-1) * temperature * math.sqrt(STRETCH)
        stretches = stretches.permute(0, 2, 1, 3)  # (b + p, stretch, c + w, 31)
        mine = stretches[:clips, :, :clips].diagonal(dim1=0, dim2=2).permute(2, 0, 1)
        middle = torch.full((mine.shape[1],), VSHIFT, device=video.device)
        loss = loss + _smooth_cross_entropy(mine, middle)
        everybody = stretches[:clips].flatten(2)
        target = torch.arange(clips, device=video.device)[:, None].expand(clips, everybody.shape[1]) * SHIFTS + VSHIFT
        loss = loss + functional.cross_entropy(everybody.flatten(0, 1), target.flatten(), label_smoothing=0.05)
        loss = loss + PUPPET_WEIGHT * self._puppet_loss(stretches, mine, puppet_of)
        return loss + VERDICT_WEIGHT * self._verdict_loss(shifted.mean(dim=2), clips)

    def _puppet_loss(self, stretches: Tensor, mine: Tensor, puppet_of: Tensor) -> Tensor:
        """A sound must lie nearer to the lips that spoke it than, at any shift, to the puppet that its loudness moves."""
        if not len(puppet_of):
            return mine.new_zeros(())
        first = len(stretches) - len(puppet_of)
        theirs = stretches[first:].gather(2, puppet_of[:, None, None, None].expand(-1, stretches.shape[1], 1, SHIFTS))[:, :, 0]
        return functional.softplus(theirs.amax(dim=-1) - mine[puppet_of, :, VSHIFT]).mean()

    def _verdict_loss(self, curves: Tensor, clips: int) -> Tensor:
        """Whether a sound belongs to a picture at all, told as a score tells it: from the best shift, which is searched.

        The matching above only ranks sounds for one picture; here all pictures are held against one threshold.

        Args:
            curves: similarities (b + p, c + w, 31) of picture b with sound c at every shift.
            clips: how many of both belong together in order; every other pair is foreign.
        """
        best = curves.amax(dim=2)
        nearness, lead, bias = self.judge
        odds = nearness * best + lead * (best - curves.median(dim=2).values) + bias
        mine = torch.zeros(odds.shape, dtype=torch.bool, device=curves.device)
        mine.diagonal()[:clips] = True
        # What is nearest to be mistaken counts by itself, beside all those that are easily told.
        foreign = functional.softplus(odds[~mine])
        hardest = foreign.topk(max(1, len(foreign) // 10)).values.mean()
        return functional.softplus(-odds[mine]).mean() + 0.5 * (foreign.mean() + hardest)


def _smooth_cross_entropy(logits: Tensor, target: Tensor) -> Tensor:
    """Cross entropy over the last axis of (b, n, classes); target (n,), softened to both neighbours."""
    logs = functional.log_softmax(logits, dim=-1)
    classes = logits.shape[-1]
    soft = torch.zeros(len(target), classes, device=logits.device)
    soft.scatter_(1, target[:, None], 1 - 2 * NEIGHBOUR)
    for neighbour in (target - 1, target + 1):
        soft.scatter_add_(
            1, neighbour.clamp(0, classes - 1)[:, None], torch.full((len(target), 1), NEIGHBOUR, device=logits.device)
        )
    return -(logs * soft).sum(-1).mean()
