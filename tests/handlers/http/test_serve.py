"""`lipgate serve` over real sockets: starts, is killed, goes on, stops."""

import os
import shutil
import signal
import socket
import sys
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from lipgate.desktop.cli import main
from tests.handlers.server import Server
from tests.processes import alive, descendants, until

linux = pytest.mark.skipif(sys.platform != "linux", reason="looks into /proc")

pytestmark = [
    pytest.mark.skipif(sys.platform == "win32", reason="signals of POSIX"),
    pytest.mark.timeout(120),
]

SAMPLES = Path(__file__).parents[3] / "samples"

Start = Callable[..., Server]


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    """A function that starts a server in the folder of this test."""
    servers = []

    def make(*options: str, script: bool = False, **environment: str) -> Server:
        server = Server(tmp_path, *options, script=script, **environment)
        servers.append(server)
        return server

    yield make
    for server in servers:
        server.kill()


@pytest.fixture
def long_video(puppet: Callable[..., Path]) -> Path:
    """Takes some seconds to score."""
    return puppet(seconds=24.0, size=(320, 180), face_px=90, preset="ultrafast")


def lines_of_ledger(server: Server) -> int:
    return int(server.client.get("/usage").json()["videos"])


def listens(port: int) -> bool:
    with socket.socket() as client:
        return client.connect_ex(("127.0.0.1", port)) == 0


def test_a_video_is_scored_over_a_socket_and_the_log_is_json(start: Start) -> None:
    server = start()
    shutil.copy(SAMPLES / "late_sound.mp4", server.videos / "a.mp4")
    answer = server.client.post("/score", json={"video_path": "a.mp4", "session_id": "s1"}, headers={"X-Request-Id": "r1"})
    assert answer.status_code == 200
    assert (answer.json()["offset_frames"], answer.json()["session_id"]) == (-6, "s1")
    assert server.terminate() == 0
    assert [line["status"] for line in server.lines() if line.get("request_id") == "r1"] == [200]


def test_a_job_survives_kill_9_of_its_worker_and_is_paid_once(start: Start, long_video: Path) -> None:
    first = start()
    shutil.copy(long_video, first.videos / "long.mp4")
    job_id = first.client.post("/jobs", json={"video_path": "long.mp4"}).json()["id"]
    first.until(job_id, "running")
    first.kill()
    second = start()
    document = second.until(job_id, "done", "failed")
    assert (document["state"], document["attempts"]) == ("done", 1)
    assert lines_of_ledger(second) == 1
    assert second.client.post("/score", json={"video_path": "long.mp4"}).headers["lipgate-cache"] == "hit"
    assert lines_of_ledger(second) == 1


def test_what_was_being_received_at_kill_9_is_removed_at_the_next_start(start: Start, tmp_path: Path) -> None:
    first = start()
    with socket.create_connection(("127.0.0.1", first.port)) as half:
        half.sendall(
            b"POST /score HTTP/1.1\r\nHost: localhost\r\nContent-Type: video/mp4\r\nContent-Length: 90000\r\n\r\n" + b"x" * 9000
        )
        while not list((tmp_path / "data").glob("processes/*/video-*")):
            pass
        first.kill()
    assert list((tmp_path / "data").glob("processes/*/video-*"))
    start()
    assert not list((tmp_path / "data").glob("processes/*/video-*"))


def test_sigterm_gives_a_job_that_is_too_long_back(start: Start, long_video: Path) -> None:
    first = start(LIPGATE_GRACE_SECONDS="0.1")
    shutil.copy(long_video, first.videos / "long.mp4")
    job_id = first.client.post("/jobs", json={"video_path": "long.mp4"}).json()["id"]
    first.until(job_id, "running")
    assert first.terminate() == 0
    second = start("--workers", "0")
    document = second.client.get(f"/jobs/{job_id}").json()
    assert (document["state"], document["attempts"]) == ("queued", 0)


def test_sigterm_lets_what_runs_finish(start: Start, long_video: Path) -> None:
    server = start(LIPGATE_GRACE_SECONDS="60")
    shutil.copy(long_video, server.videos / "long.mp4")
    job_id = server.client.post("/jobs", json={"video_path": "long.mp4"}).json()["id"]
    server.until(job_id, "running")
    with ThreadPoolExecutor(1) as pool:
        answer = pool.submit(server.client.post, "/score", files={"file": (SAMPLES / "in_sync.mp4").read_bytes()})
        while not list(server.folder.glob("data/processes/*/video-*")):
            assert not answer.done(), answer.result().text
        assert server.terminate() == 0
        assert answer.result().status_code == 200
    second = start("--workers", "0")
    assert second.client.get(f"/jobs/{job_id}").json()["state"] == "done"
    assert lines_of_ledger(second) == 2


