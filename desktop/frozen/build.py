"""What goes into the frozen program, for `build.spec`."""

import importlib.metadata
import os
import shutil
import subprocess
from collections.abc import Iterable
from pathlib import Path, PurePosixPath

Entry = tuple[str, str, str]
"""Of PyInstaller: name inside the program, file it comes from, kind."""

PACKAGES = ("core", "handlers", "desktop")

_ONLY_ON_AWS = ("lipgate.handlers.lambda_", "lipgate.handlers.adapters.aws.")
_SETTINGS_OF_AWS = "lipgate.handlers.adapters.aws.settings"
"""The one module of the AWS side that commands import."""

_NOT_INSIDE = ("lipgate.desktop.frozen",)

_NEVER = (
    # Tests, drawing and training; what optional imports of the libraries would drag in from a fuller environment.
    *("IPython", "PIL", "_pytest", "boto3", "botocore", "matplotlib", "mypy", "pandas", "pip", "pytest", "scipy", "skimage"),
    # Of the standard library and of numpy: for people at a prompt, or for building.
    *("tkinter", "_tkinter", "curses", "readline", "pydoc_data", "lib2to3", "ensurepip", "idlelib", "numpy.f2py"),
    *("setuptools", "pkg_resources", "_distutils_hack", "distutils", "numpy.distutils"),
    # Parts of packages that nothing here calls.
    *("sounddevice", "_sounddevice_data", "google.protobuf", "flatbuffers", "training", "bench"),
)
_WITH_TORCH = ("torch", "safetensors", "nvidia", "sympy", "networkx", "functorch")
_BESIDE_TORCH = ("triton", "onnx", "onnxscript", "tensorboard")
"""What PyTorch can do without as long as nothing is compiled, exported or drawn."""

_OF_THE_DRIVER = ("libcuda.", "libcudadebugger.", "libnvidia-")
"""Libraries that must be those of the machine's own driver; packages carry stubs of them."""

_FOR_COMPILERS = (".a", ".lib", ".h", ".hpp", ".cuh", ".cpp", ".cmake", ".pyi")


def modules(cuda: bool) -> list[str]:
    """Every module of the project that a user may reach: commands are imported by name, which PyInstaller cannot follow."""
    root = Path(__file__).resolve().parents[2]
    found = ["lipgate"]
    for package in PACKAGES:
        for path in sorted((root / package).rglob("*.py")):
            parts = path.relative_to(root).with_suffix("").parts
            found.append(".".join(("lipgate", *(parts[:-1] if parts[-1] == "__init__" else parts))))
    inside = [name for name in found if name == _SETTINGS_OF_AWS or not name.startswith((*_ONLY_ON_AWS, *_NOT_INSIDE))]
    return [*inside, *(["safetensors.torch"] if cuda else [])]


def left_out(cuda: bool) -> list[str]:
    """Modules that must not come along, whatever the environment has."""
    return [*_NEVER, *_BESIDE_TORCH, *(() if cuda else _WITH_TORCH)]


def data_files(project: Path) -> list[tuple[str, str]]:
    """Files that are no modules, each with its folder inside the program: weights, licence, pages of the kiosk."""
    pages = [path for path in (project / "desktop").rglob("*") if path.is_file() and path.suffix not in (".py", ".pyc")]
    weights = [path for path in (project / "weights").rglob("*") if path.is_file()]
    return [
        *((str(path), str("lipgate" / path.relative_to(project).parent)) for path in pages),
        *((str(path), str(path.relative_to(project).parent)) for path in weights),
        (str(project / "LICENSE"), "licences"),
        (str(project / "NOTICES.md"), "licences"),
    ]


def cuda_libraries(cuda: bool) -> list[tuple[str, str]]:
    """Every library of the installed `nvidia-*` packages, each with its folder inside the program.

    All of them, and where they were: cuDNN opens its engines by name when it runs, which no analysis of linked libraries
    sees, and PyTorch looks for them beside itself.
    """
    if not cuda:
        return []
    files = [
        file
        for distribution in importlib.metadata.distributions()
        if (distribution.metadata["Name"] or "").lower().startswith("nvidia-")
        for file in distribution.files or []
        if (".so" in file.suffixes or file.suffix == ".dll") and not file.name.startswith(_OF_THE_DRIVER)
    ]
    return sorted((str(file.locate()), str(file.parent)) for file in files)


