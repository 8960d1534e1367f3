"""What all tests share: the puppet, and the folder of embedded weights."""

import hashlib
import os
import subprocess
import tempfile
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest


def pytest_xdist_auto_num_workers() -> int:
    """Processes of `./lipgate test`: one more than cores, since many tests wait, for films that play and servers that start."""
    return (os.cpu_count() or 1) + 1


@pytest.fixture(scope="session")
def puppet(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., Path]:
    """A function that makes puppet videos, each once per session.

    `puppet()` is a plain clip in sync; `puppet(offset_frames=-6, suffix=".webm")` names what differs (fields of
    `training.puppet.Puppet`); a ready `Puppet` may come first. The file is shared: do not change it.
    """
    if find_spec("skimage") is None:
        pytest.skip("puppet videos are made of a photograph in scikit-image: pip install 'lipgate[test]'")
    from training.puppet import Puppet, make

    folder = _common(tmp_path_factory) / "puppet"
    folder.mkdir(exist_ok=True)

    def made(spec: Puppet | None = None, suffix: str = ".mp4", **fields: Any) -> Path:
        spec = spec or Puppet(**fields)
        path = folder / f"{hashlib.sha256(repr(spec).encode()).hexdigest()[:16]}{suffix}"
        if not path.exists():
            with tempfile.TemporaryDirectory(dir=folder) as own:  # two processes of a run may want the same
                make(Path(own) / path.name, spec).replace(path)
        return path

    return made


def _common(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of the whole run, also where several processes share its tests."""
    base = tmp_path_factory.getbasetemp()
    return base.parent if "PYTEST_XDIST_WORKER" in os.environ else base


@pytest.fixture(scope="session")
def on_film(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., Path]:
    """A function that gives ten seconds of somebody who speaks, where recordings lie beside the project.

    `on_film(offset_frames=-4)` brings the sound four frames late.
    """
    clip = Path(__file__).parents[2] / "shared/data/train/heads/X-LANCE+AniTalker/018_pipeline_samples_aiface1-speech4_SR.mp4"
    if not clip.exists():
        pytest.skip("recordings of people are kept beside the project only")
    import imageio_ffmpeg

    folder = tmp_path_factory.mktemp("film")

    def made(offset_frames: int = 0) -> Path:
        path = folder / f"{offset_frames}.mp4"
        if not path.exists():
            late = ["-itsoffset", str(-0.04 * offset_frames), "-i", str(clip)]
            command = ["-v", "error", "-i", str(clip), *late, "-map", "0:v", "-map", "1:a", "-c:v", "copy", "-c:a", "aac"]
            cut = ["-af", "aresample=async=1:first_pts=0", "-t", "10"]
            subprocess.run([imageio_ffmpeg.get_ffmpeg_exe(), *command, *cut, str(path)], check=True)
        return path

    return made


@pytest.fixture(scope="session")
def weights_dir() -> Path:
    """Folder of the embedded weights."""
    return Path(__file__).parents[1] / "weights"
