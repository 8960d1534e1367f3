"""`lipgate doctor`: what it finds on machines of all kinds, and what it advises."""

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from lipgate.core.media import ffmpeg as core_ffmpeg
from lipgate.core.settings import settings
from lipgate.desktop import doctor
from lipgate.desktop.cli import main
from lipgate.desktop.doctor import Check, browser, clock, devices, ffmpeg, gpu, networks, program, storage
from lipgate.desktop.kiosk.settings import kiosk_settings
from lipgate.handlers.settings import service_settings

Captured = pytest.CaptureFixture[str]


@pytest.fixture(autouse=True)
def _fresh_settings() -> Iterator[None]:
    cached = (settings, service_settings, kiosk_settings)
    for values in cached:
        values.cache_clear()
    yield
    for values in cached:
        values.cache_clear()


@pytest.fixture
def machine(tmp_path: Path) -> Callable[..., Path]:
    """Makes a root folder with these files and their texts."""

    def made(files: dict[str, str]) -> Path:
        for name, text in files.items():
            path = tmp_path / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
        return tmp_path

    return made


def by_name(found: list[Check]) -> dict[str, Check]:
    return {check.name: check for check in found}


def test_here_everything_that_a_score_needs_is_well(capsys: Captured) -> None:
    assert main(["doctor", "--json"]) == 0
    rows = {row["name"]: row for row in json.loads(capsys.readouterr().out)}
    assert {rows[name]["state"] for name in ("program", "ffmpeg", "weights", "networks")} == {"ok"}
    assert all(set(row) == {"name", "state", "found", "advice"} for row in rows.values())
    assert "mini" in rows["weights"]["found"]


def test_every_check_that_is_not_well_gives_advice() -> None:
    assert all(check.advice for check in doctor.checks() if check.state != "ok")


def test_the_table_shows_state_and_advice(capsys: Captured, monkeypatch: pytest.MonkeyPatch) -> None:
    found = [Check("ffmpeg", "fail", "does not run", "Copy it [again]."), Check("clock", "ok", "now")]
    monkeypatch.setattr("lipgate.desktop.commands.doctor.checks", lambda: found)
    assert main(["doctor"]) == 1
    out = capsys.readouterr().out
    assert "fail" in out
    assert "-> Copy it [again]." in out
    assert "\x1b" not in out


@pytest.mark.parametrize(("milliseconds", "states"), [(40.0, []), (2500.0, []), (2600.0, ["warn"])])
def test_a_computer_too_slow_for_a_station_is_told_with_its_factor(milliseconds: float, states: list[str]) -> None:
    found = networks.pace(milliseconds)
    assert [check.state for check in found] == states
    assert all("2.6 times" in check.found for check in found)


@pytest.mark.parametrize(("states", "fit"), [(["ok", "warn"], True), (["ok", "fail"], False), ([], True)])
def test_only_a_failure_makes_the_exit_status_1(states: list[Any], fit: bool) -> None:
    assert doctor.fit_to_score([Check("x", state, "") for state in states]) is fit


