"""Two puppets to make attacks of: a face that speaks, and another voice beside it."""

from collections.abc import Callable
from pathlib import Path

import pytest

pytest.importorskip("skimage", reason="puppet videos are made of a photograph in scikit-image")

from training.attacks import Footage, read

MakePuppet = Callable[..., Path]

SMALL = {"size": (240, 180), "face_px": 110, "preset": "ultrafast"}


@pytest.fixture(scope="session")
def clip(puppet: MakePuppet) -> Footage:
    """Somebody who speaks for three seconds."""
    return read(puppet(seconds=3.0, start=6.0, **SMALL), "one/clip.mp4")


@pytest.fixture(scope="session")
def other(puppet: MakePuppet) -> Footage:
    """Somebody else, by other words and other motion."""
    return read(puppet(seconds=3.2, start=20.0, seed=3, **SMALL), "two/clip.mp4")
