"""`python -m bench.speed.random_weights`: installs a SyncNet with random weights, to time where the official ones are not."""

import sys
import tempfile
from pathlib import Path

import torch

from lipgate.core.nets.syncnet import SyncNet
from lipgate.core.weights.install import import_file


def main() -> int:
    """Make and install them where LIPGATE_WEIGHTS_DIR says."""
    torch.manual_seed(0)
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "random.model"
        torch.save(SyncNet().eval().state_dict(), file)
        import_file(file, "syncnet")
    return 0


if __name__ == "__main__":
    sys.exit(main())
