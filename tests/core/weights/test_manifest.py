"""The manifest and the embedded weights it lists."""

import hashlib

from lipgate.core.calibration import Calibration
from lipgate.core.weights.manifest import load_manifest, record_file, record_model, weights_folder
from lipgate.core.weights.store import find, verify
from tests.core.weights.conftest import code_of


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
    assert code_of(find, "mini") == "weights_missing"
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
    assert code_of(record_model, "maxi", version="1") == "weights_unknown"


def test_damaged_manifest_is_named(project):
    (project / "manifest.json").write_text("{")
    assert code_of(load_manifest) == "weights_unreadable"


def test_altered_embedded_file_is_never_handed_out(project):
    (project / "mini.safetensors").write_bytes(b"trained")
    record_file("mini", "mini.safetensors", origin="this project", licence="MIT")
    record_model("mini", source="mini")
    (project / "mini.safetensors").write_bytes(b"altered")
    assert code_of(find("mini").read_source) == "weights_mismatch"
    (project / "mini.safetensors").unlink()
    assert code_of(find("mini").read_source) == "weights_missing"
