"""What is installed beside Lipgate's own code: packages, their licences, and what is known against them."""

import importlib.metadata
import json
import re
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.util import find_spec
from typing import Any

from lipgate.core.errors import OutputError

DISTRIBUTION = "lipgate"

_COPYLEFT = re.compile(r"\b(?:A?GPL|GNU (?:Affero )?General Public)", re.IGNORECASE)
_LESSER = re.compile(r"\bLGPL|\bMPL|Lesser General Public|Mozilla Public", re.IGNORECASE)

UNKNOWN = "unknown"


@dataclass(frozen=True)
class Part:
    """One part that is not Lipgate's own."""

    name: str
    version: str
    licence: str
    """As its authors name it; `unknown` where they do not."""
    note: str = ""
    """What it asks of who passes it on; empty where a copy of its licence is all."""


@dataclass(frozen=True)
class Weakness:
    """Something known against a version of a package."""

    package: str
    version: str
    id: str
    fixed_in: tuple[str, ...]


def parts() -> list[Part]:
    """Every package Lipgate needs or can use, as far as it is installed, by name; the ffmpeg it starts; Python."""
    found = [_part(importlib.metadata.distribution(name)) for name in sorted(_needed())]
    return [*found, _ffmpeg(), Part("python", sys.version.split()[0], "PSF-2.0")]


def weaknesses() -> tuple[list[Weakness], list[str]]:
    """What is known against the packages of this environment, by pip-audit, which asks the Internet.

    Returns:
        What was found, and names of packages that could not be looked up.

    Raises:
        OutputError: audit_failed, where pip-audit is missing or did not answer.
    """
    if find_spec("pip_audit") is None:
        raise OutputError("audit_failed", "The package pip-audit is not installed. Run: pip install pip-audit")
    asked = [sys.executable, "-m", "pip_audit", "--format", "json", "--progress-spinner", "off"]
    answer = subprocess.run(asked, check=False, capture_output=True, text=True, stdin=subprocess.DEVNULL)
    try:
        listed = json.loads(answer.stdout)["dependencies"]
    except (ValueError, KeyError, TypeError) as error:
        said = answer.stderr.strip().splitlines()
        raise OutputError("audit_failed", f"pip-audit did not answer: {said[-1] if said else 'no output'}.") from error
    found = [
        Weakness(package["name"], package["version"], item["id"], tuple(item.get("fix_versions", ())))
        for package in listed
        for item in package.get("vulns", ())
    ]
    return found, [package["name"] for package in listed if "skip_reason" in package and package["name"] != DISTRIBUTION]


def _needed() -> set[str]:
    """Names of what Lipgate and its extras need, and of what that needs, as far as it is there."""
    installed = {_normal(one.name): one for one in importlib.metadata.distributions()}
    pending, found = list(_required(installed[DISTRIBUTION])) if DISTRIBUTION in installed else list(installed), set[str]()
    while pending:
        name = pending.pop()
        if name in installed and name not in found and name != DISTRIBUTION:
            found.add(name)
            pending += _required(installed[name])
    return found


def _required(one: importlib.metadata.Distribution) -> Iterator[str]:
    """Names, without versions; those of extras too, which are looked for among what is installed."""
    for text in one.requires or ():
        if match := re.match(r"[A-Za-z0-9][A-Za-z0-9._-]*", text):
            yield _normal(match[0])


def _normal(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def _part(one: importlib.metadata.Distribution) -> Part:
    meta: Any = one.metadata
    classes = [line.rpartition(" :: ")[2] for line in meta.get_all("Classifier") or () if line.startswith("License ::")]
    stated = (meta.get("License-Expression") or "").strip() or ", ".join(one for one in classes if one != "OSI Approved")
    licence = stated or (meta.get("License") or "").strip().partition("\n")[0][:60] or UNKNOWN
    return Part(one.name, one.version, licence, _note(licence))


def _note(licence: str) -> str:
    if _LESSER.search(licence):
        return "changes to it must be passed on with their source"
    if _COPYLEFT.search(licence):
        return "must be passed on with its source"
    return "look up what it asks" if licence == UNKNOWN else ""


def _ffmpeg() -> Part:
    from lipgate.core.media import ffmpeg

    answer = subprocess.run([ffmpeg.program(), "-version"], check=False, capture_output=True, text=True, stdin=subprocess.DEVNULL)
    version = match[1] if (match := re.search(r"ffmpeg version (\S+)", answer.stdout)) else UNKNOWN
    built = answer.stdout
    number = "3.0" if "--enable-version3" in built else "2.0" if "--enable-gpl" in built else "2.1"
    licence = f"{'GPL' if '--enable-gpl' in built else 'LGPL'}-{number}-or-later"
    if "--enable-nonfree" in built:
        return Part("ffmpeg", version, "nonfree", "must not be passed on")
    return Part(
        "ffmpeg",
        version,
        licence,
        "must be passed on with its source, see NOTICES.md" if "--enable-gpl" in built else _note(licence),
    )
