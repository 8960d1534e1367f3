"""What all tests share: the puppet, and the folder of embedded weights."""

import hashlib
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest


@pytest.fixture(scope="session")
def puppet(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., Path]:
    """A function that makes puppet videos, each once per session.

    `puppet()` is a plain clip in sync; `puppet(offset_frames=-6, suffix=".webm")` names what differs (fields of
    `training.puppet.Puppet`); a ready `Puppet` may come first. The file is shared: do not change it.
    """
    if find_spec("skimage") is None:
        pytest.skip("puppet videos are made of a photograph in scikit-image: pip install 'lipgate[test]'")
    from training.puppet import Puppet, make

    folder = tmp_path_factory.mktemp("puppet")

    def made(spec: Puppet | None = None, suffix: str = ".mp4", **fields: Any) -> Path:
        spec = spec or Puppet(**fields)
        path = folder / f"{hashlib.sha256(repr(spec).encode()).hexdigest()[:16]}{suffix}"
        return path if path.exists() else make(path, spec)

    return made


@pytest.fixture(scope="session")
def weights_dir() -> Path:
    """Folder of the embedded weights."""
    return Path(__file__).parents[1] / "weights"
