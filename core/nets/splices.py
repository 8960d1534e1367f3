"""`splices`, a tiny network that hears where sound is put together: no voice goes from one place into another within a moment."""

import torch
from torch import Tensor, nn

from lipgate.core.constants import STATE_WIDTH

WIDTH = 64
DILATIONS = (1, 1, 2)
DROPOUT = 0.2


class Splices(nn.Module):
    """States of Whisper's encoder to the probability of a joint: (n, t, 768) at 50 a second -> (n, t)."""

    def __init__(self) -> None:
        super().__init__()
        self.level = nn.BatchNorm1d(STATE_WIDTH, affine=False)
        self.first = nn.Sequential(nn.Dropout1d(DROPOUT), nn.Conv1d(STATE_WIDTH, WIDTH, 1))
        self.layers = nn.ModuleList(
            nn.Sequential(nn.BatchNorm1d(WIDTH), nn.ReLU(), nn.Conv1d(WIDTH, WIDTH, 5, padding=2 * dilation, dilation=dilation))
            for dilation in DILATIONS
        )
        self.last = nn.Sequential(nn.BatchNorm1d(WIDTH), nn.ReLU(), nn.Dropout(DROPOUT), nn.Conv1d(WIDTH, 1, 3, padding=1))

    def logits(self, states: Tensor) -> Tensor:
        """The same before the logistic, which is what training wants."""
        x = self.first(self.level(states.transpose(1, 2)))
        for layer in self.layers:
            x = x + layer(x)
        return self.last(x).squeeze(1)

    def forward(self, states: Tensor) -> Tensor:
        return torch.sigmoid(self.logits(states))
