"""What surrounds a face, or how its picture is stored, changes nothing about its sound."""

import subprocess
from collections.abc import Callable
from pathlib import Path

import imageio_ffmpeg
import pytest

from lipgate.core.models import Models
from lipgate.core.pipeline import score
from lipgate.desktop.fix import fix

MakePuppet = Callable[..., Path]

SMALL = {"seconds": 3.2, "size": (320, 180), "face_px": 90, "preset": "ultrafast", "start": 6.0}
H264 = "-c:v libx264 -preset ultrafast -c:a copy"


def ffmpeg(*arguments: str | Path) -> None:
    subprocess.run([imageio_ffmpeg.get_ffmpeg_exe(), "-v", "error", "-nostdin", "-y", *arguments], check=True)


@pytest.fixture(scope="module")
def models() -> Models:
    return Models.load(device="cpu")


@pytest.fixture(scope="module")
def late(puppet: MakePuppet) -> Path:
    return puppet(offset_frames=-5, **SMALL)


@pytest.mark.parametrize(
    ("suffix", "how"),
    [
        (".mp4", f"-vf pad=320:240:0:30 {H264}"),
        (".mp4", f"-vf pad=640:180:160:0 {H264}"),
        (".mp4", f"-vf hflip {H264}"),
        (".mp4", f"-vf drawbox=x=100:y=150:w=120:h=20:color=black:t=fill {H264}"),
        (".mp4", f"-vf fps=50,interlace=lowpass=0:scan=bff -flags +ildct+ilme -x264opts bff=1 {H264}"),
        (".webm", "-vf format=yuva420p -c:v libvpx-vp9 -deadline realtime -cpu-used 8 -c:a libopus"),
        (".mov", "-vf format=rgba -c:v qtrle -c:a copy"),
        (".mov", "-c copy -timecode 01:00:00:00"),
    ],
    ids=["letterbox", "pillars", "mirrored", "subtitle", "bottom field first", "alpha", "rgba", "time code"],
)
def test_picture_is_judged_as_if_it_were_plain(late: Path, models: Models, tmp_path: Path, suffix: str, how: str) -> None:
    made = tmp_path / f"made{suffix}"
    ffmpeg("-i", late, *how.split(), made)
    assert score(made, models).to_dict()["offset_frames"] == pytest.approx(-5, abs=1)


def test_a_still_picture_with_sound_is_frozen(late: Path, models: Models, tmp_path: Path) -> None:
    still, made = tmp_path / "still.png", tmp_path / "made.mp4"
    ffmpeg("-i", late, "-frames:v", "1", still)
    ffmpeg(
        "-loop", "1", "-framerate", "5", "-i", still, "-i", late, "-map", "0:v", "-map", "1:a", "-t", "3.2", *H264.split(), made
    )
    report = score(made, models).to_dict()
    assert report["decision"] != "ALLOW"
    assert "picture_frozen" in report["reasons"]


def test_data_of_a_telephone_is_neither_sound_nor_picture(late: Path, models: Models, tmp_path: Path) -> None:
    """`mebx`: what a telephone noted while it was filming; ffmpeg has no name for it."""
    made = tmp_path / "made.mov"
    ffmpeg("-i", late, "-c", "copy", "-timecode", "01:00:00:00", made)
    made.write_bytes(made.read_bytes().replace(b"tmcd", b"mebx"))
    report = score(made, models).to_dict()
    assert report["offset_frames"] == pytest.approx(-5, abs=1)
    assert [len(report[f"{kind}_tracks"]) for kind in ("sound", "picture")] == [1, 1]
    for suffix in (".mp4", ".mkv"):
        assert fix(made, tmp_path / f"fixed{suffix}", -5).left_out
        assert abs(score(tmp_path / f"fixed{suffix}", models).to_dict()["offset_frames"]) <= 1
