"""Finds the weights of a model, embedded or installed. Looking up converts nothing and writes nothing."""

from dataclasses import dataclass
from typing import Literal

from lipgate.core.errors import WeightsError
from lipgate.core.settings import settings
from lipgate.core.weights.bundle import Bundle, Part
from lipgate.core.weights.installed import SOURCE, read_installed
from lipgate.core.weights.manifest import Kind, Manifest, Model, load_manifest, weights_folder


@dataclass(frozen=True)
class Availability:
    """One line of `weights list`."""

    name: str
    kind: Kind
    state: Literal["embedded", "installed", "missing"]
    verified: bool | None
    """None where there is nothing to verify."""

    version: str
    sha256: str | None
    bytes: int | None
    licence: str | None


@dataclass(frozen=True)
class Check:
    """What `weights verify` says of one file."""

    name: str
    """The model."""

    file: str
    problem: str | None
    """None: the file is as it should be."""


def find(name: str) -> Bundle:
    """The weights of a model, as they lie in the weights folder of the project or of the operator.

    Raises:
        WeightsError: weights_unknown, weights_missing, weights_mismatch, weights_unreadable.
    """
    manifest = load_manifest()
    model = manifest.model(name)
    return _official(model, manifest) if model.official else _embedded(model, manifest)


def available() -> list[Availability]:
    """All models: what they are and whether they can be used. Reads no weights."""
    manifest = load_manifest()
    return [_availability(model, manifest) for model in manifest.models.values()]


def verify() -> list[Check]:
    """Hash every embedded and installed file. Official models that are not installed are not listed."""
    manifest = load_manifest()
    return [check for model in manifest.models.values() for check in _verify_model(model, manifest)]


def _embedded(model: Model, manifest: Manifest) -> Bundle:
    if model.source is None:
        raise WeightsError("weights_missing", f"The weights of '{model.name}' are not in this copy of Lipgate.")
    source = _embedded_part(model.source, manifest)
    branches = {branch: _embedded_part(key, manifest) for branch, key in model.branches.items()}
    torch_source = source if source.path.suffix == ".safetensors" else None
    return Bundle(model.name, model.kind, model.version, source.sha256, True, model.calibration, torch_source, branches)


def _embedded_part(key: str, manifest: Manifest) -> Part:
    return Part(weights_folder() / manifest.files[key].file, manifest.files[key].sha256)


def _official(model: Model, manifest: Manifest) -> Bundle:
    original = manifest.files[model.source or ""]
    installed = read_installed(model.name)
    if installed is None:
        name = model.name
        raise WeightsError(
            "weights_missing",
            f"The official weights of '{name}' are not installed. Run: ./lipgate weights fetch {name}\n"
            f"or, with a copy of {original.file} at hand: ./lipgate weights import {original.file} --as {name}",
        )
    verified = installed.sha256 == original.sha256
    if not verified and not settings().allow_unverified_weights:
        raise WeightsError(
            "weights_mismatch",
            f"The installed weights of '{model.name}' are not the official ones. Set LIPGATE_ALLOW_UNVERIFIED_WEIGHTS=1 to use "
            f"them, or run: ./lipgate weights fetch {model.name}",
        )
    branches = {name: part for name, part in installed.parts.items() if name != SOURCE}
    source = installed.parts.get(SOURCE)
    return Bundle(model.name, model.kind, model.version, installed.sha256, verified, model.calibration, source, branches)


def _availability(model: Model, manifest: Manifest) -> Availability:
    file = manifest.files.get(model.source or "")
    licence = file.licence if file else None
    if not model.official:
        state: Literal["embedded", "missing"] = "embedded" if file else "missing"
        sha256, size = (file.sha256, file.bytes) if file else (None, None)
        return Availability(model.name, model.kind, state, True if file else None, model.version, sha256, size, licence)
    installed = read_installed(model.name)
    if installed is None:
        return Availability(model.name, model.kind, "missing", None, model.version, None, None, licence)
    verified = file is not None and installed.sha256 == file.sha256
    return Availability(model.name, model.kind, "installed", verified, model.version, installed.sha256, installed.bytes, licence)


def _verify_model(model: Model, manifest: Manifest) -> list[Check]:
    if not model.official:
        if model.source is None:
            return [Check(model.name, model.name, "not in this copy of Lipgate")]
        keys = dict.fromkeys([model.source, *model.branches.values()])
        return [_verify_part(model.name, _embedded_part(key, manifest)) for key in keys]
    try:
        installed = read_installed(model.name)
    except WeightsError as error:
        return [Check(model.name, "installed.json", error.message)]
    if installed is None:
        return []
    checks = [_verify_part(model.name, part) for part in installed.parts.values()]
    original = manifest.files[model.source or ""]
    if installed.sha256 != original.sha256 and not settings().allow_unverified_weights:
        checks.append(Check(model.name, original.file, "converted from another file than the official one"))
    return checks


def _verify_part(name: str, part: Part) -> Check:
    try:
        part.read()
    except WeightsError as error:
        return Check(name, part.path.name, error.message)
    return Check(name, part.path.name, None)
