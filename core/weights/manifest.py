"""What the project knows of every weight file: `weights/manifest.json`, read into frozen values."""

import json
import sys
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Literal

from lipgate.core.calibration import Calibration
from lipgate.core.errors import WeightsError
from lipgate.core.files import hash_file, replace_json

SCHEMA = 1
"""Version of the manifest's layout."""

Kind = Literal["sync", "hearing", "faces", "speech", "visibility", "splices"]
"""What a model is for."""


@dataclass(frozen=True)
class WeightFile:
    """One file: embedded in `weights/`, or an official one that operators install."""

    name: str
    """Key in the manifest."""

    file: str
    """File name."""

    sha256: str
    bytes: int

    origin: str
    """Where it comes from, for a person."""

    licence: str
    """SPDX name where there is one, else a sentence."""

    licence_file: str | None = None
    """Full text, inside `weights/`."""


@dataclass(frozen=True)
class Model:
    """A network and the files it is made of."""

    name: str
    kind: Kind
    version: str

    source: str | None
    """Key of the file that identifies it: the safetensors of an embedded torch net, the ONNX file itself where there is nothing
    else, the original of an official one. None while it has not been made."""

    branches: dict[str, str]
    """Branch to key of its ONNX file; empty for official models, whose branches are converted on installation."""

    official: bool
    """True: not part of the project; operators install it."""

    calibration: Calibration | None


@dataclass(frozen=True)
class Manifest:
    """All files and models."""

    files: dict[str, WeightFile]
    models: dict[str, Model]

    def model(self, name: str) -> Model:
        """The model called `name`.

        Raises:
            WeightsError: weights_unknown.
        """
        if name not in self.models:
            raise WeightsError("weights_unknown", f"There is no model '{name}'. Known: {', '.join(sorted(self.models))}.")
        return self.models[name]


def weights_folder() -> Path:
    """The folder of the manifest and the embedded files: of the checkout, or of the PyInstaller bundle."""
    bundle = getattr(sys, "_MEIPASS", None)
    return (Path(bundle) if bundle else Path(__file__).parents[2]) / "weights"


def load_manifest(folder: Path | None = None) -> Manifest:
    """Read the manifest.

    Args:
        folder: where it is; `weights_folder()` by default.

    Raises:
        WeightsError: weights_unreadable.
    """
    path = (folder or weights_folder()) / "manifest.json"
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
        if data["schema"] != SCHEMA:
            raise ValueError(f"schema {data['schema']}, this program reads {SCHEMA}")
        files = {name: WeightFile(name=name, **fields) for name, fields in data["files"].items()}
        models = {name: _model(name, fields) for name, fields in data["models"].items()}
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise WeightsError("weights_unreadable", f"The weights manifest {path} cannot be read: {error}") from error
    return Manifest(files, models)


def _model(name: str, fields: dict) -> Model:
    calibration = fields.get("calibration")
    return Model(
        name=name,
        kind=fields["kind"],
        version=fields["version"],
        source=fields.get("source"),
        branches=fields.get("branches", {}),
        official=fields.get("official", False),
        calibration=Calibration(**calibration) if calibration else None,
    )


def record_file(
    name: str, file: str, *, origin: str, licence: str, licence_file: str | None = None, folder: Path | None = None
) -> WeightFile:
    """Enter a file that lies in the weights folder, with its hash and size. Replaces the entry of that name.

    Args:
        name: key of the entry.
        file: file name inside `folder`.
        origin, licence, licence_file: as in `WeightFile`.
        folder: the weights folder; `weights_folder()` by default.
    """
    folder = folder or weights_folder()
    path = folder / file
    entry = WeightFile(name, file, hash_file(path), path.stat().st_size, origin, licence, licence_file)
    data = _raw(folder)
    data["files"][name] = {key: value for key, value in asdict(entry).items() if key != "name" and value is not None}
    replace_json(folder / "manifest.json", data)
    return entry


def record_model(
    name: str,
    *,
    version: str | None = None,
    source: str | None = None,
    branches: dict[str, str] | None = None,
    calibration: Calibration | None = None,
    folder: Path | None = None,
) -> None:
    """Change what the manifest says of a model; what is not given stays as it is.

    Args:
        name: an existing model.
        version, source, branches, calibration: as in `Model`.
        folder: the weights folder; `weights_folder()` by default.

    Raises:
        WeightsError: weights_unknown.
    """
    folder = folder or weights_folder()
    load_manifest(folder).model(name)
    data = _raw(folder)
    changes = {
        "version": version,
        "source": source,
        "branches": branches,
        "calibration": asdict(calibration) if calibration else None,
    }
    data["models"][name].update({key: value for key, value in changes.items() if value is not None})
    replace_json(folder / "manifest.json", data)


def _raw(folder: Path) -> dict:
    return json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
