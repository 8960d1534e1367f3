"""The API in process, with a folder of its own and, unless a test asks for a real one, a scorer that only counts."""

import copy
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("fastapi", reason="the API is an extra: ./lipgate install api")
pytest.importorskip("httpx", reason="pip install 'lipgate[test]'")

from starlette.testclient import TestClient

from lipgate.core.settings import Settings
from lipgate.handlers.adapters.local.assembly import local_services
from lipgate.handlers.domain.keys import new_key
from lipgate.handlers.http.app import create_app
from lipgate.handlers.http.schemas import REPORT_EXAMPLE
from lipgate.handlers.scoring.slots import Scorer
from lipgate.handlers.services import Services
from lipgate.handlers.settings import ServiceSettings

VIDEO = b"\x00\x00\x00\x18ftypmp42 this stands for a video"


@dataclass
class CountingScorer:
    """Stands in for `Scorer.score`."""

    scored: list[bytes] = field(default_factory=list)
    """Content of each video."""
    error: Exception | None = None
    hold: threading.Event = field(default_factory=threading.Event)
    """Cleared: scores wait."""

    def __post_init__(self) -> None:
        self.hold.set()

    def __call__(self, scorer: Scorer, path: Path, deadline: float | None, stop: Any = None, **options: Any) -> dict[str, Any]:
        if told := options.get("on_progress"):
            told(1.0, 5.0)
        self.hold.wait(20)
        if self.error:
            raise self.error
        self.scored.append(path.read_bytes())
        report = copy.deepcopy(REPORT_EXAMPLE)
        del report["session_id"]
        return report


@dataclass
class Api:
    """A running API."""

    client: TestClient
    services: Services
    scorer: CountingScorer
    folder: Path

    def key(self, **limits: Any) -> dict[str, str]:
        """Headers with a new API key."""
        key, text = new_key("test", 1.0, **limits)
        self.services.keys.add(key)
        return {"Authorization": f"Bearer {text}"}

    def videos(self, headers: dict[str, str] | None = None) -> int:
        """Videos in the ledger."""
        return int(self.client.get("/usage", headers=headers).json()["videos"])

    def job(self, headers: dict[str, str] | None = None, **asked: Any) -> dict[str, Any]:
        """A new job."""
        answer = self.client.post("/jobs", json=asked, headers=headers)
        assert answer.status_code == 202, answer.text
        return dict(answer.json())

    def upload(self, headers: dict[str, str] | None = None, video: bytes = VIDEO) -> str:
        """The key of an upload that has been made."""
        ticket = self.client.post("/uploads", json={"content_type": "video/mp4"}, headers=headers).json()
        answer = self.client.post(ticket["url"], data=ticket["fields"], files={"file": ("x.mp4", video, "video/mp4")})
        assert answer.status_code == 204, answer.text
        return str(ticket["upload"])

    def ended(self, job_id: str, headers: dict[str, str] | None = None) -> dict[str, Any]:
        """The job once it is final."""
        while True:
            document = self.client.get(f"/jobs/{job_id}", headers=headers).json()
            if document["state"] in ("done", "failed"):
                return dict(document)


MakeApi = Callable[..., Api]


@pytest.fixture
def counting(monkeypatch: pytest.MonkeyPatch) -> CountingScorer:
    """Takes the place of the scorer."""
    counting = CountingScorer()
    monkeypatch.setattr(Scorer, "score", lambda *arguments, **options: counting(*arguments, **options))  # noqa: PLW0108 - to be bound
    return counting


@pytest.fixture
def make_api(tmp_path: Path, counting: CountingScorer, monkeypatch: pytest.MonkeyPatch) -> Iterator[MakeApi]:
    """A function that starts an API with other settings."""
    stop = []

    def make(core: dict[str, Any] | None = None, **settings: Any) -> Api:
        folder = tmp_path / "videos"
        folder.mkdir(exist_ok=True)
        limits = Settings(_env_file=None, **(core or {}))
        monkeypatch.setattr("lipgate.handlers.services.core_settings", lambda: limits)
        usual = {"data_dir": tmp_path / "data", "upload_dir": folder, "grace_seconds": 1, "score_slots": 2}
        services = local_services(ServiceSettings(_env_file=None, **{**usual, **settings}))
        client = TestClient(create_app(services), raise_server_exceptions=False)
        client.__enter__()
        stop.append(client)
        return Api(client, services, counting, folder)

    yield make
    counting.hold.set()
    for client in stop:
        client.__exit__(None, None, None)


@pytest.fixture
def api(make_api: MakeApi) -> Api:
    """An API with usual settings."""
    return make_api()