@linux
@pytest.mark.parametrize("signals", [[signal.SIGTERM], [signal.SIGINT, signal.SIGINT]], ids=["SIGTERM", "Ctrl-C twice"])
def test_what_the_grace_time_does_not_suffice_for_is_told_to_come_back(
    signals: list[int], start: Start, long_video: Path
) -> None:
    """The score that runs and those that wait for its slot."""
    server = start(LIPGATE_GRACE_SECONDS="0.1" if len(signals) == 1 else "60", LIPGATE_SCORE_SLOTS="1")
    with ThreadPoolExecutor(3) as pool:
        videos = [long_video.read_bytes() + bytes([number]) for number in range(3)]
        asked = [pool.submit(server.client.post, "/score", files={"file": video}) for video in videos]
        os.kill(until(server.scoring)[0], signal.SIGSTOP)
        until(lambda: len(list(server.folder.glob("data/processes/*/video-*"))) == 3)
        for number in signals[:-1]:
            server.process.send_signal(number)
            until(lambda: not listens(server.port))
        started = descendants(server.process.pid)
        assert server.terminate(signals[-1]) == 0
        for answer in (future.result() for future in asked):
            assert (answer.status_code, answer.json()["code"]) == (503, "shutting_down")
            assert (answer.headers["retry-after"], answer.json()["request_id"]) == ("1", answer.headers["x-request-id"])
    assert [line["status"] for line in server.lines() if line.get("route") == "/score"] == [503] * 3
    assert "Exception in ASGI application" not in server.text()
    until(lambda: not any(map(alive, started)))


@linux
@pytest.mark.parametrize("number", [signal.SIGSEGV, signal.SIGKILL], ids=lambda number: number.name)
def test_a_crash_in_a_score_is_one_error_and_the_server_goes_on(number: int, start: Start, long_video: Path) -> None:
    server = start()
    with ThreadPoolExecutor(1) as pool:
        crashed = pool.submit(server.client.post, "/score", files={"file": long_video.read_bytes()})
        os.kill(until(server.scoring)[0], number)
        answer = crashed.result()
    assert (answer.status_code, answer.json()["code"]) == (500, "scorer_died")
    assert server.client.get("/health").status_code == 200
    assert server.client.post("/score", files={"file": (SAMPLES / "in_sync.mp4").read_bytes()}).status_code == 200
    assert lines_of_ledger(server) == 1
    assert [line["status"] for line in server.lines() if line["message"] == "scorer died"] == [signal.Signals(number).name]


@linux
def test_a_job_whose_scorer_crashes_is_tried_again_and_paid_once(start: Start, long_video: Path) -> None:
    server = start()
    shutil.copy(long_video, server.videos / "long.mp4")
    job_id = server.client.post("/jobs", json={"video_path": "long.mp4"}).json()["id"]
    os.kill(until(server.scoring)[0], signal.SIGKILL)
    document = server.until(job_id, "done", "failed")
    assert (document["state"], document["attempts"]) == ("done", 2)
    assert lines_of_ledger(server) == 1


@linux
def test_a_job_that_crashes_every_scorer_is_given_up(start: Start, long_video: Path) -> None:
    server = start(LIPGATE_MAX_ATTEMPTS="2")
    shutil.copy(long_video, server.videos / "long.mp4")
    job_id = server.client.post("/jobs", json={"video_path": "long.mp4"}).json()["id"]
    for _ in range(2):
        (pid,) = until(server.scoring)
        os.kill(pid, signal.SIGSEGV)
        until(lambda pid=pid: not alive(pid))
    document = server.until(job_id, "done", "failed")
    assert (document["state"], document["error"]["code"]) == ("failed", "gave_up")
    assert lines_of_ledger(server) == 0


@linux
def test_a_scorer_that_hangs_costs_a_score_its_time_and_becomes_a_job(start: Start, long_video: Path) -> None:
    server = start("--workers", "0", PROCESSING_TIMEOUT_SECONDS="4")
    with ThreadPoolExecutor(1) as pool:
        asked = pool.submit(server.client.post, "/score", files={"file": long_video.read_bytes()})
        os.kill(until(server.scoring)[0], signal.SIGSTOP)
        assert server.client.get("/health").status_code == 200
        answer = asked.result()
    assert (answer.status_code, answer.json()["state"]) == (202, "queued")
    assert server.scoring() == []


@linux
@pytest.mark.parametrize(("isolated", "processes"), [("1", 1), ("0", 0)])
def test_scores_in_processes_of_their_own_can_be_had_or_not(isolated: str, processes: int, start: Start) -> None:
    server = start(LIPGATE_ISOLATE_SCORING=isolated)
    assert server.client.post("/score", files={"file": (SAMPLES / "in_sync.mp4").read_bytes()}).status_code == 200
    commands = [Path(f"/proc/{pid}/cmdline").read_bytes() for pid in descendants(server.process.pid)]
    assert sum(b"multiprocessing-fork" in command for command in commands) == processes


