"""How the rooms hang together: imports run one way, and in no circle."""

import ast
from collections.abc import Iterator
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]

PRODUCT = ("core", "handlers", "desktop")

MAY_IMPORT = {
    "core": set(),
    "handlers": {"core"},
    "desktop": {"core", "handlers"},
    "bench": {"core", "handlers", "desktop", "training"},
    "training": {"core"},
    "samples": {"training"},
    "tests": {"core", "handlers", "desktop", "bench", "training"},
}
"""What each folder may import of the others."""


def module_of(path: Path) -> str:
    """Dotted name of a file, below `lipgate` where it is part of the product."""
    parts = path.relative_to(ROOT).with_suffix("").parts
    dotted = ".".join(parts[:-1] if parts[-1] == "__init__" else parts)
    return f"lipgate.{dotted}" if parts[0] in PRODUCT else dotted


MODULES = {module_of(path): path for folder in MAY_IMPORT for path in (ROOT / folder).rglob("*.py")}


def imported(path: Path) -> Iterator[str]:
    """Names of all modules a file imports, also inside functions and for the type checker alone."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert not node.level, f"{path}: a relative import"
            for alias in node.names:
                full = f"{node.module}.{alias.name}"
                yield full if full in MODULES else node.module or ""


IMPORTS = {name: set(imported(path)) for name, path in MODULES.items()}


def folder_of(module: str) -> str:
    """Folder at the top of the repository, for a module of this project."""
    parts = module.split(".")
    return parts[1] if parts[0] == "lipgate" and len(parts) > 1 else parts[0]


@pytest.mark.parametrize("folder", MAY_IMPORT)
def test_arrows_point_one_way(folder: str) -> None:
    allowed = {folder, *MAY_IMPORT[folder]}
    wrong = [
        f"{name} imports {other}"
        for name, others in IMPORTS.items()
        if folder_of(name) == folder
        for other in others
        if folder_of(other) in MAY_IMPORT.keys() - allowed
    ]
    assert not wrong


def test_no_module_is_had_under_two_names() -> None:
    """The folders can be reached from the top of the repository, too; a second copy of a class is another class."""
    wrong = [f"{name} imports {other}" for name, others in IMPORTS.items() for other in others if other.split(".")[0] in PRODUCT]
    assert not wrong


def test_there_is_no_circle() -> None:
    try:
        TopologicalSorter({name: others & MODULES.keys() - {name} for name, others in IMPORTS.items()}).prepare()
    except CycleError as error:
        pytest.fail(" -> ".join(error.args[1]))


@pytest.mark.parametrize("folder", ["handlers", "desktop"])
def test_a_hall_holds_about_ten_files(folder: str) -> None:
    assert len([*(ROOT / folder).glob("*.py")]) <= 11
