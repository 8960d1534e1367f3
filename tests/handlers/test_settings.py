"""Settings of the service, and that a start costs little."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from lipgate.core.settings import settings
from lipgate.desktop.cli import main
from lipgate.handlers.settings import ServiceSettings, service_settings


@pytest.fixture(autouse=True)
def _fresh_settings() -> None:
    settings.cache_clear()
    service_settings.cache_clear()


def test_every_setting_of_the_service_is_listed(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("UPLOAD_DIR", "/srv/videos")
    monkeypatch.setenv("LIPGATE_WEBHOOK_SECRET", "hidden")
    assert main(["settings", "--json"]) == 0
    rows = json.loads(capsys.readouterr().out)
    assert {f"LIPGATE_{name.upper()}" for name in ServiceSettings.model_fields} <= set(rows)
    assert rows["LIPGATE_UPLOAD_DIR"]["value"] == "/srv/videos"
    assert rows["LIPGATE_WEBHOOK_SECRET"]["value"] == "(set)"
    assert all(row["meaning"] for row in rows.values())


def test_a_setting_out_of_range_is_named(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LIPGATE_MAX_QUEUE", "0")
    assert main(["settings"]) == 2
    assert "LIPGATE_MAX_QUEUE" in capsys.readouterr().err


def test_the_app_answers_without_the_libraries_of_a_score(tmp_path: Path) -> None:
    """A thin function must start fast: nothing that computes is imported for /health, /jobs and /uploads."""
    code = f"""
import sys
from pathlib import Path
from lipgate.handlers.http.app import create_app
from lipgate.handlers.adapters.local.assembly import local_services
from lipgate.handlers.settings import ServiceSettings
from starlette.testclient import TestClient
services = local_services(ServiceSettings(_env_file=None, data_dir=Path({str(tmp_path)!r}), workers=0))
with TestClient(create_app(services)) as client:
    assert client.get("/health").json()["models_loaded"] is True
    assert client.post("/uploads", json={{}}).status_code == 201
    assert client.get("/jobs/x").status_code == 404
print([name for name in ("torch", "onnxruntime", "cv2", "lipgate.desktop") if name in sys.modules])
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.stdout.strip() == "[]", done.stdout + done.stderr
