"""The SyncNet networks (Chung & Zisserman 2016, section 2), laid out as `syncnet_v2.model` stores them.

Reference: class `S` of joonson/syncnet_python (`forward_lip`, `forward_aud`).
"""

from torch import Tensor, nn
from torch.nn import functional

from lipgate.core.constants import WINDOW_FRAMES

WIDTH = 1024
"""Numbers in one embedding."""


def _conv(dims: int, inputs: int, outputs: int, kernel: tuple[int, ...], *, stride: int = 1, padding: int = 0) -> list[nn.Module]:
    """Convolution, normalisation and ReLU. In three dimensions only the picture is strided and padded, never the time."""
    if dims == 3:
        conv: nn.Module = nn.Conv3d(inputs, outputs, kernel, (1, stride, stride), (0, padding, padding))
        return [conv, nn.BatchNorm3d(outputs), nn.ReLU()]
    return [nn.Conv2d(inputs, outputs, kernel, stride, padding), nn.BatchNorm2d(outputs), nn.ReLU()]


def _pool3d(padding: int) -> nn.Module:
    return nn.MaxPool3d((1, 3, 3), (1, 2, 2), (0, padding, padding))


def _head() -> nn.Sequential:
    return nn.Sequential(nn.Linear(512, 512), nn.BatchNorm1d(512), nn.ReLU(), nn.Linear(512, WIDTH))


def _in_two_dimensions(layer: nn.Module, x: Tensor) -> Tensor:
    """Run a three-dimensional layer on (n, channels * time, height, width).

    The first kernel covers all five frames and the others one, so time can be folded into the channels. The numbers stay the
    same; on CPU it takes two thirds of the time, because two-dimensional convolutions are the better tuned ones.
    """
    if isinstance(layer, nn.Conv3d):
        return functional.conv2d(x, layer.weight.flatten(1, 2), layer.bias, layer.stride[1:], layer.padding[1:])
    if isinstance(layer, nn.BatchNorm3d):
        mean, variance = layer.running_mean, layer.running_var
        return functional.batch_norm(x, mean, variance, layer.weight, layer.bias, training=False, eps=layer.eps)
    if isinstance(layer, nn.MaxPool3d):
        return functional.max_pool2d(x, layer.kernel_size[1:], layer.stride[1:], layer.padding[1:])
    return layer(x)


class SyncNet(nn.Module):
    """Two towers that put five frames of a mouth and 0.2 s of sound into one space. For inference: `lip` never trains."""

    def __init__(self) -> None:
        super().__init__()
        self.netcnnaud = nn.Sequential(
            *_conv(2, 1, 64, (3, 3), padding=1),
            nn.MaxPool2d(1, 1),  # does nothing, but holds index 3 of the stored layers
            *_conv(2, 64, 192, (3, 3), padding=1),
            nn.MaxPool2d(3, (1, 2)),
            *_conv(2, 192, 384, (3, 3), padding=1),
            *_conv(2, 384, 256, (3, 3), padding=1),
            *_conv(2, 256, 256, (3, 3), padding=1),
            nn.MaxPool2d(3, 2),
            *_conv(2, 256, 512, (5, 4)),
        )
        self.netfcaud = _head()
        self.netfclip = _head()
        self.netcnnlip = nn.Sequential(
            *_conv(3, 3, 96, (WINDOW_FRAMES, 7, 7), stride=2),
            _pool3d(0),
            *_conv(3, 96, 256, (1, 5, 5), stride=2, padding=1),
            _pool3d(1),
            *_conv(3, 256, 256, (1, 3, 3), padding=1),
            *_conv(3, 256, 256, (1, 3, 3), padding=1),
            *_conv(3, 256, 256, (1, 3, 3), padding=1),
            _pool3d(0),
            *_conv(3, 256, 512, (1, 6, 6)),
        )

    def lip(self, frames: Tensor) -> Tensor:
        """Embed windows of five pictures.

        Args:
            frames: float32 (n, 3, 5, 224, 224): BGR planes, time, height, width; values 0 to 255.

        Returns:
            float32 (n, 1024).
        """
        planes = frames.flatten(1, 2)
        for layer in self.netcnnlip:
            planes = _in_two_dimensions(layer, planes)
        return self.netfclip(planes.flatten(1))

    def audio(self, mfcc: Tensor) -> Tensor:
        """Embed windows of twenty columns of sound features.

        Args:
            mfcc: float32 (n, 1, 13, 20): cepstral coefficients by time in steps of 10 ms.

        Returns:
            float32 (n, 1024).
        """
        return self.netfcaud(self.netcnnaud(mfcc).flatten(1))
