"""The command line as DESIGN fixes it: documents on stdout, the rest on stderr, exit statuses."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

import lipgate.core.pipeline
from lipgate.core import __version__
from lipgate.core.settings import Settings
from lipgate.desktop.cli import COMMANDS, Command, main
from lipgate.desktop.every_setting import PARTS
from tests.site_files import site_file

SAMPLES = Path(__file__).parents[2] / "samples"
SAMPLE = str(SAMPLES / "in_sync.mp4")

HELP = "from lipgate.desktop.cli import main; sys.exit(main())"

Captured = pytest.CaptureFixture[str]


@pytest.fixture(autouse=True)
def _fresh_settings() -> None:
    for _, read in PARTS.values():
        read.cache_clear()


def test_one_file_gives_one_object(capsys: Captured) -> None:
    assert main(["score", SAMPLE, "--json"]) == 0
    document = json.loads(capsys.readouterr().out)
    assert document["offset_frames"] == 0
    assert document["model"]["name"] == "mini"
    assert document["detector"]["name"] == "yunet"


def test_several_files_give_a_list_and_a_bad_one_does_not_stop_the_others(capsys: Captured, tmp_path: Path) -> None:
    bad = tmp_path / "bad.mp4"
    bad.write_text("not a video")
    assert main(["score", str(bad), SAMPLE, str(tmp_path / "none.mp4"), "--json"]) == 1
    captured = capsys.readouterr()
    broken, good, missing = json.loads(captured.out)
    assert broken["error"]["code"] == "not_a_video"
    assert missing["error"]["code"] == "file_not_found"
    assert good["offset_frames"] == 0
    assert [item["file"] for item in (broken, good, missing)] == [str(bad), SAMPLE, str(tmp_path / "none.mp4")]
    assert "not_a_video" in captured.err


def test_a_fault_of_ours_costs_one_file_only(capsys: Captured, monkeypatch: pytest.MonkeyPatch) -> None:
    real = lipgate.core.pipeline.score

    def faulty(source: str, *rest: object) -> object:
        return real(source, *rest) if source == SAMPLE else 1 / 0

    monkeypatch.setattr(lipgate.core.pipeline, "score", faulty)
    assert main(["score", "other.mp4", SAMPLE, "--json"]) == 1
    captured = capsys.readouterr()
    broken, good = json.loads(captured.out)
    assert broken["error"]["code"] == "internal_error"
    assert good["offset_frames"] == 0
    assert "Traceback" not in captured.err


def test_the_table_says_offset_in_words(capsys: Captured) -> None:
    assert main(["score", SAMPLE, str(SAMPLES / "late_sound.mp4")]) == 0
    out = capsys.readouterr().out
    assert "sound in time" in out
    assert "sound 240 ms late" in out


def test_exit_is_0_when_the_answer_is_block(capsys: Captured) -> None:
    assert main(["score", str(SAMPLES / "dubbed.mp4"), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["decision"] != "ALLOW"


@pytest.mark.parametrize(
    "arguments",
    [
        ["score"],
        ["score", SAMPLE, "--model", "other"],
        ["score", SAMPLE, "--offset-range", "0"],
        ["score", SAMPLE, "--offset-range", "x"],
        *(["kiosk", "--port", "99999"], ["kiosk", "--port", "-1"], ["serve", "--port", "65536"], ["serve", "--workers", "-1"]),
        ["nonsense"],
        ["weights"],
    ],
)
def test_usage_errors_exit_2(arguments: list[str], capsys: Captured) -> None:
    with pytest.raises(SystemExit) as stop:
        main(arguments)
    assert stop.value.code == 2
    assert "usage:" in capsys.readouterr().err


def test_annotating_several_files_is_a_usage_error(capsys: Captured, tmp_path: Path) -> None:
    assert main(["score", SAMPLE, SAMPLE, "--annotate", str(tmp_path / "out.mp4")]) == 2


@pytest.mark.parametrize(("option", "name"), [("--model", "syncnet"), ("--detector", "s3fd")])
def test_missing_official_weights_say_what_to_run(
    option: str, name: str, capsys: Captured, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LIPGATE_WEIGHTS_DIR", str(tmp_path))
    assert main(["score", SAMPLE, option, name]) == 1
    error = capsys.readouterr().err
    assert "[weights_missing]" in error
    assert f"./lipgate weights fetch {name}" in error


def test_version(capsys: Captured) -> None:
    with pytest.raises(SystemExit) as stop:
        main(["--version"])
    assert (stop.value.code, capsys.readouterr().out) == (0, f"lipgate {__version__}\n")


def test_alone_it_prints_help(capsys: Captured) -> None:
    with pytest.raises(SystemExit) as stop:
        main([])
    assert stop.value.code == 0
    assert "usage: lipgate" in capsys.readouterr().out


@pytest.mark.parametrize("command", [None, *COMMANDS], ids=lambda command: command and command.name)
def test_help_needs_no_package(command: Command | None) -> None:
    """The launcher gives help before anything is installed."""
    words = [sys.executable, "-I", "-S", "-c", f"import sys; sys.path.insert(0, {str(SAMPLES.parent / 'src')!r}); {HELP}"]
    run = subprocess.run([*words, *([command.name] if command else []), "--help"], capture_output=True, text=True, check=False)
    assert (run.returncode, run.stderr) == (0, "")
    assert "usage: lipgate" in run.stdout


@pytest.mark.parametrize("command", COMMANDS, ids=lambda command: command.name)
def test_every_command_has_help_of_its_own(command: Command, capsys: Captured) -> None:
    with pytest.raises(SystemExit) as stop:
        main([command.name, "--help"])
    assert stop.value.code == 0
    assert f"usage: lipgate {command.name}" in capsys.readouterr().out


def test_help_lists_every_command_and_imports_none() -> None:
    code = """
