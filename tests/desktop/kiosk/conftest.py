"""The kiosk in process, with a folder of its own and a scorer that says what a test wants."""

import contextlib
import copy
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("fastapi", reason="the kiosk is an extra: ./lipgate install kiosk")
pytest.importorskip("httpx", reason="pip install 'lipgate[test]'")

from starlette.testclient import TestClient

from lipgate.core.limits import Limits
from lipgate.core.settings import Settings
from lipgate.desktop.kiosk.app import assembled
from lipgate.desktop.kiosk.guard import Doorkeeper
from lipgate.desktop.kiosk.sessions import Heard
from lipgate.desktop.kiosk.settings import KioskSettings
from lipgate.desktop.kiosk.station import Station
from lipgate.handlers.scoring.slots import Scorer
from lipgate.handlers.settings import ServiceSettings

AUTHORITY = "127.0.0.1:4711"
ORIGIN = f"http://{AUTHORITY}"
RECORDING = {"content": b"\x1aE\xdf\xa3 this stands for a recording", "headers": {"Content-Type": "video/webm;codecs=vp8,opus"}}


def track(number: int = 0, start: float = 0.0, end: float = 5.0, face_px: float = 120.0) -> dict[str, Any]:
    """A track of a report."""
    return {
        **{"track": number, "start_s": start, "end_s": end, "box": [0, 0, 9, 9], "face_px": face_px, "reason": None},
        **{"offset_frames": 0, "confidence": 5.0, "min_dist": 9.0, "score": 0.97},
        **{"curve": [12.0 - abs(k - 15) / 5 for k in range(31)], "framewise_confidence": [5.0] * 100},
    }


def report(decision: str = "ALLOW", reason: str | None = None, *others: dict[str, Any], **values: Any) -> dict[str, Any]:
    """A report with the fields the kiosk looks at."""
    unjudged = reason is not None and "score" not in values and reason != "out_of_sync"
    tracks = [] if unjudged else [track(), *others]
    judged = {"offset_frames": 0, "confidence": 5.0, "min_dist": 9.0, "score": 0.97}
    return {
        **(dict.fromkeys(judged) if unjudged else judged),
        **{"decision": decision, "reason": reason, "processing_time_ms": 400, "device": "cpu"},
        "video": {"duration_s": 5.0, "sound_s": 5.0},
        "model": {"name": "mini", "version": "2.0", "sha256": "c1b4", "verified": True},
        "debug": {"speaker_track": None if unjudged else 0, "all_results": tracks, "num_results": len(tracks)},
        **values,
    }


@dataclass
class Script:
    """What the scorer and the recogniser say, one recording after another; the last goes on."""

    says: list[dict[str, Any] | Exception] = field(default_factory=lambda: [report()])
    hears: list[Heard | Exception] = field(default_factory=lambda: [Heard(("1",), matches=True)])
    """Empty: no recogniser works."""
    knows: tuple[str, ...] = ("es", "en")
    """Languages of the recogniser."""
    limits: list[Limits] = field(default_factory=list)
    """What each recording was judged by."""

    def score(self, path: Path, deadline: float | None, *_: Any, limits: Limits | None = None) -> dict[str, Any]:
        """Stands in for `Scorer.score`."""
        assert path.read_bytes() == RECORDING["content"]
        assert limits is not None
        self.limits.append(limits)
        return copy.deepcopy(_next(self.says))

    def can_hear(self, language: str) -> bool:
        """Stands in for `Hearing.available`."""
        return bool(self.hears) and language in self.knows

    def listen(self, *_: Any) -> Heard:
        """Stands in for `Hearing.listen`."""
        return _next(self.hears)


def _next(lines: list[Any]) -> Any:
    line = lines.pop(0) if len(lines) > 1 else lines[0]
    if isinstance(line, Exception):
        raise line
    return line


@dataclass
class RunningKiosk:
    """A kiosk and its browser."""

    client: TestClient
    station: Station
    doorkeeper: Doorkeeper
    script: Script
    folder: Path

    def start(self, language: str = "en") -> dict[str, Any]:
        """A new session."""
        answer = self.client.post("/api/sessions", json={"language": language})
        assert answer.status_code == 201, answer.text
        return dict(answer.json())

    def attempt(self, session: dict[str, Any], **changes: Any) -> Any:
        """A recording for the challenge of a session: the answer."""
        place = f"/api/sessions/{session['id']}/attempts"
        return self.client.post(place, params={"challenge": session["challenge"]["id"]}, **{**RECORDING, **changes})

    def log_in(self, pin: str = "2468") -> None:
        """Set the operator's PIN and use it."""
        from lipgate.desktop.kiosk.pin import set_pin

        set_pin(self.station.store, pin, 1.0)
        assert self.client.post("/api/operator/login", json={"pin": pin}).status_code == 204

    def operator(self, place: str, **query: Any) -> Any:
        """What the operator page gets."""
        answer = self.client.get(f"/api/operator/{place}", params=query)
        assert answer.status_code == 200, answer.text
        return answer.json()


MakeKiosk = Callable[..., RunningKiosk]


@pytest.fixture
def make_kiosk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[MakeKiosk]:
    """A function that starts a kiosk with other settings. Its browser has used the link."""
    script, core = Script(), dict[str, Any]()
    monkeypatch.setattr(Scorer, "score", script.score)
    monkeypatch.setattr("lipgate.desktop.kiosk.hearing.Hearing.available", lambda _, language: script.can_hear(language))
    monkeypatch.setattr("lipgate.desktop.kiosk.hearing.Hearing.listen", script.listen)
    monkeypatch.setattr("lipgate.handlers.services.core_settings", lambda: Settings(_env_file=None, **core))
    monkeypatch.setattr("lipgate.desktop.kiosk.app.service_settings", lambda: ServiceSettings(_env_file=None))

    with contextlib.ExitStack() as stack:

        def make(*, enter: bool = True, core_settings: dict[str, Any] | None = None, **settings: Any) -> RunningKiosk:
            core.update(core_settings or {})
            doorkeeper = Doorkeeper()
            chosen = KioskSettings(_env_file=None, **{"dir": tmp_path, **settings})
            made = stack.enter_context(assembled(chosen, doorkeeper, AUTHORITY))
            client = stack.enter_context(TestClient(made.app, base_url=ORIGIN, raise_server_exceptions=False))
            client.headers["Origin"] = ORIGIN
            if enter:
                assert client.get("/", params={"token": doorkeeper.new_token()}, follow_redirects=False).status_code == 303
            return RunningKiosk(client, made.station, doorkeeper, script, tmp_path)

        yield make


@pytest.fixture
def kiosk(make_kiosk: MakeKiosk) -> RunningKiosk:
    """A kiosk with usual settings."""
    return make_kiosk()
