"""`mouth`, a tiny network that tells whether something covers the mouth: a mask, a hand, a phone."""

import torch
from torch import Tensor, nn

CROP_SIDE = 64
"""Side of the grey mouth crop the network sees, in pixels."""

CHANNELS = (16, 32, 48, 64)
"""Of the convolutions, each of which halves the picture."""

DROPOUT = 0.3


def _conv(inputs: int, outputs: int, kernel: int) -> nn.Sequential:
    return nn.Sequential(
        nn.Conv2d(inputs, outputs, kernel, stride=2, padding=kernel // 2, bias=False), nn.BatchNorm2d(outputs), nn.ReLU()
    )


class Visibility(nn.Module):
    """Mouth crops to the probability that the mouth is covered: (n, 64, 64), grey 0 to 255 -> (n,)."""

    def __init__(self) -> None:
        super().__init__()
        first, *others = CHANNELS
        self.convs = nn.Sequential(
            _conv(1, first, 5), *(_conv(before, after, 3) for before, after in zip(CHANNELS[:-1], others, strict=True))
        )
        self.drop = nn.Dropout(DROPOUT)
        self.head = nn.Linear(CHANNELS[-1] * (CROP_SIDE // 2 ** len(CHANNELS)) ** 2, 1)

    def logits(self, crops: Tensor) -> Tensor:
        """The same before the logistic, which is what training wants."""
        # Light and camera contrast go out first, as in `lipgate.core.nets.mini`.
        x = crops - crops.mean(dim=(1, 2), keepdim=True)
        x = x / (x.square().mean(dim=(1, 2), keepdim=True).sqrt() + 8.0)
        return self.head(self.drop(self.convs(x.unsqueeze(1)).flatten(1))).squeeze(1)

    def forward(self, crops: Tensor) -> Tensor:
        return torch.sigmoid(self.logits(crops))
