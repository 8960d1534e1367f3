"""A watcher whose time is told and whose scores are counted, and folders of real samples."""

from collections.abc import Callable
from pathlib import Path

import pytest

from lipgate.core.errors import LipgateError
from lipgate.core.settings import settings
from lipgate.desktop.outcome import FileOutcome
from lipgate.desktop.watch.folder import Arrival, WatchedFolder
from lipgate.desktop.watch.loop import Watcher
from lipgate.desktop.watch.results import Results

SAMPLES = Path(__file__).parents[3] / "samples"


class Clock:
    """Seconds that pass when told to."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


class Bench:
    """A watcher whose scores are counted and not computed: `bench.pass_by()` lets time pass and looks once."""

    def __init__(self, folder: Path, results: Path | None = None) -> None:
        self.clock = Clock()
        self.folder = WatchedFolder(folder, settle_s=2.0, clock=self.clock)
        self.results = Results(results or folder, html=False)
        self.scored: list[str] = []
        self.told: list[str] = []
        self.complaints: list[str] = []
        self.during: Callable[[Path], None] = lambda path: None
        self.watcher = Watcher(self.folder, self.results, self.score, self.tell, self.complaints.append)

    def score(self, path: Path) -> FileOutcome:
        self.scored.append(path.name)
        self.during(path)
        return FileOutcome(str(path), error=LipgateError("not_a_video", "No."))

    def tell(self, outcome: FileOutcome, arrival: Arrival) -> None:
        self.told.append(arrival.path.name)

    def pass_by(self, seconds: float = 0.0) -> None:
        self.clock.now += seconds
        look = self.watcher._look()
        if look is not None:
            self.watcher.step(look)


@pytest.fixture(autouse=True)
def _fresh_settings() -> None:
    settings.cache_clear()


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    return Bench(tmp_path)


def grow(path: Path, text: str = "x") -> None:
    with path.open("a") as file:
        file.write(text)


def folder_of(tmp_path: Path, *names: str) -> Path:
    folder = tmp_path / "in"
    folder.mkdir()
    for name in names:
        (folder / name).write_bytes((SAMPLES / "in_sync.mp4").read_bytes())
    return folder
