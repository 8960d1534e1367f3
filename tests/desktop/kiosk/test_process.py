"""`lipgate kiosk` as a process of its own: killed, stopped, without disk, without a PIN."""

import contextlib
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import wave
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import imageio_ffmpeg
import numpy as np
import pytest

from bench.phrases_speech import Voice, say
from lipgate.core.constants import AUDIO_RATE
from lipgate.desktop.kiosk.phrases import Phrase
from tests.desktop.kiosk.lenient import LENIENT

SAMPLES = Path(__file__).parents[3] / "samples"
COMMAND = [sys.executable, "-P", "-m", "lipgate"]


class Process:
    """A running kiosk and its browser."""

    def __init__(self, folder: Path, *options: str, **environment: str) -> None:
        self.folder = folder
        self.log = (folder.parent / "kiosk.log").open("ab")
        self.process = subprocess.Popen(
            [*COMMAND, "kiosk", "--data-dir", str(folder), *options],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=self.log,
            env={**os.environ, "LIPGATE_THREADS": "1", **environment},
        )
        assert self.process.stdout is not None
        self.link = self.process.stdout.readline().decode().strip()
        assert self.link.startswith("http://127.0.0.1:"), (folder.parent / "kiosk.log").read_text()
        self.base = self.link.partition("/?")[0]
        self.client = httpx.Client(base_url=self.base, headers={"Origin": self.base}, timeout=60, trust_env=False)
        assert self.client.get(self.link).status_code == 303

    def start(self, language: str = "en") -> Any:
        return self.client.post("/api/sessions", json={"language": language}).json()

    def attempt(self, session: Any, recording: bytes | str = "in_sync") -> httpx.Response:
        """Send a recording, or a sample by its name."""
        content = recording if isinstance(recording, bytes) else (SAMPLES / f"{recording}.mp4").read_bytes()
        place = f"/api/sessions/{session['id']}/attempts"
        query, headers = {"challenge": session["challenge"]["id"]}, {"Content-Type": "video/mp4"}
        return self.client.post(place, params=query, content=content, headers=headers)

    def close(self) -> None:
        self.process.kill()
        self.process.wait()
        assert self.process.stdout is not None
        self.process.stdout.close()
        self.client.close()
        self.log.close()


Begin = Callable[..., Process]


@pytest.fixture
def begin(tmp_path: Path) -> Iterator[Begin]:
    """A function that starts a kiosk in a folder."""
    with contextlib.ExitStack() as stack:

        def started(*options: str, folder: Path | None = None, **environment: str) -> Process:
            process = Process(folder or tmp_path / "kiosk", *options, **environment)
            stack.callback(process.close)
            return process

        yield started


