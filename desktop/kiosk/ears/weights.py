"""Finds the files of Whisper `base`, checks them, and reads them. Nothing is used before its hash has been checked."""

import importlib.util
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from lipgate.core.errors import WeightsError
from lipgate.core.files import sha256_of
from lipgate.core.runtime import frozen, how_to_install
from lipgate.core.weights.ctranslate2 import read_variables
from lipgate.core.weights.manifest import load_manifest

_MODEL = ("whisper_base_1", "whisper_base_2")
"""Keys in the manifest: the halves of one CTranslate2 file."""

_VOCABULARY = "whisper_base_vocabulary"


@dataclass(frozen=True)
class WhisperFiles:
    """What the files hold."""

    variables: Mapping[str, np.ndarray]
    """Views of one block of memory (145 MB), most of them in half precision."""

    tokens: Mapping[str, int]
    """Number of each token, by its text; a space is written `Ġ`."""

    sha256: str
    """Hash of the two halves put together: of the file as it was published."""


def read_files(folder: Path | None) -> WhisperFiles:
    """Read the weights.

    Args:
        folder: holds the packages of the extra `ears`; None: those that are installed, or `ears` beside the frozen program.

    Raises:
        WeightsError: weights_missing, weights_mismatch, weights_unreadable.
    """
    model = b"".join(_read(key, folder) for key in _MODEL)
    words = _read(_VOCABULARY, folder).decode().split("\n")
    return WhisperFiles(read_variables(model), {word: number for number, word in enumerate(words)}, sha256_of(model))


def _read(key: str, folder: Path | None) -> bytes:
    file = load_manifest().files[key]
    path = _place(file.file, folder)
    try:
        content = path.read_bytes()
    except OSError as error:
        raise WeightsError("weights_missing", f"{path} cannot be read: {error.strerror or error}.") from error
    found = sha256_of(content)
    if found != file.sha256:
        raise WeightsError("weights_mismatch", f"{path} is not the file this project knows: its SHA-256 is {found}.")
    return content


def _place(file: str, folder: Path | None) -> Path:
    if folder is None and not frozen():
        package = file.partition("/")[0]
        spec = importlib.util.find_spec(package)
        if spec is None or not spec.submodule_search_locations:
            raise WeightsError("weights_missing", "The recogniser of phrases is not installed.")
        return Path(next(iter(spec.submodule_search_locations))).parent / file
    return (folder or Path(sys.executable).parent / "ears") / file


def remedy() -> str:
    """What brings the files."""
    if frozen():
        return "Put the packages of the recogniser into the folder `ears` beside the program: see docs/station.md."
    return f"Run: {how_to_install('ears')}"
