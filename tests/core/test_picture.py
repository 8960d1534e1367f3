"""Planes show the colours, the grey and the size that the same picture has in BGR, however a file holds it."""

import subprocess
from pathlib import Path

import cv2
import imageio_ffmpeg
import numpy as np
import pytest

from lipgate.core import media
from lipgate.core.media.tracks import Kind, listed
from lipgate.core.picture import LUMA, Planes, bgr, grey, shrink

WIDTH, HEIGHT = 320, 180

RAMPS = "r='X*255/W':g='Y*255/H':b='255-X*255/W'"
"""Red grows to the right, green downwards, blue to the left."""


def painted(width: int, height: int) -> np.ndarray:
    across, down = np.meshgrid(np.arange(width) * 255 / width, np.arange(height) * 255 / height)
    return np.stack([255 - across, down, across], axis=-1)


def clip(folder: Path, layout: str, matrix: str, wide: bool, size: str = f"{WIDTH}x{HEIGHT}") -> media.Clip:
    path = folder / "ramps.mkv"
    source = f"color=black:s={size}:r=25:d=0.04,format=gbrp,geq={RAMPS}"
    filters = (
        [] if layout.startswith(("gbr", "gray")) else [f"scale=out_color_matrix={matrix}:out_range={'pc' if wide else 'tv'}"]
    )
    told = ["-colorspace", matrix] if matrix != "bt601" else []
    made = ["-vf", ",".join([*filters, f"format={layout}"]), "-c:v", "ffv1", *told, "-color_range", "pc" if wide else "tv"]
    program = imageio_ffmpeg.get_ffmpeg_exe()
    subprocess.run([program, "-v", "error", "-y", "-f", "lavfi", "-i", source, *made, path], check=True)
    return media.probe(path)


@pytest.mark.parametrize(
    ("layout", "matrix", "wide"),
    [
        ("yuv420p", "bt601", False),
        ("yuv420p", "bt601", True),
        ("yuv420p", "bt709", False),
        ("yuv420p", "bt709", True),
        ("yuv420p", "bt2020nc", False),
        ("yuv420p10le", "bt709", False),
        ("yuv422p", "bt709", False),
        ("yuv444p", "bt601", False),
        ("yuv444p12le", "bt2020nc", False),
        ("yuva420p", "bt601", False),
        ("gbrp", "bt601", True),
        ("gbrap", "bt601", True),
    ],
)
def test_colours_are_those_that_were_painted(tmp_path: Path, layout: str, matrix: str, wide: bool) -> None:
    [picture] = media.planes(clip(tmp_path, layout, matrix, wide))
    assert isinstance(picture, Planes)
    wanted = painted(WIDTH, HEIGHT)
    assert np.abs(bgr(picture) - wanted).mean() < 1.5
    in_grey = cv2.cvtColor(np.round(wanted).astype(np.uint8), cv2.COLOR_BGR2GRAY).astype(int)
    rows, columns = slice(31, 120), slice(17, 200)
    assert np.abs(grey(picture, rows, columns) - in_grey[rows, columns]).mean() < 1.5
    assert np.abs(shrink(picture, 80) - painted(80, 45)).mean() < 3  # an edge is half a pixel away


def test_a_grey_file_stays_grey(tmp_path: Path) -> None:
    [picture] = media.planes(clip(tmp_path, "gray", "bt601", wide=True))
    shown = bgr(picture).astype(int)
    assert np.ptp(shown, axis=-1).max() <= 1
    assert np.ptp(shown) > 150


@pytest.mark.parametrize("size", ["321x180", "320x179", "33x35"])
def test_a_picture_of_odd_size_loses_no_row_and_no_column(tmp_path: Path, size: str) -> None:
    [picture] = media.planes(clip(tmp_path, "yuv444p", "bt601", wide=False, size=size))
    width, height = map(int, size.split("x"))
    assert picture.shape == (height, width, 3)
    assert np.abs(bgr(picture) - painted(width, height)).mean() < 1.5


@pytest.mark.parametrize("matrix", LUMA)
def test_a_part_in_grey_is_that_part_of_the_whole(matrix: str) -> None:
    rng = np.random.default_rng(1)
    picture = Planes(rng.integers(16, 236, 40 * 30 * 3 // 2, np.uint8), 30, 40, matrix)
    whole = grey(picture, slice(0, 30), slice(0, 40))
    for rows, columns in ((slice(0, 1), slice(39, 40)), (slice(7, 30), slice(3, 8)), (slice(4, 9), slice(0, 40))):
        assert (grey(picture, rows, columns) == whole[rows, columns]).all()


@pytest.mark.parametrize(
    ("said", "matrix"),
    [
        ("yuv420p(tv, bt709, progressive), 1280x720", "bt709"),
        ("yuv420p10le(tv, bt2020nc/bt2020/arib-std-b67), 64x48", "bt2020nc"),
        ("yuvj420p(pc, bt470bg/unknown/unknown), 64x48", "bt470bg"),
        ("yuv420p(tv, unknown/bt709/bt709, progressive), 64x48", None),
        ("yuv420p(progressive), 64x48", None),
        ("gbrp(pc, gbr/unknown/unknown), 64x48", None),
        ("yuv420p, 64x48 (attached pic)", None),
    ],
)
def test_the_matrix_is_the_one_the_file_names(said: str, matrix: str | None) -> None:
    header = "#tb 0: 1/25\n#media_type 0: video\n#codec_id 0: h264\n#dimensions 0: 64x48\n"
    [track] = listed(header, f"  Stream #0:0(und): Video: h264 (High) (avc1 / 0x31637661), {said}\n")
    assert (track.kind, track.matrix) == (Kind.PICTURE, matrix)