@pytest.mark.parametrize(("family", "state"), [("networks", "fail"), ("browser", "warn")])
def test_a_check_that_breaks_costs_no_other(family: str, state: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(f"lipgate.desktop.doctor.{family}.checks", lambda: 1 / 0)
    found = by_name(doctor.checks())
    assert found[family].state == state
    assert "ZeroDivisionError" in found[family].found
    assert found["clock"].state == "ok"


def test_a_score_without_torch_is_not_made_slow_by_the_doctor() -> None:
    code = "import sys; from lipgate.desktop import doctor; doctor.checks(); assert 'torch' not in sys.modules"
    if gpu.driver_visible():
        pytest.skip("there is a driver, so torch is asked")
    subprocess.run([sys.executable, "-c", code], check=True)


def test_ffmpeg_is_really_run(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    [check] = ffmpeg.checks()
    assert check.state == "ok"
    broken = tmp_path / "ffmpeg"
    broken.write_text("#!/bin/sh\nexit 1\n")
    for mode in (0o755, 0o644):
        broken.chmod(mode)
        monkeypatch.setattr(core_ffmpeg, "program", lambda: str(broken))
        [check] = ffmpeg.checks()
        assert (check.state, check.advice is None) == ("fail", False)
        assert "does not run" in check.found


def test_no_ffmpeg_at_all(monkeypatch: pytest.MonkeyPatch) -> None:
    def none() -> str:
        raise core_ffmpeg.InputError("ffmpeg_missing", "No ffmpeg program was found.")

    monkeypatch.setattr(core_ffmpeg, "program", none)
    assert ffmpeg.checks()[0].state == "fail"


def test_altered_weights_are_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, weights_dir: Path) -> None:
    for path in weights_dir.iterdir():
        if path.is_file():
            (tmp_path / path.name).write_bytes(path.read_bytes())
    with (tmp_path / "mini_video.onnx").open("r+b") as file:
        file.write(b"\xff")
    for module in ("lipgate.core.weights.manifest", "lipgate.core.weights.store"):
        monkeypatch.setattr(f"{module}.weights_folder", lambda: tmp_path)
    found = by_name(networks.checks())
    assert found["weights"].state == "fail"
    assert "mini" in found["weights"].found
    assert found["networks"].state == "fail"
    assert "weights_mismatch" in found["networks"].found


def test_settings_that_stop_every_score_fail(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("LIPGATE_CALIBRATION", str(tmp_path / "none.json"))
    found = by_name(networks.checks())
    assert found["networks"].state == "fail"
    assert "calibration_unreadable" in found["networks"].found


def test_a_damaged_installation_of_official_weights_does_not_stop_scores(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "syncnet").mkdir()
    (tmp_path / "syncnet" / "installed.json").write_text("{")
    monkeypatch.setenv("LIPGATE_WEIGHTS_DIR", str(tmp_path))
    found = by_name(networks.checks())
    assert found["official weights"].state == "warn"
    assert found["networks"].state == "ok"


@pytest.mark.parametrize(
    ("driver", "torch", "state", "words"),
    [(False, False, "ok", "no NVIDIA driver"), (False, True, "ok", "no NVIDIA driver"), (True, False, "warn", "no PyTorch")],
)
def test_gpu_without_asking_torch(driver: bool, torch: bool, state: str, words: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gpu, "driver_visible", lambda: driver)
    monkeypatch.setattr(gpu, "torch_installed", lambda: torch)
    [check] = gpu.checks()
    assert (check.state, words in check.found) == (state, True)


def test_a_driver_that_torch_cannot_use_is_a_warning(monkeypatch: pytest.MonkeyPatch) -> None:
    torch = pytest.importorskip("torch")
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    monkeypatch.setattr(gpu, "driver_visible", lambda: True)
    monkeypatch.setattr(gpu, "torch_installed", lambda: True)
    [check] = gpu.checks()
    assert check.state == "warn"


def test_no_camera_and_no_microphone(tmp_path: Path) -> None:
    found = by_name(devices.checks(tmp_path))
    assert (found["camera"].state, found["camera"].found) == ("warn", "none")
    assert (found["microphone"].state, found["microphone"].found) == ("warn", "none")


CAMERA = {
    "dev/video0": "",
    "dev/video1": "",
    "dev/video10": "",
    "sys/class/video4linux/video0/name": "Front camera\n",
    "sys/class/video4linux/video0/index": "0\n",
    "sys/class/video4linux/video1/index": "1\n",
    "dev/snd/pcmC1D0c": "",
    "dev/snd/pcmC0D0p": "",
    "proc/asound/card1/id": "Webcam\n",
}


@pytest.mark.skipif(sys.platform != "linux", reason="reads what the kernel of Linux lists")
def test_cameras_and_microphones_are_named(machine: Callable[..., Path]) -> None:
    found = by_name(devices.checks(machine(CAMERA)))
    assert found["camera"] == Check("camera", "ok", "Front camera (video0), camera (video10)")
    assert found["microphone"] == Check("microphone", "ok", "Webcam (pcmC1D0c)")


@pytest.mark.skipif(sys.platform != "linux", reason="reads what the kernel of Linux lists")
def test_devices_of_other_users_name_the_group(machine: Callable[..., Path], monkeypatch: pytest.MonkeyPatch) -> None:
    root = machine(CAMERA)
    monkeypatch.setattr(os, "access", lambda *_: False)
    for check, group in zip(devices.checks(root), ("video", "audio"), strict=True):
        assert check.state == "warn"
        assert f"usermod -aG {group}" in (check.advice or "")


def test_the_browser_says_its_version(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    program = tmp_path / "chromium"
    program.write_text("#!/bin/sh\necho Chromium 156.0\n")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=os.pathsep)
    [check] = browser.checks()
    assert check == Check("browser", "ok", f"Chromium 156.0, {program}")


def test_no_browser(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(browser, "find_chromium", lambda: None)
    assert browser.checks()[0].state == "warn"


def test_folders_are_looked_at_and_not_made(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("LIPGATE_DATA_DIR", str(tmp_path / "a" / "b"))
    monkeypatch.setenv("LIPGATE_KIOSK_DIR", str(tmp_path / "c"))
    found = by_name(storage.checks())
    assert (found["data folder"].state, found["station folder"].state) == ("ok", "ok")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("case", ["under a file", "read-only", "full"])
def test_folders_that_cannot_be_written_to(case: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    folder = tmp_path / "data"
    if case == "under a file":
        folder.write_text("")
        folder = folder / "service"
    elif case == "read-only":
        monkeypatch.setattr(os, "access", lambda *_: False)
    else:
        monkeypatch.setattr(storage, "_takes_files", lambda _: False)
    monkeypatch.setenv("LIPGATE_DATA_DIR", str(folder))
    check = by_name(storage.checks())["data folder"]
    assert check.state == "warn"
    assert "LIPGATE_DATA_DIR" in (check.advice or "")


def test_little_room_is_a_warning(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(storage, "ROOM", 1 << 60)
    assert {check.state for check in storage.checks()} == {"warn"}


@pytest.mark.parametrize(("now", "state"), [(0.0, "warn"), (None, "ok"), (4e9, "ok")])
def test_a_clock_before_the_program_was_made_is_wrong(now: float | None, state: str) -> None:
    assert clock.checks(now)[0].state == state


def test_missing_packages_are_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(program, "API", ("no_such_package",))
    monkeypatch.setenv("LIPGATE_KIOSK_EARS_DIR", str(tmp_path))
    kiosk_settings.cache_clear()
    found = by_name(program.checks())
    assert "no_such_package" in found["api and kiosk"].found
    assert found["phrase recogniser"].state == "warn"
    assert "nobody can pass at the kiosk" in found["phrase recogniser"].found
    monkeypatch.delenv("LIPGATE_KIOSK_EARS_DIR")
    kiosk_settings.cache_clear()
    assert by_name(program.checks())["phrase recogniser"].state == "ok"
    assert found["program"].state == "ok"
