"""What `weights import` and `weights fetch` have put into the weights folder, as its `installed.json` files say.

Layout: `<weights_dir>/<model>/installed.json` names a folder beside it with the converted files. A new installation fills a
new folder and then replaces that one small file, so the former one works until the new one is complete.
"""

import json
from dataclasses import dataclass
from pathlib import Path

from lipgate.core.errors import WeightsError
from lipgate.core.files import replace_json
from lipgate.core.settings import settings
from lipgate.core.weights.bundle import Part

FORMAT = 1
"""Version of the converted files. Raised when the networks or the export change, which asks operators to import again."""

SOURCE = "source"
"""Part that holds the safetensors; every other part is a branch's ONNX file."""


@dataclass(frozen=True)
class Installed:
    """One installed model."""

    name: str
    sha256: str
    """Hash of the original file, which says what the model is."""

    bytes: int
    """Size of the original file."""

    folder: Path
    parts: dict[str, Part]


def model_folder(name: str) -> Path:
    """Where a model is installed."""
    return settings().weights_dir / name


def read_installed(name: str) -> Installed | None:
    """What is installed under this name; None where nothing is, or nothing this version can use.

    Raises:
        WeightsError: weights_unreadable, the record is damaged.
    """
    home = model_folder(name)
    try:
        data = json.loads((home / "installed.json").read_text(encoding="utf-8"))
        if data["format"] != FORMAT:
            return None
        folder = home / Path(data["folder"]).name
        parts = {part: Part(folder / Path(entry["file"]).name, entry["sha256"]) for part, entry in data["parts"].items()}
        return Installed(name, data["sha256"], data["bytes"], folder, parts)
    except (FileNotFoundError, NotADirectoryError):
        return None
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        message = f"The record {home / 'installed.json'} is damaged. Import or fetch '{name}' again."
        raise WeightsError("weights_unreadable", message) from error


def current(name: str) -> Installed | None:
    """The same; None too where the record is damaged, which another installation mends."""
    try:
        return read_installed(name)
    except WeightsError:
        return None


def write_installed(installed: Installed, *, verified: bool) -> None:
    """Make an installation the current one: the last step, and a single one."""
    record = {
        "format": FORMAT,
        "folder": installed.folder.name,
        "sha256": installed.sha256,
        "bytes": installed.bytes,
        "verified": verified,
        "parts": {name: {"file": part.path.name, "sha256": part.sha256} for name, part in installed.parts.items()},
    }
    replace_json(model_folder(installed.name) / "installed.json", record)
