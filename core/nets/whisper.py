"""The encoder of Whisper (Radford et al. 2022): what was said, as a network that heard hundreds of thousands of hours knows it.

Size `tiny`: 4 layers, 384 wide, 6 heads. Frozen; `mini` learns on its states. Follows whisper/model.py (`AudioEncoder`).
"""

import torch
from torch import Tensor, nn
from torch.nn import functional

BANDS = 80
WIDTH = 384
HEADS = 6
LAYERS = 4
POSITIONS = 1500
"""Longest input in columns of 20 ms."""

TAPPED = 2
"""The states after this layer are handed on beside the last: sounds are sharper in time there."""


class _Block(nn.Module):
    """One layer: attention over all columns, then two matrices for each."""

    def __init__(self) -> None:
        super().__init__()
        self.attention_norm = nn.LayerNorm(WIDTH)
        self.query_key_value = nn.Linear(WIDTH, 3 * WIDTH)
        self.output = nn.Linear(WIDTH, WIDTH)
        self.mlp_norm = nn.LayerNorm(WIDTH)
        self.widen = nn.Linear(WIDTH, 4 * WIDTH)
        self.narrow = nn.Linear(4 * WIDTH, WIDTH)

    def forward(self, x: Tensor) -> Tensor:
        batch, length, _ = x.shape
        heads = self.query_key_value(self.attention_norm(x)).reshape(batch, length, 3, HEADS, WIDTH // HEADS)
        query, key, value = heads.permute(2, 0, 3, 1, 4)
        mixed = functional.scaled_dot_product_attention(query, key, value).transpose(1, 2).reshape(batch, length, WIDTH)
        x = x + self.output(mixed)
        return x + self.narrow(functional.gelu(self.widen(self.mlp_norm(x))))


class WhisperEncoder(nn.Module):
    """Log-mel columns to states: (n, 80, 2 t) at 100 a second -> (n, t, 768) at 50 a second, t at most 1,500."""

    def __init__(self) -> None:
        super().__init__()
        self.first = nn.Conv1d(BANDS, WIDTH, 3, padding=1)
        self.second = nn.Conv1d(WIDTH, WIDTH, 3, stride=2, padding=1)
        self.positions = nn.Parameter(torch.zeros(POSITIONS, WIDTH))
        self.layers = nn.ModuleList(_Block() for _ in range(LAYERS))
        self.norm = nn.LayerNorm(WIDTH)

    def forward(self, mel: Tensor) -> Tensor:
        x = functional.gelu(self.first(mel))
        x = functional.gelu(self.second(x)).transpose(1, 2)
        x = x + self.positions[: x.shape[1]]
        tapped = x
        for number, layer in enumerate(self.layers, 1):
            x = layer(x)
            if number == TAPPED:
                tapped = x
        return torch.cat([tapped, self.norm(x)], dim=-1)
