"""A small project with weights and a folder of its operator.

Conversion is replaced by a quick stand-in here; see `test_convert` and, with whole networks, `test_reference_networks`.
"""

import hashlib
import json
import sys
from pathlib import Path

import pytest

from lipgate.core.errors import LipgateError
from lipgate.core.settings import settings
from lipgate.core.weights import install

ORIGINAL = b"what the authors published"
FOREIGN = b"what somebody else has made"


@pytest.fixture
def home(tmp_path, monkeypatch) -> Path:
    """An empty weights folder of the operator."""
    for name in ("MODEL_PATH", "DETECTOR_PATH", "ALLOW_UNVERIFIED_WEIGHTS"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(f"LIPGATE_{name}", raising=False)
    return set_variable(monkeypatch, "LIPGATE_WEIGHTS_DIR", tmp_path / "home")


@pytest.fixture
def project(tmp_path, monkeypatch) -> Path:
    """A weights folder of a project like this one, frozen by PyInstaller, with small files."""
    folder = tmp_path / "bundle" / "weights"
    folder.mkdir(parents=True)
    (folder / "tiny.onnx").write_bytes(b"an embedded network")
    manifest = {
        "schema": 1,
        "files": {"syncnet_v2": {**facts(ORIGINAL), "file": "syncnet_v2.model", "origin": "elsewhere", "licence": "theirs"}},
        "models": {
            "mini": {"kind": "sync", "version": "0"},
            "syncnet": {
                "kind": "sync",
                "version": "v2",
                "source": "syncnet_v2",
                "official": True,
                "calibration": {"midpoint": 6.2, "scale": 1.65},
            },
        },
    }
    (folder / "manifest.json").write_text(json.dumps(manifest))
    monkeypatch.setattr(sys, "_MEIPASS", str(folder.parent), raising=False)
    return folder


@pytest.fixture
def converted(project, monkeypatch) -> None:
    """The small project, and conversion that takes no time: the parts are named copies of the original."""

    def quick(content: bytes, name: str, folder: Path) -> dict[str, Path]:
        parts = {"source": folder / f"{name}.safetensors", "lip": folder / "lip.onnx"}
        for part, path in parts.items():
            path.write_bytes(part.encode() + content)
        return parts

    monkeypatch.setattr(install, "convert", quick)


@pytest.fixture(autouse=True)
def _fresh_settings():
    settings.cache_clear()
    yield
    settings.cache_clear()


def set_variable(monkeypatch, name: str, value: object) -> object:
    monkeypatch.setenv(name, str(value))
    settings.cache_clear()
    return value


def facts(content: bytes) -> dict:
    return {"sha256": hashlib.sha256(content).hexdigest(), "bytes": len(content)}


def file_with(folder: Path, content: bytes, name: str = "syncnet_v2.model") -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / name).write_bytes(content)
    return folder / name


def code_of(function, *args, **options) -> str:
    with pytest.raises(LipgateError) as caught:
        function(*args, **options)
    return caught.value.code