def history(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """`lipgate history`."""
    return subprocess.run(
        [*COMMAND, "history", *arguments, "--data-dir", str(folder)], capture_output=True, text=True, check=False
    )


def test_real_clips_get_real_verdicts(begin: Begin) -> None:
    kiosk = begin(LIPGATE_KIOSK_PHRASE_CHECK="0", **LENIENT)
    allowed = kiosk.attempt(kiosk.start()).json()
    assert (allowed["attempt"]["decision"], allowed["session"]["state"]) == ("ALLOW", "allowed")
    late = kiosk.attempt(kiosk.start(), "late_sound").json()
    assert (late["attempt"]["decision"], late["attempt"]["reason"], late["attempt"]["offset_frames"]) == (
        "NEXT",
        "delayed",
        -6,
    )
    assert kiosk.attempt(kiosk.start(), "dubbed").json()["session"]["state"] == "blocked"
    assert history(kiosk.folder, "verify").returncode == 0


Reads = Callable[[str, list[str]], bytes]


@pytest.fixture
def reads(puppet: Callable[..., Path], tmp_path: Path) -> Reads:
    """A function that films a photograph whose jaw moves with a synthetic voice that reads a phrase."""

    def film(language: str, parts: list[str]) -> bytes:
        voice = tmp_path / f"{''.join(parts)}.wav"
        words = Phrase(language, tuple(parts)).words()
        with wave.open(str(voice), "wb") as file:
            file.setparams((1, 2, AUDIO_RATE, 0, "NONE", ""))
            # The puppet begins anew when its words are over: silence until then.
            file.writeframes(np.pad(say(" ".join(words), VOICES[language]), (0, 8 * AUDIO_RATE)).tobytes())
        return puppet(voice=voice, seconds=8.0).read_bytes()

    return film


VOICES = {"es": Voice("es-419", 140, 50), "en": Voice("en-us+f2", 140, 50)}

speaking = pytest.mark.skipif(shutil.which("espeak-ng") is None, reason="espeak-ng is not installed")


@speaking
def test_only_the_phrase_that_is_shown_opens(begin: Begin, reads: Reads) -> None:
    kiosk = begin(LIPGATE_KIOSK_MAX_ATTEMPTS="5", **LENIENT)
    session = kiosk.start("es")
    shown = session["challenge"]["digits"]
    other = [str((int(part) + 4) % 10) if part.isdecimal() else part for part in shown[:3]] + shown[3:]
    wrong = kiosk.attempt(session, reads("es", other)).json()
    assert (wrong["attempt"]["decision"], wrong["attempt"]["reason"]) == ("NEXT", "wrong_phrase"), wrong
    session, told = wrong["session"], []
    while session["state"] == "open":  # a synthetic voice is misheard one time in twenty
        answer = kiosk.attempt(session, reads("es", session["challenge"]["digits"])).json()
        session = answer["session"]
        told.append((answer["attempt"]["decision"], answer["attempt"]["phrase_check"]))
    assert told[-1] == ("ALLOW", "right"), told
    assert session["state"] == "allowed"


@speaking
@pytest.mark.parametrize("language", ["es", "en"])
def test_a_photograph_that_reads_the_right_phrase_does_not_pass(language: str, begin: Begin, reads: Reads) -> None:
    kiosk = begin()
    session, told = kiosk.start(language), []
    while session["state"] == "open" and len(told) < 2:
        answer = kiosk.attempt(session, reads(language, session["challenge"]["digits"])).json()
        session = answer["session"]
        told.append((answer["attempt"]["decision"], answer["attempt"]["phrase_check"]))
    assert "ALLOW" not in {decision for decision, _ in told}, told
    assert session["state"] != "allowed"
    # It is the picture that fails here, so that a deaf station could not hide an open door.
    assert "right" in {phrase for _, phrase in told}, told


def test_a_station_without_a_recogniser_lets_nobody_pass(begin: Begin, tmp_path: Path) -> None:
    kiosk = begin(LIPGATE_KIOSK_EARS_DIR=str(tmp_path / "nothing"), **LENIENT)
    for language in ("es", "en"):
        attempt = kiosk.attempt(kiosk.start(language)).json()["attempt"]
        assert (attempt["decision"], attempt["reason"]) == ("NEXT", "phrase_not_checked"), attempt


def test_a_person_whose_voice_comes_late_by_the_stations_own_delay_is_allowed(begin: Begin) -> None:
    kiosk = begin(LIPGATE_KIOSK_PHRASE_CHECK="0", LIPGATE_EXPECTED_OFFSET_FRAMES="-6", **LENIENT)
    assert kiosk.attempt(kiosk.start(), "late_sound").json()["attempt"]["decision"] == "ALLOW"


def test_a_recording_whose_devices_started_apart_is_taken_again(
    begin: Begin, on_film: Callable[..., Path], tmp_path: Path
) -> None:
    """A browser writes the first picture and the first sound as of one moment, whenever they came."""
    apart = tmp_path / "apart.mp4"
    late = ["-ss", "0.48", "-i", str(on_film()), "-i", str(on_film()), "-map", "0:v", "-map", "1:a", "-t", "8"]
    command = [imageio_ffmpeg.get_ffmpeg_exe(), "-v", "error", *late, "-af", "atrim=0:8", "-vf", "trim=0:7.52", str(apart)]
    subprocess.run(command, check=True)
    kiosk = begin(LIPGATE_KIOSK_PHRASE_CHECK="0")
    session = kiosk.start()
    first = kiosk.attempt(session, apart.read_bytes()).json()
    assert (first["attempt"]["decision"], first["attempt"]["reason"]) == ("NEXT", "started_apart")
    again = kiosk.attempt(first["session"], on_film().read_bytes()).json()
    assert again["session"]["state"] == "allowed"


def test_a_station_that_is_killed_opens_again_with_every_verdict_it_told(begin: Begin) -> None:
    kiosk = begin(LIPGATE_KIOSK_PHRASE_CHECK="0", **LENIENT)
    told = kiosk.attempt(kiosk.start()).json()
    open_session = kiosk.start()
    with socket.create_connection(("127.0.0.1", int(kiosk.base.rpartition(":")[2]))) as raw:
        cookie = "; ".join(f"{name}={value}" for name, value in kiosk.client.cookies.items())
        place = f"/api/sessions/{open_session['id']}/attempts?challenge={open_session['challenge']['id']}"
        head = f"POST {place} HTTP/1.1\r\nHost: {kiosk.base[7:]}\r\nOrigin: {kiosk.base}\r\nCookie: {cookie}\r\n"
        raw.sendall(f"{head}Content-Type: video/mp4\r\nContent-Length: 500000\r\n\r\nthe first bytes".encode())
        os.kill(kiosk.process.pid, signal.SIGKILL)
        kiosk.process.wait()
    again = begin()
    states = {
        session["id"]: session["state"]
        for session in json.loads(history(again.folder, "export", "--format", "json").stdout)["sessions"]
    }
    assert states == {told["session"]["id"]: "allowed", open_session["id"]: "abandoned"}
    assert history(again.folder, "verify").returncode == 0
    assert b"the first bytes" not in b"".join(path.read_bytes() for path in again.folder.rglob("*") if path.is_file())
    assert again.attempt(again.start()).status_code == 201


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_station_that_is_told_to_stop_ends_well(number: signal.Signals, begin: Begin) -> None:
    kiosk = begin()
    kiosk.start()
    kiosk.process.send_signal(number)
    assert kiosk.process.wait(30) == 0


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of one megabyte."""
    place = tmp_path / "disk"
    place.mkdir()
    mounted = subprocess.run(
        ["/bin/mount", "-t", "tmpfs", "-o", "size=1m", "lipgate-test", place], capture_output=True, check=False
    )
    if mounted.returncode:
        pytest.skip("a small file system can only be mounted by root")
    yield place
    subprocess.run(["/bin/umount", "-l", place], check=True)


def test_a_full_disk_costs_no_attempt_and_no_verdict(small_disk: Path, begin: Begin) -> None:
    kiosk = begin(folder=small_disk / "kiosk", LIPGATE_KIOSK_PHRASE_CHECK="0", **LENIENT)
    session = kiosk.start()
    ballast = small_disk / "ballast"
    with ballast.open("wb", buffering=0) as file, contextlib.suppress(OSError):
        while True:
            file.write(bytes(1024))
    answer = kiosk.attempt(session)
    assert (answer.status_code, answer.json()["code"]) == (503, "storage_unavailable")
    assert kiosk.client.post("/api/sessions", json={"language": "en"}).json()["code"] == "storage_unavailable"
    ballast.unlink()
    session = kiosk.client.get(f"/api/sessions/{session['id']}").json()
    assert (session["state"], session["attempts_used"]) == ("open", 0)
    assert kiosk.attempt(session).json()["attempt"]["decision"] == "ALLOW"
    assert history(kiosk.folder, "verify").returncode == 0


def test_a_port_that_is_taken_is_said_to_be_so(begin: Begin, tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        command = [*COMMAND, "kiosk", "--data-dir", str(tmp_path), "--port", str(taken.getsockname()[1])]
        ended = subprocess.run(command, capture_output=True, text=True, check=False)
    assert ended.returncode == 1
    assert "error [port_taken]" in ended.stderr


def test_a_second_station_in_the_same_folder_is_refused_and_the_first_goes_on(begin: Begin) -> None:
    kiosk = begin()
    session = kiosk.start()
    command = [*COMMAND, "kiosk", "--data-dir", str(kiosk.folder)]
    second = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)
    assert (second.returncode, second.stdout) == (1, "")
    assert "error [station_running]" in second.stderr
    assert kiosk.client.get(f"/api/sessions/{session['id']}").json()["state"] == "open"
    kiosk.process.kill()
    kiosk.process.wait()
    begin(folder=kiosk.folder)


def test_a_pin_is_set_at_the_console(begin: Begin, tmp_path: Path) -> None:
    command = [*COMMAND, "kiosk", "--data-dir", str(tmp_path / "kiosk"), "--set-pin"]
    refused = subprocess.run(command, input="12\n", capture_output=True, text=True, check=False)
    assert (refused.returncode, "error [pin_refused]" in refused.stderr) == (1, True)
    assert subprocess.run(command, input="246813\n", text=True, check=False).returncode == 0
    kiosk = begin()
    assert kiosk.client.post("/api/operator/login", json={"pin": "12"}).json()["code"] == "wrong_pin"
    assert kiosk.client.post("/api/operator/login", json={"pin": "246813"}).status_code == 204


def test_a_history_that_was_changed_or_cut_off_is_told(begin: Begin) -> None:
    kiosk = begin(LIPGATE_KIOSK_PHRASE_CHECK="0", **LENIENT)
    kiosk.attempt(kiosk.start())
    assert history(kiosk.folder, "verify", "--head", "0" * 64).returncode == 1
    found = json.loads(history(kiosk.folder, "verify", "--json").stdout)
    assert history(kiosk.folder, "verify", "--head", found["head"]).returncode == 0
    assert history(kiosk.folder / "nowhere", "verify").returncode == 1
