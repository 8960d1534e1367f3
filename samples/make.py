"""Make the sample videos again: `python samples/make.py`. They are committed; this says how they came to be."""

import sys
from pathlib import Path

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE.parent))

from training.puppet import Puppet, make  # noqa: E402

SAMPLES = {
    "in_sync.mp4": Puppet(seconds=5.0, crf=21, start=27.0),
    "late_sound.mp4": Puppet(seconds=5.0, crf=21, start=30.0, offset_frames=-6),
    "dubbed.mp4": Puppet(seconds=5.0, crf=21, start=6.0, dubbed=True),
}


def main() -> None:
    """Write every sample beside this file."""
    for name, spec in SAMPLES.items():
        path = make(HERE / name, spec)
        print(f"{name}: {path.stat().st_size / 1000:.0f} kB")


if __name__ == "__main__":
    main()
