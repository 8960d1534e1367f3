"""Moves the factors of batch norms into the matrices before them, so that these can be rounded once and for all."""

from itertools import pairwise

import torch
from torch import nn

_MATRICES = (nn.Conv1d, nn.Conv2d, nn.Linear)
_NORMS = (nn.BatchNorm1d, nn.BatchNorm2d)


@torch.no_grad()  # type: ignore[untyped-decorator]
def fold_batch_norms(net: nn.Module) -> None:
    """Rewrite every matrix that is followed by a batch norm so that the norm's factor is one.

    The network computes the same, in use and in training: the norm's statistics are rewritten along.
    """
    for block in net.modules():
        if not isinstance(block, nn.Sequential):
            continue
        for matrix, norm in pairwise(block):
            if isinstance(matrix, _MATRICES) and isinstance(norm, _NORMS):
                factor = norm.weight / torch.sqrt(norm.running_var + norm.eps)
                matrix.weight.mul_(factor.reshape(-1, *[1] * (matrix.weight.ndim - 1)))
                norm.running_mean.mul_(factor)
                norm.running_var.mul_(factor.square())
                norm.weight.copy_(torch.sqrt(norm.running_var + norm.eps))


@torch.no_grad()  # type: ignore[untyped-decorator]
def round_matrices(net: nn.Module) -> dict[str, torch.Tensor]:
    """Round all matrices to half precision, in which the returned state holds them; vectors stay as they are."""
    state = {name: value.half() if value.ndim > 1 else value.clone() for name, value in net.state_dict().items()}
    net.load_state_dict(state)
    return {name: value.contiguous() for name, value in state.items()}
