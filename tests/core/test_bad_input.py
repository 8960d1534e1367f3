"""Files that are broken, strange or hostile end in a stable code or reason; nothing is read that was not named."""

import contextlib
import json
import os
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable, Iterator
from functools import cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from lipgate.core.models import Models
from lipgate.desktop.cli import main
from tests.core import bad_files
from tests.core.bad_files import ffmpeg

pytest.importorskip("skimage", reason="puppet videos are made of a photograph in scikit-image")

MakePuppet = Callable[..., Path]
Score = Callable[..., tuple[int, Any]]

ROOT = Path(__file__).parents[2]
SMALL = {"size": (320, 180), "face_px": 90, "preset": "ultrafast"}

_load = cache(Models.load)


@pytest.fixture(autouse=True)
def _models_are_loaded_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Models, "load", _load)


@pytest.fixture
def score(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> Iterator[Score]:
    """Run `lipgate score --json` in a working folder and with a temporary folder that must be empty afterwards."""
    folders = [tmp_path / "here", tmp_path / "temporary"]
    for folder in folders:
        folder.mkdir()
    monkeypatch.chdir(folders[0])
    monkeypatch.setenv("TMPDIR", str(folders[1]))
    monkeypatch.setattr(tempfile, "tempdir", None)

    def run(*files: str | Path) -> tuple[int, Any]:
        capfd.readouterr()
        status = main(["score", "--json", "--", *map(str, files)])
        captured = capfd.readouterr()
        assert "Traceback" not in captured.err
        return status, json.loads(captured.out)

    yield run
    assert [list(folder.iterdir()) for folder in folders] == [[], []]


@pytest.fixture
def good(puppet: MakePuppet) -> Path:
    return puppet(seconds=4.0, **SMALL)


@pytest.mark.parametrize(
    ("make", "code"),
    [
        (lambda folder, _: folder / "missing.mp4", "file_not_found"),
        (lambda *_: "a\0b.mp4", "file_not_found"),
        (lambda *_: "x" * 5000 + ".mp4", "file_unreadable"),
        (lambda *_: "http://127.0.0.1:9/a.mp4", "file_not_found"),
        (lambda *_: "/dev/zero", "not_a_file"),
        (bad_files.empty, "empty_file"),
        (bad_files.text, "not_a_video"),
        (bad_files.noise, "not_a_video"),
        (bad_files.without_index, "not_a_video"),
        (bad_files.playlist, "not_a_video"),
        (bad_files.concat_script, "not_a_video"),
        (bad_files.session_description, "not_a_video"),
        (bad_files.dash_manifest, "not_a_video"),
        (bad_files.png_named_mp4, "not_a_video"),
        (bad_files.song_with_cover, "no_video_stream"),
        (bad_files.song_in_mp4, "no_video_stream"),
        (bad_files.plain_sound, "no_video_stream"),
        (bad_files.no_packets, "corrupt_video"),
        (bad_files.unknown_picture_codec, "corrupt_video"),
        (bad_files.external_data, "corrupt_video"),
        (bad_files.y4m_of_67_megapixels, "resolution_too_high"),
        (bad_files.y4m_of_4_gigapixels, "resolution_too_high"),
        (bad_files.gif_of_4_gigapixels, "resolution_too_high"),
        (bad_files.png_bomb, "resolution_too_high"),
        (bad_files.png_bomb_in_disguise, "resolution_too_high"),
    ],
    ids=lambda value: getattr(value, "__name__", value),
)
def test_what_cannot_be_analysed_is_an_error_with_a_stable_code(
    score: Score, good: Path, tmp_path: Path, make: Callable, code: str
) -> None:
    status, document = score(make(tmp_path, good))
    assert (status, document.get("error", {}).get("code")) == (1, code), document


def test_a_folder_without_videos_is_an_error_in_a_list(score: Score, tmp_path: Path) -> None:
    status, documents = score(tmp_path)
    assert status == 1
    assert [document["error"]["code"] for document in documents] == ["not_a_file"]


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ({"sound": "none"}, "no_audio"),
        ({"sound": "silence"}, "silent_audio"),
        ({"sound": "noise"}, "no_speech"),
        ({"sound": "tones"}, "no_speech"),
        ({"no_face": True}, "no_face"),
        ({"size": (640, 360), "face_px": 36}, "face_too_small"),
        ({"seconds": 1.0}, "too_short"),
        ({"seconds": 0.04}, "too_short"),
        ({"seconds": 0.04, "sound": "none"}, "no_audio"),
    ],
    ids=str,
)
def test_what_cannot_be_judged_is_next_with_a_reason(score: Score, puppet: MakePuppet, fields: dict, reason: str) -> None:
    status, document = score(puppet(**{"seconds": 4.0, **SMALL, **fields}))
    assert (status, document["decision"], document["reason"]) == (0, "NEXT", reason)
    assert all(document[name] is None for name in ("offset_frames", "confidence", "min_dist", "score", "lag_ms"))


