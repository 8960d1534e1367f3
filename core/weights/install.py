"""Installs official weights: from a file the operator has, or from where their authors publish them."""

import os
import shutil
import tempfile
import time
from pathlib import Path
from urllib.parse import urljoin

from lipgate.core.errors import DeviceError, InputError, OutputError, WeightsError
from lipgate.core.files import alone, hash_file, sha256_of, sync_file, sync_folder
from lipgate.core.runtime import frozen, require_torch
from lipgate.core.settings import settings
from lipgate.core.weights.bundle import Part
from lipgate.core.weights.convert import convert
from lipgate.core.weights.download import OnBytes, download
from lipgate.core.weights.installed import Installed, current, model_folder, write_installed
from lipgate.core.weights.manifest import Model, WeightFile, load_manifest

LICENCE_NOTE = (
    "The official SyncNet and S3FD weights belong to their authors (Visual Geometry Group, University of Oxford). "
    "The page that publishes them, https://www.robots.ox.ac.uk/~vgg/software/lipsync/, allows research use under CC BY; "
    "anything else must be settled with the authors."
)
"""What an operator accepts before official weights are fetched."""

_LARGEST = 1 << 30
"""Most bytes an unverified file may have."""

LOCK = "lock"
"""File in a model's folder; whoever converts holds it."""

_STALE_S = 24 * 3600
"""Half-made installations older than this were left by a crash and are removed."""


def official(name: str) -> tuple[Model, WeightFile]:
    """The official model called `name` and its original file.

    Raises:
        WeightsError: weights_unknown, also for embedded models, which are not installed.
    """
    manifest = load_manifest()
    model = manifest.model(name)
    if not model.official or model.source is None:
        names = ", ".join(sorted(other.name for other in manifest.models.values() if other.official))
        raise WeightsError("weights_unknown", f"'{name}' is part of Lipgate and needs no installation. Official models: {names}.")
    return model, manifest.files[model.source]


def import_file(path: Path, name: str) -> Installed:
    """Check a weight file, convert it and make it the installed one. A crash at any point leaves the former one working.

    Args:
        path: the official file, or with `LIPGATE_ALLOW_UNVERIFIED_WEIGHTS=1` any state dict of the same network.
        name: `syncnet` or `s3fd`.

    Raises:
        InputError: file_not_found, not_a_file, file_unreadable.
        WeightsError: weights_unknown, weights_mismatch, weights_unreadable.
        DeviceError: torch_missing.
        OutputError: output_failed.
    """
    return _install(path, name, again=True)


def import_if_new(path: Path, name: str) -> Installed:
    """Import a file unless what is installed was made of it. Of several processes that start at once only one converts.

    Raises:
        LipgateError: as `import_file`.
    """
    return _install(path, name, again=False)


def _install(path: Path, name: str, *, again: bool) -> Installed:
    _, original = official(name)
    content = _read(path, original)
    sha256 = sha256_of(content)
    verified = sha256 == original.sha256
    if not verified and not settings().allow_unverified_weights:
        raise _mismatch(path, original, f"its SHA-256 is {sha256}, not {original.sha256}")
    if not again and (there := current(name)) and there.sha256 == sha256:
        return there
    _require_torch(path)
    home = model_folder(name)
    try:
        home.mkdir(parents=True, exist_ok=True)
        with alone(home / LOCK):
            if not again and (there := current(name)) and there.sha256 == sha256:
                return there
            return _converted(content, name, home, verified=verified)
    except OSError as error:
        message = f"The weights cannot be written to {home}: {error}. Set LIPGATE_WEIGHTS_DIR to another folder."
        raise OutputError("output_failed", message) from error


def _converted(content: bytes, name: str, home: Path, *, verified: bool) -> Installed:
    folder = Path(tempfile.mkdtemp(dir=home, prefix="v-"))
    try:
        files = convert(content, name, folder)
        for file in files.values():
            sync_file(file)
        folder.chmod(0o755)
        sync_folder(folder)
        parts = {part: Part(file, hash_file(file)) for part, file in files.items()}
        installed = Installed(name, sha256_of(content), len(content), folder, parts)
        former = _current_folder(name)
        write_installed(installed, verified=verified)
    except BaseException:
        if _current_folder(name) != folder:
            shutil.rmtree(folder, ignore_errors=True)
        raise
    _clean(home, former)
    return installed


def fetch(name: str, *, accept_licence: bool, progress: OnBytes | None = None) -> Installed:
    """Download an official file from `settings().weights_url` and install it. An interrupted download goes on where it stopped.

    Args:
        name: `syncnet` or `s3fd`.
        accept_licence: the operator has read and accepted `LICENCE_NOTE`.
        progress: called with (bytes so far, bytes in all).

    Raises:
        WeightsError: weights_unknown, licence_not_accepted, fetch_failed, weights_mismatch, weights_unreadable.
        DeviceError: torch_missing.
        OutputError: output_failed.
    """
    _, original = official(name)
    if not accept_licence:
        raise WeightsError("licence_not_accepted", f"{LICENCE_NOTE} To accept, add --accept-licence.")
    folder = settings().weights_dir
    _require_torch(folder / original.file)
    url = urljoin(settings().weights_url.rstrip("/") + "/", original.file)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        part = download(url, folder / f"{original.file}.part", original.bytes, original.sha256, progress=progress)
    except OSError as error:
        raise OutputError("output_failed", f"The download cannot be written to {folder}: {error}") from error
    installed = import_file(part, name)
    part.unlink(missing_ok=True)
    return installed


def _read(path: Path, original: WeightFile) -> bytes:
    """The file's bytes, read once; everything after works on these."""
    if not path.exists():
        raise InputError("file_not_found", f"{path} does not exist.")
    if not path.is_file():
        raise InputError("not_a_file", f"{path} is not a file.")
    size = path.stat().st_size
    if size != original.bytes and not settings().allow_unverified_weights:
        raise _mismatch(path, original, f"it has {size:,} bytes, not {original.bytes:,}")
    if size > _LARGEST:
        raise WeightsError("weights_unreadable", f"{path} has {size:,} bytes, more than any weights of this kind.")
    try:
        return path.read_bytes()
    except OSError as error:
        raise InputError("file_unreadable", f"{path} cannot be read: {error}") from error


def _mismatch(path: Path, original: WeightFile, why: str) -> WeightsError:
    return WeightsError(
        "weights_mismatch",
        f"{path} is not the official {original.file}: {why}. "
        "For weights of your own set LIPGATE_ALLOW_UNVERIFIED_WEIGHTS=1; reports then say verified: false.",
    )


def _require_torch(path: Path) -> None:
    if frozen():
        message = (
            f"This program cannot convert {path.name}: it carries no exporter. Convert it with an installed Lipgate, by "
            "`./lipgate weights import`, and set LIPGATE_WEIGHTS_DIR here to the folder it names."
        )
        raise DeviceError("torch_missing", message)
    require_torch(f"converting {path.name} needs it")


def _current_folder(name: str) -> Path | None:
    there = current(name)
    return there.folder if there else None


def _clean(home: Path, former: Path | None) -> None:
    """Remove the installation that was replaced, and what crashes have left. Whatever cannot be removed stays."""
    current = _current_folder(home.name)
    for folder in home.glob("v-*"):
        if folder == current:
            continue
        try:
            stale = time.time() - os.stat(folder).st_mtime > _STALE_S  # noqa: PTH116
        except OSError:
            continue
        if folder == former or stale:
            shutil.rmtree(folder, ignore_errors=True)
