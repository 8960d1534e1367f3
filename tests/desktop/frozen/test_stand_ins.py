"""Stand-ins for libraries that OpenCV is linked with: they let it load, and say who they are when they are called."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from lipgate.desktop.frozen.stand_ins import FOLDER, Entry, with_stand_ins

pytestmark = pytest.mark.skipif(
    sys.platform != "linux" or not all(map(shutil.which, ("cc", "nm", "readelf"))), reason="compiles libraries for Linux"
)

CC = shutil.which("cc") or "cc"


def library(folder: Path, name: str, code: str, *needed: Path, version: str | None = None) -> Path:
    """Compile a library called `name`, linked with others."""
    source, target = folder / f"{name}.c", folder / name
    source.write_text(code)
    options = []
    if version:
        (folder / "versions").write_text(f"{version} {{ global: *; }};")
        options = [f"-Wl,--version-script,{folder / 'versions'}"]
    subprocess.run([CC, "-shared", "-fPIC", f"-Wl,-soname,{name}", *options, "-o", target, source, *needed], check=True)
    return target


@pytest.fixture
def wheel(tmp_path: Path) -> list[Entry]:
    """An extension, what it needs, and what only that needs: libvpx behind libavcodec, libaom behind libavif."""
    vpx = library(tmp_path, "libvpx-1.so", "int vpx(void) { return 1; }")
    aom = library(tmp_path, "libaom-1.so", "int aom(void) { return 1; }")
    avcodec = library(
        tmp_path, "libavcodec-1.so", "int vpx(void); int decode(void) { return vpx(); }", vpx, version="LIBAVCODEC_62"
    )
    avif = library(tmp_path, "libavif-1.so", "int aom(void); int picture(void) { return aom(); }", aom)
    code = "int decode(void); int picture(void); int video(void) { return decode(); } int still(void) { return picture(); }"
    cv2 = library(tmp_path, "cv2.abi3.so", code, avcodec, avif)
    libraries: list[Entry] = [(f"{FOLDER}/{path.name}", str(path), "BINARY") for path in (vpx, aom, avcodec, avif)]
    links: list[Entry] = [(path.name, f"{FOLDER}/{path.name}", "SYMLINK") for path in (vpx, avcodec)]
    return [("cv2/cv2.abi3.so", str(cv2), "EXTENSION"), *libraries, *links, ("numpy/x.so", "elsewhere", "BINARY")]


def test_what_only_replaced_libraries_need_goes_too(wheel: list[Entry], tmp_path: Path) -> None:
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    result = with_stand_ins(wheel, scratch)
    gone = {(name, kind) for name, _, kind in wheel} - {(name, kind) for name, _, kind in result}
    assert gone == {(f"{FOLDER}/libvpx-1.so", "BINARY"), ("libvpx-1.so", "SYMLINK")}
    changed = [entry for entry in result if entry not in wheel]
    assert changed == [(f"{FOLDER}/libavcodec-1.so", str(scratch / "libavcodec-1.so"), "BINARY")]


@pytest.mark.parametrize(("function", "status", "said"), [("still", 0, ""), ("video", -6, "OpenCV's decode\n")])
def test_it_loads_with_a_stand_in_which_speaks_when_called(
    function: str, status: int, said: str, wheel: list[Entry], tmp_path: Path
) -> None:
    scratch, inside = tmp_path / "scratch", tmp_path / "inside"
    scratch.mkdir()
    inside.mkdir()
    for name, source, kind in with_stand_ins(wheel, scratch):
        if kind != "SYMLINK" and source != "elsewhere":
            shutil.copy(source, inside / Path(name).name)
    call = f"import ctypes; ctypes.CDLL('{inside}/cv2.abi3.so', mode=2).{function}()"
    done = subprocess.run(
        [sys.executable, "-c", call], env={"LD_LIBRARY_PATH": str(inside)}, capture_output=True, text=True, check=False
    )
    assert done.returncode == status
    assert done.stderr.endswith(said)
    assert "no version information" not in done.stderr


def test_without_a_compiler_nothing_is_replaced(wheel: list[Entry], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    assert with_stand_ins(wheel, tmp_path) == wheel


def test_opencv_of_another_make_is_left_alone(tmp_path: Path) -> None:
    entries: list[Entry] = [("cv2/cv2.pyd", "x", "EXTENSION"), ("cv2/opencv_videoio_ffmpeg.dll", "y", "BINARY")]
    assert with_stand_ins(entries, tmp_path) == entries
