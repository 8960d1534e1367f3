"""Small libraries in the place of large ones that OpenCV is linked with and nothing here calls: video files, linear algebra.

OpenCV's wheel brings a whole ffmpeg and a whole OpenBLAS of its own, 75 MB, beside the ffmpeg program and numpy's OpenBLAS that
do that work here. A stand-in has the functions that OpenCV asks for when it is loaded; called, each ends the program by name.
"""

import re
import shutil
import subprocess
from collections import defaultdict
from collections.abc import Iterable
from pathlib import Path

Entry = tuple[str, str, str]
"""Of PyInstaller: name inside the program, file it comes from, kind."""

FOLDER = "opencv_python_headless.libs"

REPLACED = ("libavcodec-", "libavformat-", "libavutil-", "libswscale-", "libopenblas")

_TOOLS = ("cc", "nm", "readelf")

_HEAD = """\
#include <stdio.h>
#include <stdlib.h>
#define ABSENT(name) __attribute__((visibility("default"))) void name(void) \\
    { fputs("lipgate: this program was built without OpenCV's " #name "\\n", stderr); abort(); }
"""


def with_stand_ins(entries: Iterable[Entry], scratch: Path) -> list[Entry]:
    """The same libraries with stand-ins, and without those that only the replaced ones needed.

    Args:
        entries: all files; unchanged where there is no compiler, or OpenCV is not the wheel for Linux.
        scratch: folder for what is made.
    """
    entries = list(entries)
    ours = {Path(name).name: Path(source) for name, source, kind in entries if kind == "BINARY" and Path(name).parts[0] == FOLDER}
    extension = next((Path(source) for name, source, _ in entries if re.fullmatch(r"cv2/cv2\..*\.?so", name)), None)
    if extension is None or not ours or not all(map(shutil.which, _TOOLS)):
        return entries
    wanted = _symbols(extension, "--undefined-only")
    made = {
        name: _make(name, wanted & _symbols(path, "--defined-only"), scratch)
        for name, path in ours.items()
        if name.startswith(REPLACED)
    }
    kept = _reached(extension, {**ours, **made})
    result = []
    for name, source, kind in entries:
        base = Path(name).name
        if base in ours and base not in kept:
            continue
        result.append((name, str(made[base]) if kind == "BINARY" and base in made else source, kind))
    return result


def _symbols(library: Path, which: str) -> set[str]:
    """Dynamic symbols, `name` or `name@VERSION`."""
    lines = subprocess.run([_tool("nm"), "-D", which, library], check=True, capture_output=True, text=True).stdout.splitlines()
    return {line.split()[-1].replace("@@", "@") for line in lines}


def _reached(extension: Path, libraries: dict[str, Path]) -> set[str]:
    """Names of the libraries that the extension needs, directly or not."""
    reached: set[str] = set()
    waiting = [extension]
    while waiting:
        listing = subprocess.run([_tool("readelf"), "-d", waiting.pop()], check=True, capture_output=True, text=True).stdout
        new = set(re.findall(r"\(NEEDED\).*\[(.+)\]", listing)) & libraries.keys() - reached
        reached |= new
        waiting += [libraries[name] for name in new]
    return reached


def _make(name: str, symbols: set[str], scratch: Path) -> Path:
    """Compile a stand-in for a library."""
    source, versions, target = (scratch / f"{name}{suffix}" for suffix in (".c", ".map", ""))
    nodes = defaultdict(list)
    for symbol in sorted(symbols):
        function, _, version = symbol.partition("@")
        nodes[version].append(function)
    functions = [function for names in nodes.values() for function in names]
    source.write_text(_HEAD + "".join(f"ABSENT({function})\n" for function in functions))
    versions.write_text(
        "".join(f"{version} {{ global: {'; '.join(names)}; }};\n" for version, names in nodes.items() if version)
        or "{ global: *; };\n"
    )
    options = ["-shared", "-fPIC", "-O1", "-w", "-fno-builtin", f"-Wl,-soname,{name}", f"-Wl,--version-script,{versions}"]
    subprocess.run([_tool("cc"), *options, "-s", "-o", target, source], check=True)
    return target


def _tool(name: str) -> str:
    found = shutil.which(name)
    assert found is not None  # noqa: S101 - `with_stand_ins` has looked
    return found
