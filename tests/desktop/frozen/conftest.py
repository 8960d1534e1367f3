"""The frozen program that `.ci/freeze` builds, in dist/lipgate or where LIPGATE_FROZEN says, and the places it is run in."""

import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.desktop.frozen.running import ODD_NAME, SAMPLES

PROJECT = Path(__file__).parents[3]


@pytest.fixture(scope="session")
def frozen() -> Path:
    """The program's folder, as it was built."""
    named = os.environ.get("LIPGATE_FROZEN")
    folder = Path(named) if named else PROJECT / "dist" / "lipgate"
    if not (folder / "lipgate").is_file():
        if named:
            pytest.fail(f"LIPGATE_FROZEN is {named}, where no program is")
        pytest.skip("the frozen program has not been built: .ci/freeze")
    return folder.resolve()


@pytest.fixture(scope="session")
def place(frozen: Path) -> Iterator[Path]:
    """A folder that every user may look into, with the program as `Estación 1 出/lip gate` and a clip with an odd name."""
    folder = Path(tempfile.mkdtemp(prefix="lipgate-frozen-"))
    folder.chmod(0o755)
    try:
        copy_of(frozen, folder / "Estación 1 出" / "lip gate")
        shutil.copy(SAMPLES / "in_sync.mp4", folder / ODD_NAME)
        (folder / "bad.mp4").write_text("not a video")
        yield folder
    finally:
        shutil.rmtree(folder)


@pytest.fixture
def program(place: Path) -> Path:
    """The program in that folder."""
    return place / "Estación 1 出" / "lip gate" / "lipgate"


def copy_of(source: Path, target: Path) -> Path:
    """A copy of the program: links to its files where the file system allows, so that it costs nothing."""
    target.parent.mkdir(parents=True, exist_ok=True)
    try:
        shutil.copytree(source, target, symlinks=True, copy_function=os.link)
    except (OSError, shutil.Error):
        shutil.rmtree(target, ignore_errors=True)
        shutil.copytree(source, target, symlinks=True)
    return target