import sys
from lipgate.desktop.cli import COMMANDS, main
try:
    main(["--help"])
except SystemExit:
    heavy = {"numpy", "rich", "pydantic", *(command.module for command in COMMANDS)} & set(sys.modules)
    assert not heavy, heavy
"""
    run = subprocess.run([sys.executable, "-c", code], cwd=SAMPLES.parent, capture_output=True, text=True, check=False)
    assert (run.returncode, run.stderr) == (0, "")
    words = " ".join(run.stdout.split())
    assert all(f"{command.name} {command.help}" in words for command in COMMANDS)


def test_every_setting_is_listed_with_its_default(capsys: Captured, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PORT", "8080")
    monkeypatch.setenv("LIPGATE_MIN_FACE_PX", "80")
    assert main(["settings", "--json"]) == 0
    rows = json.loads(capsys.readouterr().out)
    assert rows["LIPGATE_PORT"]["value"] == "8080"
    assert rows["LIPGATE_PORT"]["default"] == "5000"
    assert rows["LIPGATE_MIN_FACE_PX"]["value"] == "80"
    assert {"LIPGATE_MAX_VIDEO_SIZE_MB", "LIPGATE_PROCESSING_TIMEOUT_SECONDS", "LIPGATE_WEIGHTS_DIR"} <= set(rows)


def test_a_user_without_a_home_gets_the_folders_of_the_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    def homeless(*_: object, **__: object) -> Path:
        raise RuntimeError("could not determine the home directory")

    for user_folder in (homeless, lambda *_, **__: Path("~/.local/share/lipgate")):
        monkeypatch.setattr("lipgate.core.settings.user_data_path", user_folder)
        assert Settings().weights_dir.is_absolute()


@pytest.mark.parametrize("command", [["settings"], ["doctor"]])
@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("LIPGATE_ALLOW_THRESHOLD", "7"),
        ("LIPGATE_MODEL", "mouth"),
        ("LIPGATE_DETECTOR", "mini"),
        ("LIPGATE_DEVICE", "gpu"),
        ("LIPGATE_PORT", "abc"),
        ("LIPGATE_KIOSK_PORT", "abc"),
        ("LIPGATE_KIOSK_MAX_ATTEMPTS", "0"),
        ("LIPGATE_KIOSK_LANGUAGE", "fr"),
        ("LIPGATE_AWS_ATTEMPTS", "0"),
    ],
)
def test_a_setting_that_cannot_be_used_is_named(
    command: list[str], variable: str, value: str, capsys: Captured, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(variable, value)
    assert main(command) == 2
    assert capsys.readouterr().err.startswith(f"error [bad_setting]: {variable}: ")


@pytest.mark.parametrize("command", [["settings"], ["weights", "list"], ["keys", "list"]], ids=" ".join)
def test_tables_fit_a_terminal_and_keep_their_width_in_a_pipe(
    command: list[str], capsys: Captured, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    monkeypatch.setenv("LIPGATE_DATA_DIR", str(tmp_path / ("a long name of a folder " * 5)))
    if command[0] == "keys":
        assert main(["keys", "add", "A customer with a name that does not fit " * 2]) == 0
        capsys.readouterr()
    assert main(command) == 0
    piped = capsys.readouterr().out.splitlines()
    assert piped == [line.rstrip() for line in piped]
    assert max(map(len, piped)) > 80 or command[0] == "weights"
    monkeypatch.setattr("sys.stdout.isatty", lambda: True, raising=False)
    monkeypatch.setenv("TERM", "dumb")
    assert main(command) == 0
    shown = capsys.readouterr().out.splitlines()
    assert max(map(len, shown)) <= 80
    assert "…" not in "".join(shown)


BAD_VALUES = {
    "core": ("LIPGATE_ALLOW_THRESHOLD", "7"),
    "service": ("PORT", "abc"),
    "aws": ("LIPGATE_AWS_ATTEMPTS", "0"),
    "kiosk": ("LIPGATE_KIOSK_LANGUAGE", "fr"),
}


@pytest.mark.parametrize(
    ("command", "read"),
    [
        (["score", "missing.mp4"], {"core"}),
        (["fix", "missing.mp4", "out.mp4"], {"core"}),
        (["weights", "list"], {"core"}),
        (["bench", "missing.mp4"], {"core"}),
        (["serve", "--host", "192.0.2.1"], {"core", "service"}),
        (["keys", "list"], {"core", "service", "aws"}),
        (["history", "verify"], {"core", "kiosk"}),
    ],
)
@pytest.mark.parametrize("part", BAD_VALUES)
def test_a_command_minds_the_settings_it_reads_and_no_others(
    command: list[str], read: set[str], part: str, capsys: Captured, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """PORT=abc may be meant for another program of this machine, and a score listens on no port."""
    for name in ("LIPGATE_DATA_DIR", "LIPGATE_KIOSK_DIR"):
        monkeypatch.setenv(name, str(tmp_path))
    monkeypatch.setenv(*BAD_VALUES[part])
    main(command)
    assert ("[bad_setting]" in capsys.readouterr().err) == (part in read)


def test_thresholds_the_wrong_way_round_are_refused(capsys: Captured, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LIPGATE_ALLOW_THRESHOLD", "0.5")
    assert main(["score", SAMPLE]) == 2
    said = "error [bad_setting]: allow_threshold is 0.5 and lies below next_threshold, which is 0.75"
    assert capsys.readouterr().err.startswith(said)


def test_a_threshold_that_does_not_go_with_the_sites_file_is_refused(
    capsys: Captured, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LIPGATE_ALLOW_THRESHOLD", "0.8")
    assert main(["score", SAMPLE, "--calibration", str(site_file(tmp_path / "site.json", allow=0.95, next_=0.85))]) == 2
    assert "error [bad_setting]: allow_threshold is 0.8 and lies below next_threshold" in capsys.readouterr().err


def test_bench_times_the_stages(capfd: pytest.CaptureFixture[str]) -> None:
    assert main(["bench", SAMPLE, "--rounds", "1", "--only", "mini"]) == 0
    out = capfd.readouterr().out
    assert "real time" in out
    assert "in_sync" in out


def test_artifacts_of_several_files_go_to_folders_of_their_own(capsys: Captured, tmp_path: Path) -> None:
    """A file that is named twice is scored twice."""
    assert main(["score", SAMPLE, str(SAMPLES / "dubbed.mp4"), SAMPLE, "--artifacts", str(tmp_path), "--json"]) == 0
    assert sorted(path.name for path in tmp_path.iterdir()) == ["000_in_sync", "001_dubbed", "002_in_sync"]


def in_a_shell(redirection: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    """The command line, buffered as it usually is, with its streams led elsewhere."""
    command = ["/bin/sh", "-c", f'exec "$@" {redirection}', "sh", sys.executable, "-m", "lipgate", *arguments]
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONUNBUFFERED"}
    return subprocess.run(command, cwd=SAMPLES.parent, env=environment, capture_output=True, text=True, check=False)


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="there is no device that is always full")
@pytest.mark.parametrize("arguments", [["--help"], ["settings", "--json"], ["settings"], ["score", SAMPLE]])
def test_output_that_finds_no_room_is_an_error_of_one_line(arguments: list[str]) -> None:
    ended = in_a_shell(">/dev/full", *arguments)
    assert ended.returncode == 1
    assert ended.stderr.splitlines() == ["error [output_failed]: The output cannot be written: No space left on device."]


@pytest.mark.parametrize("streams", [">&-", "<&- >&-", "<&- >&- 2>&-"])
def test_streams_that_the_shell_has_closed_cost_nothing_but_the_output(streams: str) -> None:
    ended = in_a_shell(streams, "weights", "list")
    assert (ended.returncode, ended.stdout, ended.stderr) == (0, "", "")


def test_a_pin_that_cannot_be_asked_for_is_refused(tmp_path: Path) -> None:
    ended = in_a_shell("<&-", "kiosk", "--set-pin", "--data-dir", str(tmp_path))
    assert (ended.returncode, ended.stderr.partition(":")[0]) == (1, "error [pin_refused]")
