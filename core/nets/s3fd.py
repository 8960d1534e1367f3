"""The S3FD face detector network (Zhang et al. 2017, "Single Shot Scale-invariant Face Detector"), as `sfd_face.pth` stores it.

Reference: `S3FDNet` of joonson/syncnet_python, detectors/s3fd/nets.py. Turning the heads into boxes is `lipgate.core.faces.s3fd`.
"""

import torch
from torch import Tensor, nn
from torch.nn import functional

LEVELS = 6
"""Resolutions the heads look at: every 4, 8, 16, 32, 64 and 128 pixels."""

S3FD_OUTPUTS = tuple(f"{head}{level}" for head in ("loc", "conf") for level in range(LEVELS))
"""Names of what the network returns."""

_STAGES = ((64, 64), (128, 128), (256, 256, 256), (512, 512, 512), (512, 512, 512))
"""Channels of the VGG-16 convolutions; every stage ends in a pooling."""

_TAPS = {15: "L2Norm3_3", 22: "L2Norm4_3", 29: "L2Norm5_3"}
"""Layers of `vgg` whose normalised result feeds a head (the last ReLU before the third, fourth and fifth pooling)."""


class L2Norm(nn.Module):
    """Scales every position to unit length across channels, then each channel by a learned weight."""

    def __init__(self, channels: int, scale: float) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.full((channels,), scale))

    def forward(self, x: Tensor) -> Tensor:
        """(n, channels, height, width) to the same shape."""
        length = x.pow(2).sum(dim=1, keepdim=True).sqrt() + 1e-10
        return self.weight[:, None, None] * (x / length)


def _vgg() -> list[nn.Module]:
    layers: list[nn.Module] = []
    channels = 3
    for number, stage in enumerate(_STAGES):
        for width in stage:
            layers += [nn.Conv2d(channels, width, 3, padding=1), nn.ReLU()]
            channels = width
        layers.append(nn.MaxPool2d(2, 2, ceil_mode=number == 2))
    layers += [nn.Conv2d(channels, 1024, 3, padding=6, dilation=6), nn.ReLU(), nn.Conv2d(1024, 1024, 1), nn.ReLU()]
    return layers


class S3FD(nn.Module):
    """VGG-16 with a box head and a face/background head at six resolutions."""

    def __init__(self) -> None:
        super().__init__()
        self.vgg = nn.ModuleList(_vgg())
        self.L2Norm3_3 = L2Norm(256, 10.0)
        self.L2Norm4_3 = L2Norm(512, 8.0)
        self.L2Norm5_3 = L2Norm(512, 5.0)
        self.extras = nn.ModuleList(
            [
                nn.Conv2d(1024, 256, 1),
                nn.Conv2d(256, 512, 3, stride=2, padding=1),
                nn.Conv2d(512, 128, 1),
                nn.Conv2d(128, 256, 3, stride=2, padding=1),
            ]
        )
        widths = (256, 512, 512, 1024, 512, 256)
        self.loc = nn.ModuleList([nn.Conv2d(width, 4, 3, padding=1) for width in widths])
        # The finest level has three background scores, of which the largest counts (section 3.3 of the paper).
        self.conf = nn.ModuleList([nn.Conv2d(width, 4 if level == 0 else 2, 3, padding=1) for level, width in enumerate(widths)])

    def forward(self, image: Tensor) -> list[Tensor]:
        """Score every position of a picture.

        Args:
            image: float32 (1, 3, height, width), RGB planes with (123, 117, 104) subtracted; both sides at least 32.

        Returns:
            Six box heads (1, 4, h, w), then six score heads (1, 2, h, w): background and face, before softmax.
        """
        sources = []
        x = image
        for index, layer in enumerate(self.vgg):
            x = layer(x)
            if index in _TAPS:
                sources.append(getattr(self, _TAPS[index])(x))
        sources.append(x)
        for index, layer in enumerate(self.extras):
            x = functional.relu(layer(x))
            if index % 2 == 1:
                sources.append(x)
        boxes = [head(source) for head, source in zip(self.loc, sources, strict=True)]
        scores = [head(source) for head, source in zip(self.conf, sources, strict=True)]
        scores[0] = torch.cat((scores[0][:, :3].amax(dim=1, keepdim=True), scores[0][:, 3:]), dim=1)
        return boxes + scores
