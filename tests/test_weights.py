"""The manifest, the store of weights, their installation and the `weights` command.

Conversion is replaced by a quick stand-in here; see `test_convert` and, with whole networks, `test_reference_networks`.
"""

import argparse
import hashlib
import json
import os
import sys
from pathlib import Path

import pytest

from core import runtime
from core.calibration import Calibration
from core.errors import DeviceError, LipgateError, OutputError
from core.settings import settings
from core.weights import install, installed
from core.weights.install import fetch, import_file
from core.weights.manifest import load_manifest, record_file, record_model, weights_folder
from core.weights.store import available, find, verify
from desktop import weights_command

ORIGINAL = b"what the authors published"
FOREIGN = b"what somebody else has made"


@pytest.fixture
def home(tmp_path, monkeypatch) -> Path:
    """An empty weights folder of the operator."""
    for name in ("MODEL_PATH", "DETECTOR_PATH", "ALLOW_UNVERIFIED_WEIGHTS"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(f"LIPGATE_{name}", raising=False)
    return _set(monkeypatch, "LIPGATE_WEIGHTS_DIR", tmp_path / "home")


@pytest.fixture
def project(tmp_path, monkeypatch) -> Path:
    """A weights folder of a project like this one, frozen by PyInstaller, with small files."""
    folder = tmp_path / "bundle" / "weights"
    folder.mkdir(parents=True)
    (folder / "tiny.onnx").write_bytes(b"an embedded network")
    manifest = {
        "schema": 1,
        "files": {"syncnet_v2": {**_facts(ORIGINAL), "file": "syncnet_v2.model", "origin": "elsewhere", "licence": "theirs"}},
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


def _set(monkeypatch, name: str, value: object) -> object:
    monkeypatch.setenv(name, str(value))
    settings.cache_clear()
    return value


def _facts(content: bytes) -> dict:
    return {"sha256": hashlib.sha256(content).hexdigest(), "bytes": len(content)}


def _file(folder: Path, content: bytes, name: str = "syncnet_v2.model") -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / name).write_bytes(content)
    return folder / name


def _code(function, *args, **options) -> str:
    with pytest.raises(LipgateError) as caught:
        function(*args, **options)
    return caught.value.code


# --- manifest ---------------------------------------------------------------------------------------------------------------


def test_every_embedded_file_is_what_the_manifest_says():
    problems = [check for check in verify() if check.problem and (check.name != "mini" or load_manifest().models["mini"].source)]
    assert problems == []


def test_official_files_are_those_of_the_design():
    files = load_manifest().files
    assert (files["syncnet_v2"].bytes, files["syncnet_v2"].sha256[:12]) == (54_573_114, "961e8696f888")
    assert (files["sfd_face"].bytes, files["sfd_face"].sha256[:12]) == (89_844_381, "d54a87c2b754")


def test_embedded_files_come_with_their_licence():
    for file in load_manifest().files.values():
        if file.licence == "MIT" and file.licence_file:
            text = (weights_folder() / file.licence_file).read_text()
            assert "MIT License" in text
            assert "Copyright (c)" in text


def test_recording_a_trained_model(project):
    assert _code(find, "mini") == "weights_missing"
    for name in ("mini.safetensors", "mini_video.onnx"):
        (project / name).write_bytes(name.encode())
        record_file(name.partition(".")[0], name, origin="this project", licence="MIT")
    calibration = Calibration(1.5, 0.25)
    record_model("mini", version="1", source="mini", branches={"video": "mini_video"}, calibration=calibration)
    once = (project / "manifest.json").read_bytes()
    record_model("mini", calibration=calibration)
    assert (project / "manifest.json").read_bytes() == once

    bundle = find("mini")
    assert (bundle.version, bundle.calibration, bundle.verified) == ("1", calibration, True)
    assert bundle.sha256 == hashlib.sha256(b"mini.safetensors").hexdigest()
    assert bundle.read_source() == b"mini.safetensors"
    assert bundle.read_branch("video") == b"mini_video.onnx"
    assert _code(record_model, "maxi", version="1") == "weights_unknown"


def test_damaged_manifest_is_named(project):
    (project / "manifest.json").write_text("{")
    assert _code(load_manifest) == "weights_unreadable"


def test_altered_embedded_file_is_never_handed_out(project):
    (project / "mini.safetensors").write_bytes(b"trained")
    record_file("mini", "mini.safetensors", origin="this project", licence="MIT")
    record_model("mini", source="mini")
    (project / "mini.safetensors").write_bytes(b"altered")
    assert _code(find("mini").read_source) == "weights_mismatch"
    (project / "mini.safetensors").unlink()
    assert _code(find("mini").read_source) == "weights_missing"


# --- import -----------------------------------------------------------------------------------------------------------------


def test_import_then_find(home, converted, tmp_path):
    import_file(_file(tmp_path, ORIGINAL), "syncnet")
    bundle = find("syncnet")
    assert bundle.verified
    assert bundle.sha256 == hashlib.sha256(ORIGINAL).hexdigest()
    assert bundle.read_source() == b"source" + ORIGINAL
    assert bundle.read_branch("lip") == b"lip" + ORIGINAL
    [row] = [row for row in available() if row.name == "syncnet"]
    assert (row.state, row.verified, row.bytes) == ("installed", True, len(ORIGINAL))


@pytest.mark.parametrize("content", [FOREIGN, ORIGINAL[::-1]], ids=["another size", "another hash"])
def test_foreign_file_needs_the_operators_word(home, converted, tmp_path, monkeypatch, content):
    file = _file(tmp_path, content)
    assert _code(import_file, file, "syncnet") == "weights_mismatch"
    assert not home.exists()

    _set(monkeypatch, "LIPGATE_ALLOW_UNVERIFIED_WEIGHTS", 1)
    import_file(file, "syncnet")
    assert not find("syncnet").verified

    _set(monkeypatch, "LIPGATE_ALLOW_UNVERIFIED_WEIGHTS", 0)
    assert _code(find, "syncnet") == "weights_mismatch"
    assert [check.problem for check in verify() if check.name == "syncnet" and check.problem] != []


def test_altered_installation_is_never_handed_out(home, converted, tmp_path):
    import_file(_file(tmp_path, ORIGINAL), "syncnet")
    bundle = find("syncnet")
    bundle.branches["lip"].path.write_bytes(b"altered")
    assert _code(bundle.read_branch, "lip") == "weights_mismatch"
    assert [check.file for check in verify() if check.name == "syncnet" and check.problem] == ["lip.onnx"]


def test_importing_again_leaves_one_installation(home, converted, tmp_path):
    file = _file(tmp_path, ORIGINAL)
    first = import_file(file, "syncnet")
    second = import_file(file, "syncnet")
    assert not first.folder.exists()
    assert sorted(path.name for path in (home / "syncnet").iterdir()) == sorted(["installed.json", second.folder.name])


@pytest.mark.parametrize("victim", ["convert", "sync_file", "write_installed"])
def test_a_crash_leaves_the_former_installation_working(home, converted, tmp_path, monkeypatch, victim):
    file = _file(tmp_path, ORIGINAL)
    import_file(file, "syncnet")

    def crash(*args, **options):
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(install, victim, crash)
        with pytest.raises(KeyboardInterrupt):
            import_file(file, "syncnet")
    assert find("syncnet").read_branch("lip") == b"lip" + ORIGINAL
    assert len(list((home / "syncnet").iterdir())) == 2


def test_leftovers_of_a_crash_are_removed_when_they_are_old(home, converted, tmp_path):
    old, new = home / "syncnet" / "v-old", home / "syncnet" / "v-new"
    for folder in (old, new):
        folder.mkdir(parents=True)
    os.utime(old, (0, 0))
    import_file(_file(tmp_path, ORIGINAL), "syncnet")
    assert not old.exists()
    assert new.exists()


def test_damaged_record_says_what_to_do_and_can_be_repaired(home, converted, tmp_path):
    file = _file(tmp_path, ORIGINAL)
    import_file(file, "syncnet")
    (home / "syncnet" / "installed.json").write_text("{")
    assert _code(find, "syncnet") == "weights_unreadable"
    assert any(check.problem for check in verify() if check.name == "syncnet")
    import_file(file, "syncnet")
    assert find("syncnet").verified


def test_installation_of_another_format_counts_as_missing(home, converted, tmp_path, monkeypatch):
    import_file(_file(tmp_path, ORIGINAL), "syncnet")
    monkeypatch.setattr(installed, "FORMAT", 99)
    assert _code(find, "syncnet") == "weights_missing"


@pytest.mark.parametrize(("name", "code"), [("mini", "weights_unknown"), ("maxi", "weights_unknown")])
def test_only_official_models_are_imported(home, project, tmp_path, name, code):
    assert _code(import_file, _file(tmp_path, ORIGINAL), name) == code


def test_import_of_what_is_no_file(home, project, tmp_path):
    assert _code(import_file, tmp_path / "nothing", "syncnet") == "file_not_found"
    assert _code(import_file, tmp_path, "syncnet") == "not_a_file"


def test_folder_that_cannot_be_written(home, converted, tmp_path):
    home.write_text("a file where the folder should be")
    with pytest.raises(OutputError, match="LIPGATE_WEIGHTS_DIR"):
        import_file(_file(tmp_path, ORIGINAL), "syncnet")


def test_without_torch_import_and_fetch_say_how_to_get_it(home, project, tmp_path, monkeypatch):
    monkeypatch.setattr(runtime, "torch_installed", lambda: False)
    for action in (
        lambda: import_file(_file(tmp_path, ORIGINAL), "syncnet"),
        lambda: fetch("syncnet", accept_licence=True),
        lambda: runtime.resolve_device("cuda"),
    ):
        with pytest.raises(DeviceError, match=r"\./lipgate install torch") as caught:
            action()
        assert caught.value.code == "torch_missing"


# --- files the operator has put somewhere -------------------------------------------------------------------------------------


def test_missing_weights_say_what_to_run(home, project):
    with pytest.raises(
        LipgateError, match=r"lipgate weights fetch syncnet(.|\n)*lipgate weights import .* --as syncnet"
    ) as caught:
        find("syncnet")
    assert caught.value.code == "weights_missing"


@pytest.mark.parametrize("names_the_file", [True, False])
def test_file_in_model_path_is_converted_once(home, converted, tmp_path, monkeypatch, names_the_file):
    file = _file(tmp_path / "models", ORIGINAL)
    _set(monkeypatch, "MODEL_PATH", file if names_the_file else file.parent)
    first = find("syncnet")
    assert first.verified
    assert find("syncnet") == first


def test_file_in_model_path_goes_before_an_installed_one(home, converted, tmp_path, monkeypatch):
    import_file(_file(tmp_path, ORIGINAL), "syncnet")
    _set(monkeypatch, "MODEL_PATH", _file(tmp_path / "models", FOREIGN).parent)
    assert _code(find, "syncnet") == "weights_mismatch"
    _set(monkeypatch, "LIPGATE_ALLOW_UNVERIFIED_WEIGHTS", 1)
    assert find("syncnet").sha256 == hashlib.sha256(FOREIGN).hexdigest()


def test_model_path_without_the_file_falls_back(home, converted, tmp_path, monkeypatch):
    _set(monkeypatch, "MODEL_PATH", tmp_path / "nowhere")
    _file(home, ORIGINAL)
    assert find("syncnet").verified


# --- fetch --------------------------------------------------------------------------------------------------------------------


def test_fetch_needs_the_licence_accepted(home, project):
    with pytest.raises(LipgateError, match="research use") as caught:
        fetch("syncnet", accept_licence=False)
    assert caught.value.code == "licence_not_accepted"


def test_fetch_installs_and_keeps_no_second_copy(home, converted, monkeypatch):
    asked = []

    def download(url, part, size, sha256, *, progress):
        asked.append((url, size, sha256))
        part.write_bytes(ORIGINAL)
        return part

    monkeypatch.setattr(install, "download", download)
    _set(monkeypatch, "LIPGATE_WEIGHTS_URL", "https://example.org/data")
    fetch("syncnet", accept_licence=True)
    assert asked == [("https://example.org/data/syncnet_v2.model", len(ORIGINAL), hashlib.sha256(ORIGINAL).hexdigest())]
    assert [path.name for path in home.iterdir()] == ["syncnet"]
    assert find("syncnet").verified


# --- command line -------------------------------------------------------------------------------------------------------------


def _run(*words: str) -> int:
    parser = argparse.ArgumentParser()
    weights_command.add_parser(parser.add_subparsers())
    return weights_command.run(parser.parse_args(["weights", *words]))


def test_command_lists_and_verifies_as_json(home, converted, tmp_path, capsys):
    assert _run("import", str(_file(tmp_path, ORIGINAL)), "--as", "syncnet") == 0
    capsys.readouterr()
    assert _run("list", "--json") == 0
    assert [row["state"] for row in json.loads(capsys.readouterr().out)] == ["missing", "installed"]
    assert _run("verify", "--json") == 1  # mini has not been made in this project
    checks = {check["file"]: check["problem"] for check in json.loads(capsys.readouterr().out)}
    assert checks["lip.onnx"] is None
    assert checks["mini"] is not None


def test_command_prints_tables(home, capsys):
    assert _run("list") == 0
    assert "yunet" in capsys.readouterr().out
    _run("verify")
    assert "silero_vad.onnx" in capsys.readouterr().out


def test_command_without_accepted_licence(home, project):
    assert _code(_run, "fetch", "syncnet") == "licence_not_accepted"


@pytest.mark.parametrize("words", [("fetch", "mini"), ("import", "x"), ("import", "x", "--as", "mini"), ()])
def test_command_usage_errors(words, capsys):
    with pytest.raises(SystemExit) as caught:
        _run(*words)
    assert caught.value.code == 2