@linux
@pytest.mark.parametrize("entry", ["module", "script"])
def test_kill_9_of_the_server_leaves_no_process(entry: str, start: Start, long_video: Path) -> None:
    server = start(script=entry == "script")
    shutil.copy(long_video, server.videos / "long.mp4")
    server.client.post("/jobs", json={"video_path": "long.mp4"})
    until(server.scoring)
    started = descendants(server.process.pid)
    assert len(started) >= 2
    server.kill()
    until(lambda: not any(map(alive, started)))


@linux
def test_a_service_that_is_told_to_end_as_a_whole_ends_in_good_order(start: Start, long_video: Path) -> None:
    """Ctrl-C in a terminal reaches every process of it, and so does what service managers send."""
    server = start(LIPGATE_GRACE_SECONDS="60")
    shutil.copy(long_video, server.videos / "long.mp4")
    job_id = server.client.post("/jobs", json={"video_path": "long.mp4"}).json()["id"]
    until(server.scoring)
    for pid in descendants(server.process.pid):
        os.kill(pid, signal.SIGINT)
        os.kill(pid, signal.SIGTERM)
    assert server.terminate() == 0
    second = start("--workers", "0")
    document = second.client.get(f"/jobs/{job_id}").json()
    assert (document["state"], document["attempts"]) == ("done", 1)


def test_fifty_clients_at_once(start: Start) -> None:
    """Each gets a report or is told to come back; nothing fails, and the ledger sums to the videos."""
    # Time enough on a busy machine: what does not end in time would become a job, and be no answer of this test.
    server = start(LIPGATE_MAX_QUEUE="40", PROCESSING_TIMEOUT_SECONDS="58")
    content = (SAMPLES / "in_sync.mp4").read_bytes()
    barrier = threading.Barrier(50)

    def ask(number: int) -> tuple[int, str]:
        barrier.wait()
        # Bytes behind the end of an MP4 are not looked at, but make it another video.
        answer = server.client.post("/score", files={"file": content + bytes([number % 3])})
        return answer.status_code, answer.headers.get("retry-after", "")

    with ThreadPoolExecutor(50) as pool:
        answers = list(pool.map(ask, range(50)))
    assert {status for status, _ in answers} <= {200, 503}
    assert all(wait for status, wait in answers if status == 503)
    assert sum(status == 200 for status, _ in answers) >= 40
    assert lines_of_ledger(server) == 3
    assert server.client.get("/health").status_code == 200


def test_a_client_that_goes_away_costs_nothing(start: Start) -> None:
    server = start()
    for _ in range(5):
        with socket.create_connection(("127.0.0.1", server.port)) as half:
            half.sendall(b"POST /score HTTP/1.1\r\nHost: localhost\r\nContent-Type: video/mp4\r\nContent-Length: 90000\r\n\r\nxx")
    with socket.create_connection(("127.0.0.1", server.port)) as nonsense:
        nonsense.sendall(b"\x00\xff\r\n\r\n")
    assert server.client.get("/health").status_code == 200
    assert server.terminate() == 0
    assert not list((server.folder / "data").glob("processes/*"))


# The command line


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.168.0.5", "example.com"])  # noqa: S104
def test_other_machines_are_not_served_without_keys(host: str, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    assert main(["serve", "--host", host, "--data-dir", str(tmp_path)]) == 2
    assert "--require-keys" in capsys.readouterr().err


@pytest.mark.parametrize("name", ["nowhere", "file"])
def test_a_folder_for_videos_that_is_none_is_an_error(name: str, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    assert main(["serve", "--upload-dir", str(tmp_path / name), "--data-dir", str(tmp_path / "data")]) != 0
    said = capsys.readouterr().err
    assert "bad_setting" in said
    assert name in said
    assert not (tmp_path / "data").exists()


def test_keys_are_added_listed_and_revoked_while_it_serves(start: Start, capsys: pytest.CaptureFixture[str]) -> None:
    server = start("--require-keys")
    place = ["--data-dir", str(server.folder / "data")]
    assert server.client.get("/usage").status_code == 401
    assert main(["keys", "add", "Ann", "--quota", "5", "--rate", "60", *place]) == 0
    key = capsys.readouterr().out.strip()
    headers = {"Authorization": f"Bearer {key}"}
    assert server.client.get("/usage", headers=headers).json()["monthly_quota"] == 5
    assert main(["keys", "list", *place]) == 0
    listing = capsys.readouterr().out
    assert "Ann" in listing
    assert key.split("_")[1] in listing
    assert key.split("_", 2)[2] not in listing
    assert main(["keys", "revoke", key.split("_")[1], *place]) == 0
    assert server.client.get("/usage", headers=headers).status_code == 401
    assert main(["keys", "revoke", "nobody", *place]) == 1


def test_a_port_in_use_is_said(start: Start, tmp_path: Path) -> None:
    server = start()
    (tmp_path / "2").mkdir()
    with pytest.raises(AssertionError, match="address already in use"):
        Server(tmp_path / "2", "--port", str(server.port))