@pytest.mark.parametrize(("picture_s", "sound_s"), [(6, 3), (3, 6), (2.4, 60)])
def test_sound_much_shorter_or_longer_than_the_picture_is_not_judged(
    score: Score, puppet: MakePuppet, tmp_path: Path, picture_s: float, sound_s: float
) -> None:
    clip = puppet(seconds=6.0, **SMALL)
    both = ["-stream_loop", "9", "-t", str(picture_s), "-i", clip, "-stream_loop", "9", "-t", str(sound_s), "-i", clip]
    ffmpeg(*both, "-map", "0:v", "-map", "1:a", "-c", "copy", tmp_path / "uneven.mkv")
    assert score(tmp_path / "uneven.mkv")[1]["reason"] == "length_mismatch"


def test_a_file_that_says_it_lasts_for_days_is_judged_by_what_it_holds(score: Score, good: Path, tmp_path: Path) -> None:
    status, document = score(bad_files.says_it_lasts_for_days(tmp_path, good))
    assert (status, document["offset_frames"], document["video"]["duration_s"]) == (0, 0, 4.0)


@pytest.mark.parametrize(
    ("make", "reason"),
    [
        (bad_files.unknown_sound_codec, "no_audio"),
        (bad_files.sound_jumps_by_hours, "length_mismatch"),
    ],
)
def test_broken_sound_is_a_reason_and_not_an_error(score: Score, good: Path, tmp_path: Path, make: Callable, reason: str) -> None:
    status, document = score(make(tmp_path, good))
    assert (status, document["reason"]) == (0, reason)


@pytest.mark.parametrize(
    "fields",
    [
        {"size": (180, 320), "rotation": 90},
        {"size": (322, 242), "fps": 15},
    ],
    ids=str,
)
def test_unusual_sizes_are_scored(score: Score, puppet: MakePuppet, fields: dict) -> None:
    status, document = score(puppet(**{"seconds": 4.0, "offset_frames": -4, **SMALL, **fields}))
    assert (status, document["offset_frames"] is not None) == (0, True)
    assert abs(document["offset_frames"] + 4) <= 1


@pytest.mark.parametrize(("width", "height"), [(321, 241), (3840, 2160)])
def test_odd_and_large_sizes_are_scored_and_told_as_they_are(
    score: Score, good: Path, tmp_path: Path, width: int, height: int
) -> None:
    scaled = ["-t", "2.4", "-vf", f"fps=10,scale={width}:{height}", "-pix_fmt", "yuvj420p", "-c:v", "mjpeg", "-c:a", "copy"]
    ffmpeg("-i", good, *scaled, tmp_path / "scaled.mov")
    _, document = score(tmp_path / "scaled.mov")
    assert (document["video"]["width"], document["video"]["height"]) == (width, height)
    assert document["offset_frames"] is not None


def test_video_that_changes_its_size_is_scored_to_the_end(score: Score, puppet: MakePuppet, tmp_path: Path) -> None:
    parts = [puppet(suffix=".ts", offset_frames=-4, **{**SMALL, "size": size}) for size in ((320, 180), (480, 360))]
    (tmp_path / "both.ts").write_bytes(b"".join(part.read_bytes() for part in parts))
    _, document = score(tmp_path / "both.ts")
    assert document["video"]["duration_s"] == pytest.approx(8, abs=0.2)
    assert abs(document["offset_frames"] + 4) <= 1


