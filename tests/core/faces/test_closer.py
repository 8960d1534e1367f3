"""A small face in a large picture is found, one that lies on its side is turned, and neither costs those that are as usual."""

import subprocess
from collections.abc import Callable
from pathlib import Path

import imageio_ffmpeg
import numpy as np
import pytest

from lipgate.core.faces.closer import RARELY, Closer
from lipgate.core.faces.detection import Detection
from lipgate.core.faces.turned import turn_of
from lipgate.core.models import Models
from lipgate.core.pipeline import score

MakePuppet = Callable[..., Path]
LARGE = np.zeros((1080, 1920, 3), np.uint8)


class Sighted:
    """Finds a face of some size where it has at least ten pixels in the picture that is looked at."""

    name, stride = "sighted", 3

    def __init__(self, face_px: float) -> None:
        self.face_px = face_px
        self.sides: list[int] = []

    def detect(self, frame: np.ndarray, small: np.ndarray | None = None) -> list[Detection]:
        return self.detect_at(frame, 320, small)

    def detect_at(self, frame: np.ndarray, side: int, small: np.ndarray | None = None) -> list[Detection]:
        self.sides.append(side)
        found = self.face_px * min(1.0, side / max(frame.shape)) >= 10
        return [Detection(np.array([0, 0, self.face_px, self.face_px], np.float32), 0.9)] if found else []


@pytest.mark.parametrize(
    ("face_px", "sides"), [(200, [320] * 4), (75, [320, 640, 640, 640, 640]), (50, [320, 640, 640, 640, 640])]
)
def test_the_picture_is_as_large_as_the_face_needs(face_px: float, sides: list[int]) -> None:
    detector = Sighted(face_px)
    closer = Closer(detector)
    assert [len(closer.detect(LARGE)) for _ in range(4)] == [1] * 4
    assert detector.sides == sides


def test_a_face_that_comes_near_is_looked_at_in_the_small_picture_again() -> None:
    detector = Sighted(60)
    closer = Closer(detector)
    closer.detect(LARGE)
    detector.face_px = 400
    assert [closer.detect(LARGE)[0].box[2] for _ in range(3)] == [400] * 3
    assert detector.sides[-1] == 320


def test_where_there_is_no_face_closer_looks_are_rare() -> None:
    detector = Sighted(1)
    closer = Closer(detector)
    for _ in range(10 * RARELY):
        assert closer.detect(LARGE) == []
    assert detector.sides.count(640) <= 10 + 4
    assert detector.sides.count(1280) <= 10 + 4


def test_a_small_picture_is_not_looked_at_twice() -> None:
    detector = Sighted(1)
    Closer(detector).detect(np.zeros((180, 320, 3), np.uint8))
    assert detector.sides == [320]


@pytest.fixture(scope="module")
def models() -> Models:
    return Models.load(device="cpu")


def edited(source: Path, target: Path, filters: str) -> Path:
    command = [imageio_ffmpeg.get_ffmpeg_exe(), "-v", "error", "-nostdin", "-y", "-i", source, "-vf", filters]
    subprocess.run([*command, "-c:v", "libx264", "-preset", "ultrafast", "-c:a", "copy", target], check=True)
    return target


SMALL = {"seconds": 3.2, "size": (320, 180), "face_px": 90, "preset": "ultrafast", "start": 6.0}


def test_a_face_of_sixty_pixels_in_full_hd_is_judged(puppet: MakePuppet, models: Models, tmp_path: Path) -> None:
    clip = puppet(offset_frames=-5, crf=10, **SMALL)
    far = edited(clip, tmp_path / "far.mp4", "scale=256:144,pad=1920:1080:900:500:gray")
    report = score(far, models).to_dict()
    assert report["offset_frames"] == pytest.approx(-5, abs=1)
    assert 55 < report["debug"]["all_results"][0]["face_px"] < 80


TURNS = {90: "transpose=cclock", 180: "hflip,vflip", 270: "transpose=clock"}


@pytest.mark.parametrize("degrees", TURNS)
def test_a_picture_that_is_turned_is_turned_back_and_that_is_told(
    puppet: MakePuppet, models: Models, tmp_path: Path, degrees: int
) -> None:
    made = edited(puppet(offset_frames=4, **SMALL), tmp_path / "turned.mp4", TURNS[degrees])
    report = score(made, models).to_dict()
    assert report["picture_tracks"][0]["turned"] == degrees
    assert report["offset_frames"] == pytest.approx(4, abs=1)
    assert (report["video"]["width"], report["video"]["height"]) == (320, 180)


def test_an_upright_picture_is_left_as_it_is(puppet: MakePuppet, models: Models) -> None:
    assert score(puppet(**SMALL), models).to_dict()["picture_tracks"][0]["turned"] == 0
    assert turn_of([], models.detector) == 0
    assert turn_of([LARGE] * 3, models.detector) == 0


@pytest.mark.parametrize("suffix", [".webm", ".ts"])
def test_a_telephone_that_is_turned_on_the_way_is_seen_to_the_end(
    puppet: MakePuppet, models: Models, tmp_path: Path, suffix: str
) -> None:
    codec = {".webm": ["-c:v", "libvpx", "-deadline", "realtime", "-c:a", "libopus"], ".ts": ["-c:v", "libx264", "-c:a", "aac"]}
    clip, upright = (
        puppet(seconds=6.0, size=size, face_px=100, start=6.0, preset="ultrafast") for size in ((320, 180), (180, 320))
    )
    parts = []
    for number, (source, at) in enumerate(((clip, 0), (upright, 3))):
        part = tmp_path / f"{number}{suffix}"
        later = ["-output_ts_offset", str(3 * number)] if suffix == ".ts" else []
        _ffmpeg("-ss", str(at), "-t", "3", "-i", source, *codec[suffix], *later, part)
        parts.append(part)
    made = tmp_path / f"made{suffix}"
    if suffix == ".ts":
        made.write_bytes(b"".join(part.read_bytes() for part in parts))
    else:
        (tmp_path / "list").write_text("".join(f"file {part}\n" for part in parts))
        _ffmpeg("-f", "concat", "-safe", "0", "-i", tmp_path / "list", "-c", "copy", made)
    tracks = score(made, models).to_dict()["debug"]["all_results"]
    assert [(round(track["start_s"]), round(track["end_s"])) for track in tracks] == [(0, 3), (3, 6)]
    assert all(track["face_px"] > 50 and track["offset_frames"] in (-1, 0, 1) for track in tracks)


def _ffmpeg(*arguments: str | Path) -> None:
    subprocess.run([imageio_ffmpeg.get_ffmpeg_exe(), "-v", "error", "-nostdin", "-y", *arguments], check=True)
