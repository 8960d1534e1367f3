"""What `build.spec` puts into the program; told without building it."""

from pathlib import Path

import pytest

from lipgate.desktop.cli import COMMANDS
from lipgate.desktop.frozen import build

ROOT = Path(__file__).parents[3]


def test_every_command_is_named_to_pyinstaller() -> None:
    assert {command.module for command in COMMANDS} <= set(build.modules(cuda=False))


@pytest.mark.parametrize(
    "start", ["lipgate.desktop.frozen", "lipgate.handlers.lambda_", "lipgate.handlers.adapters.aws.clients", "training", "tests"]
)
def test_what_a_station_never_runs_is_not_inside(start: str) -> None:
    assert not [name for name in build.modules(cuda=True) if name.startswith(start)]


def test_every_module_named_exists() -> None:
    for name in build.modules(cuda=False):
        path = (ROOT / "src").joinpath(*name.split("."))
        assert path.with_suffix(".py").is_file() or (path / "__init__.py").is_file(), name


def test_weights_and_pages_are_inside_and_no_sources() -> None:
    files = {str(Path(folder, Path(source).name)) for source, folder in build.data_files(ROOT)}
    weights = {"weights/manifest.json", "weights/mini_video.onnx"}
    assert {*weights, "licences/LICENSE", "lipgate/desktop/kiosk/static/index.html"} <= files
    assert not [name for name in files if name.endswith((".py", ".pyc"))]


def test_torch_is_left_out_unless_it_is_for_cuda() -> None:
    assert {"torch", "nvidia", "scipy", "matplotlib"} <= set(build.left_out(cuda=False))
    assert not {"torch", "nvidia", "sympy"} & set(build.left_out(cuda=True))
    assert {"scipy", "matplotlib", "triton"} <= set(build.left_out(cuda=True))


def test_libraries_of_cuda_packages_keep_their_places(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Also those that are opened by name, and those of packages without a version of CUDA in their own name."""
    inside = ("nvidia/cudnn/lib/libcudnn_engines_precompiled.so.9", "nvidia/cu13/lib/libcublas.so.13")
    beside = ("nvidia/cu13/include/cublas.h", "nvidia/cu13/lib/stubs/libcuda.so", "nvidia/cu13/lib/libcudart_static.a")
    record = tmp_path / "nvidia_cublas-13.0.dist-info"
    record.mkdir()
    (record / "METADATA").write_text("Metadata-Version: 2.1\nName: nvidia-cublas\nVersion: 13.0\n")
    (record / "RECORD").write_text("".join(f"{name},,\n" for name in (*inside, *beside)))
    monkeypatch.syspath_prepend(str(tmp_path))
    found = [place for place in build.cuda_libraries(cuda=True) if place[0].startswith(str(tmp_path))]
    assert found == sorted((str(tmp_path / name), str(Path(name).parent)) for name in inside)
    assert build.cuda_libraries(cuda=False) == []


def test_what_only_builders_of_torch_need_is_dropped() -> None:
    names = ("torch/lib/libtorch.so", "torch/bin/torch_shm_manager", "torch/version.py", "core/notes.h", "bin/x")
    others = (
        "torch/include/ATen/ATen.h",
        "torch/lib/libc10.a",
        "torch/bin/FileStoreTest",
        "torch/test/vec_test",
        "nvidia/cu13/x.h",
    )
    kept = [(name, "source", "DATA") for name in names]
    assert build.without_tools([*kept, *((name, "source", "BINARY") for name in others)]) == kept


@pytest.mark.parametrize("lost", ["ffmpeg", "permission", "weights"])
def test_a_build_that_lost_something_fails(lost: str, tmp_path: Path) -> None:
    ffmpeg = tmp_path / "_internal" / "imageio_ffmpeg" / "binaries" / "ffmpeg-linux"
    manifest = tmp_path / "_internal" / "weights" / "manifest.json"
    for path in (ffmpeg, manifest):
        path.parent.mkdir(parents=True)
        path.write_text("")
    ffmpeg.chmod(0o755)
    build.check(tmp_path)
    if lost == "permission":
        ffmpeg.chmod(0o644)
    else:
        (ffmpeg if lost == "ffmpeg" else manifest).unlink()
    with pytest.raises(SystemExit, match=lost.replace("permission", "not executable")):
        build.check(tmp_path)