def test_broken_off_video_is_scored_as_far_as_it_goes(score: Score, puppet: MakePuppet, tmp_path: Path) -> None:
    whole, part = tmp_path / "whole.mp4", tmp_path / "part.mp4"
    ffmpeg("-i", puppet(seconds=8.0, **SMALL), "-c", "copy", "-movflags", "faststart", whole)
    part.write_bytes(whole.read_bytes()[: whole.stat().st_size * 6 // 10])
    status, document = score(part)
    assert (status, document["offset_frames"] is not None) == (0, True)
    assert document["video"]["duration_s"] == pytest.approx(4.5, abs=1.5)


def test_subtitles_and_attachments_are_left_alone(score: Score, good: Path, tmp_path: Path) -> None:
    (tmp_path / "font.ttf").write_bytes(b"not a font")
    (tmp_path / "sub.srt").write_text("1\n00:00:00,000 --> 00:00:03,000\n{\\fnx}<img src='http://127.0.0.1/a'>\n")
    attached = ["-attach", tmp_path / "font.ttf", "-metadata:s:t", "mimetype=application/x-truetype-font"]
    ffmpeg(
        "-i",
        good,
        "-i",
        tmp_path / "sub.srt",
        "-map",
        "0",
        "-map",
        "1",
        "-c",
        "copy",
        "-c:s",
        "ass",
        *attached,
        tmp_path / "s.mkv",
    )
    assert score(tmp_path / "s.mkv")[1]["offset_frames"] is not None


@pytest.mark.parametrize(
    "name",
    [
        "with space.mp4",
        "日本語 ünï.mp4",
        "new\nline.mp4",
        "-dash.mp4",
        "-y",
        "concat:a|b.mp4",
        "100%d %s %03d.mp4",
        "quote'\"`$(x)\\.mp4",
        "pipe:0",
        "a\nInput #0\n  Stream #0:9: Video: h264, 99999x99999 [SAR 1:1], 25 fps\n",
        "Duration: 99:00:00.00",
        "bytes\udcff.mp4",
        "https:x.mp4",
    ],
    ids=ascii,
)
def test_names_are_only_names(
    score: Score, puppet: MakePuppet, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    if sys.platform != "linux":
        pytest.skip("this system does not allow all of these names")
    (tmp_path / "named").mkdir()
    (tmp_path / "named" / name).write_bytes(puppet(seconds=1.0, **SMALL).read_bytes())
    assert score(tmp_path / "named" / name)[1]["reason"] == "too_short"
    monkeypatch.chdir(tmp_path / "named")
    assert score(name)[1]["reason"] == "too_short"


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may read everything")
def test_file_that_may_not_be_read(score: Score, good: Path, tmp_path: Path) -> None:
    (tmp_path / "closed.mp4").write_bytes(good.read_bytes())
    (tmp_path / "closed.mp4").chmod(0)
    assert score(tmp_path / "closed.mp4")[1]["error"]["code"] == "file_unreadable"


def test_in_a_batch_each_bad_file_has_its_error_and_the_others_are_scored(score: Score, good: Path, tmp_path: Path) -> None:
    files = [bad_files.text(tmp_path, good), good, tmp_path / "missing.mp4", bad_files.without_index(tmp_path, good), good]
    status, documents = score(*files)
    assert status == 1
    codes = ["not_a_video", None, "file_not_found", "not_a_video", None]
    assert [document.get("error", {}).get("code") for document in documents] == codes
    assert [document["file"] for document in documents] == [str(file) for file in files]
    assert documents[1]["offset_frames"] == documents[4]["offset_frames"] == 0


@contextlib.contextmanager
def web_server() -> Iterator[tuple[str, list[str]]]:
    """A server on this machine, and the paths it was asked for."""
    asked: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(self.path)
            self.send_error(404)

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/secret.ts", asked
        server.shutdown()


@pytest.mark.parametrize("suffix", ["mp4", "m3u8", "mkv"])
@pytest.mark.parametrize("script", [bad_files.PLAYLIST, "ffconcat version 1.0\nfile {}\n", "{}"], ids=["hls", "concat", "url"])
def test_no_file_makes_us_ask_the_network(score: Score, tmp_path: Path, script: str, suffix: str) -> None:
    path = tmp_path / f"script.{suffix}"
    with web_server() as (address, asked):
        path.write_text(script.format(address))
        assert score(path)[1]["error"]["code"] == "not_a_video"
    assert asked == []


def as_program(temporary: Path, *files: str | Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-P", "-m", "lipgate", "score", "--json", *map(str, files)]
    environment = {**os.environ, "TMPDIR": str(temporary)}
    return subprocess.run(command, capture_output=True, text=True, timeout=120, cwd=ROOT, env=environment, check=False)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="there are no named pipes here")
def test_program_does_not_wait_for_a_named_pipe_and_shows_no_traceback(tmp_path: Path, good: Path) -> None:
    os.mkfifo(tmp_path / "pipe.mp4")
    (temporary := tmp_path / "temporary").mkdir()
    done = as_program(temporary, tmp_path / "pipe.mp4", bad_files.noise(tmp_path, good), tmp_path / "missing.mp4")
    assert done.returncode == 1
    codes = [document["error"]["code"] for document in json.loads(done.stdout)]
    assert codes == ["not_a_file", "not_a_video", "file_not_found"]
    assert "Traceback" not in done.stderr
    assert list(temporary.iterdir()) == [], "nor does it leave anything, such as the telemetry of ONNX Runtime"
