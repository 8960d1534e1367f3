"""What is tested on a CUDA GPU too, where there is one."""

import pytest
import torch

needs_gpu = pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA GPU")

TORCH_DEVICES = ["cpu", pytest.param("cuda", marks=needs_gpu)]
"""Where PyTorch may run."""
