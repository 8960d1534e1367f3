"""`mini`, Lipgate's own sync network: two small branches that embed mouths and sound into one space.

The sound is heard by Whisper's encoder (`core.nets.whisper`), which is frozen; the audio branch here learns on its states.
Both branches are convolutions over time, so a whole clip is embedded in one pass and neighbours share their work.
"""

import torch
from torch import Tensor, nn
from torch.nn import functional

from lipgate.core.constants import STATE_WIDTH, STATES_PER_FRAME, WINDOW_FRAMES

CROP_SIDE = 64
"""Side of the grey mouth crop the network sees, in pixels."""

WIDTH = 192
EMBEDDING = 128
DILATIONS = (1, 2, 2)
"""Of the residual convolutions of width 3 over time. An embedding sees their sum of windows at each side of its own."""

DROPOUT = 0.2


class Temporal(nn.Module):
    """Residual convolutions over time, (n, WIDTH, t) -> (n, t, EMBEDDING), all of length `length`."""

    def __init__(self) -> None:
        super().__init__()
        self.layers = nn.ModuleList(
            nn.Sequential(
                nn.Conv1d(WIDTH, WIDTH, 3, padding=dilation, dilation=dilation, bias=False),
                nn.BatchNorm1d(WIDTH),
                nn.ReLU(),
                nn.Dropout(DROPOUT),
            )
            for dilation in DILATIONS
        )
        self.head = nn.Linear(WIDTH, EMBEDDING)
        # One in training; export sets it so that distances stand on SyncNet's scale.
        self.register_buffer("length", torch.ones(()))

    def forward(self, x: Tensor) -> Tensor:
        for layer in self.layers:
            x = x + layer(x)
        return functional.normalize(self.head(x.transpose(1, 2)), dim=-1) * self.length


def _conv(inputs: int, outputs: int, kernel: int, stride: int | tuple[int, int]) -> nn.Sequential:
    return nn.Sequential(
        nn.Conv2d(inputs, outputs, kernel, stride, padding=kernel // 2, bias=False), nn.BatchNorm2d(outputs), nn.ReLU()
    )


class VideoBranch(nn.Module):
    """Mouth crops to embeddings: (n, t, 64, 64), grey 0 to 255 -> (n, t - 4, 128)."""

    def __init__(self) -> None:
        super().__init__()
        self.convs = nn.Sequential(_conv(WINDOW_FRAMES, 32, 5, 2), _conv(32, 64, 3, 2), _conv(64, 96, 3, 2), _conv(96, 128, 3, 2))
        self.project = nn.Sequential(
            nn.Linear(128 * (CROP_SIDE // 16) ** 2, WIDTH, bias=False), nn.BatchNorm1d(WIDTH), nn.ReLU(), nn.Dropout(DROPOUT)
        )
        self.temporal = Temporal()

    def forward(self, crops: Tensor) -> Tensor:
        batch, frames = crops.shape[0], crops.shape[1]
        windows = frames - (WINDOW_FRAMES - 1)
        # Light and camera contrast go out before the first convolution; the constant keeps a covered lens dark.
        x = crops - crops.mean(dim=(2, 3), keepdim=True)
        x = x / (x.square().mean(dim=(2, 3), keepdim=True).sqrt() + 8.0)
        stacked = torch.stack([x[:, shift : windows + shift] for shift in range(WINDOW_FRAMES)], dim=2)
        x = self.convs(stacked.reshape(batch * windows, WINDOW_FRAMES, CROP_SIDE, CROP_SIDE))
        x = self.project(x.flatten(1)).reshape(batch, windows, WIDTH)
        return self.temporal(x.transpose(1, 2))


class AudioBranch(nn.Module):
    """States of Whisper's encoder to embeddings: (n, 2 t, 768) -> (n, t - 4, 128)."""

    def __init__(self) -> None:
        super().__init__()
        self.level = nn.BatchNorm1d(STATE_WIDTH)
        self.project = nn.Sequential(
            nn.Conv1d(STATE_WIDTH, WIDTH, 6, stride=STATES_PER_FRAME, padding=2, bias=False),
            nn.BatchNorm1d(WIDTH),
            nn.ReLU(),
            nn.Dropout(DROPOUT),
        )
        self.temporal = Temporal()

    def forward(self, states: Tensor) -> Tensor:
        x = self.project(self.level(states.transpose(1, 2)))
        return self.temporal(x[:, :, WINDOW_FRAMES // 2 : x.shape[2] - WINDOW_FRAMES // 2])


class Mini(nn.Module):
    """Both branches."""

    def __init__(self) -> None:
        super().__init__()
        self.video = VideoBranch()
        self.audio = AudioBranch()