def without_tools(entries: Iterable[Entry]) -> list[Entry]:
    """The same files, but of PyTorch's and CUDA's not those for who builds or tests them: headers, static libraries, programs."""
    return [entry for entry in entries if not (entry[0].startswith(("torch/", "nvidia/")) and _is_tool(PurePosixPath(entry[0])))]


def licences(inside: Iterable[str], scratch: Path) -> list[Entry]:
    """Licence texts of every package that is inside, and what ffmpeg says of its own.

    Args:
        inside: names of modules and of files.
        scratch: folder for what is written for it.
    """
    tops = {PurePosixPath(name).parts[0].partition(".")[0] for name in inside}
    owners = importlib.metadata.packages_distributions()
    entries: list[Entry] = []
    for name in sorted({owner for top in tops for owner in owners.get(top, ())}):
        for file in importlib.metadata.files(name) or []:
            if _is_licence(file):
                entries.append((f"licences/{name}/{_below_metadata(file)}", str(file.locate()), "DATA"))
    entries.append(("licences/python.txt", str(_licence_of_python()), "DATA"))
    entries.append(("licences/ffmpeg.txt", str(_statement_of_ffmpeg(scratch)), "DATA"))
    return [entry for entry in entries if Path(entry[1]).is_file()]


def without_symbols(entries: Iterable[Entry], scratch: Path) -> list[Entry]:
    """The same libraries, but Python's own without what only a debugger reads: three quarters of it where it was built by hand.

    Wheels come stripped, and some of their libraries do not survive it a second time.
    """
    strip = shutil.which("strip")
    return [_stripped(entry, strip, scratch) if strip and _is_libpython(entry) else entry for entry in entries]


def check(folder: Path) -> None:
    """Hold the finished program against what it promises.

    Raises:
        SystemExit: something is missing, or inside although it may not be.
    """
    inside = folder / "_internal"
    ffmpeg = list((inside / "imageio_ffmpeg" / "binaries").glob("ffmpeg-*"))
    problems = [] if len(ffmpeg) == 1 else [f"one ffmpeg was expected, not {len(ffmpeg)}"]
    problems += [f"{path} is not executable" for path in ffmpeg if not os.access(path, os.X_OK)]
    if not (inside / "weights" / "manifest.json").is_file():
        problems.append("the weights are missing")
    if problems:
        raise SystemExit("build.spec: " + "; ".join(problems))


def _is_tool(name: PurePosixPath) -> bool:
    # The one program that PyTorch itself starts, and looks for when it is imported.
    in_folder = name.parts[1] in ("bin", "test", "include", "share") and name.name != "torch_shm_manager"
    return in_folder or name.suffix in _FOR_COMPILERS


def _is_libpython(entry: Entry) -> bool:
    return entry[2] == "BINARY" and Path(entry[0]).name.startswith("libpython") and ".so" in entry[0]


def _stripped(entry: Entry, strip: str, scratch: Path) -> Entry:
    name, source, kind = entry
    target = scratch / Path(name).name
    subprocess.run([strip, "--strip-unneeded", "-o", str(target), source], check=True)
    return name, str(target), kind


def _is_licence(file: importlib.metadata.PackagePath) -> bool:
    return file.name.upper().startswith(("LICENSE", "LICENCE", "COPYING", "NOTICE", "THIRDPARTYNOTICES")) and file.suffix != ".py"


def _below_metadata(file: importlib.metadata.PackagePath) -> PurePosixPath:
    return PurePosixPath(*file.parts[1:])


def _licence_of_python() -> Path:
    return Path(os.__file__).with_name("LICENSE.txt")


def _statement_of_ffmpeg(scratch: Path) -> Path:
    import imageio_ffmpeg

    said = [
        subprocess.run([imageio_ffmpeg.get_ffmpeg_exe(), *options], check=True, capture_output=True, text=True).stdout
        for options in (["-version"], ["-hide_banner", "-L"])
    ]
    path = scratch / "ffmpeg.txt"
    path.write_text("The program ffmpeg is a work of its own, run as a process. Source: https://ffmpeg.org\n\n" + "\n".join(said))
    return path
