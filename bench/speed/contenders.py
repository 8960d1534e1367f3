"""Who is timed: Lipgate with each model that is there, the reference's steps, the package syncnet-python, and plain decoding."""

import json
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from bench.speed.process import python, run
from lipgate.core.media.ffmpeg import program
from lipgate.core.runtime import how_to_install, torch_installed
from lipgate.core.weights.store import available

NAMES = ("decode", "mini", "syncnet", "reference", "syncnet-python")
"""What `--only` takes."""

SLOW_LONGEST_S = 20.0
"""Videos longer than this are not given to the reference unless somebody asks: the cost is a straight line."""

PACKAGE_LONGEST_S = 5.0
"""The same for the package, which does what the reference does."""

SYNCNET_LONGEST_S = 60.0
"""The same for Lipgate's `syncnet`."""


@dataclass(frozen=True)
class Contender:
    """One who is timed."""

    name: str
    command: Callable[[dict[str, Any]], list[str]] | None
    """Of a request, as `bench.speed.worker` has it; None where it cannot be timed."""
    reason: str | None = None
    """Why it cannot be timed."""
    longest_s: float = float("inf")
    """Longest video it is given."""
    model: str | None = None
    detector: str | None = None
    once: bool = False
    """Slow enough that one round says it all, and that clips of different lengths do."""
    told_faces: bool = False
    """It must be told where the faces are."""
    environment: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Choice:
    """Who is wanted, and how."""

    only: Sequence[str] = ()
    """Names of `NAMES`; empty: all."""
    detector: str | None = None
    """Lipgate's; None: with each that goes with a model."""
    longest_s: float | None = None
    """Longest video for the slow ones; None: as each has it."""
    other_python: str = sys.executable
    """Python of an environment that has syncnet-python."""
    folder: Path = Path()
    """Scratch."""


def contenders(choice: Choice) -> list[Contender]:
    """All who are wanted, those who cannot be timed among them."""
    found: list[Contender] = []
    for name in NAMES:
        if choice.only and name not in choice.only:
            continue
        match name:
            case "decode":
                found.append(Contender("decode only", _worker("decode")))
            case "mini":
                found.append(_lipgate("mini", choice.detector or "yunet", choice))
            case "syncnet":
                found += _syncnet(choice)
            case "reference":
                found.append(_reference(choice))
            case _:
                found.append(_package(choice))
    return found


def _worker(kind: str) -> Callable[[dict[str, Any]], list[str]]:
    return lambda request: python("bench.speed.worker", kind, json.dumps(request))


def _lipgate(model: str, detector: str, choice: Choice, **more: Any) -> Contender:
    limit = float("inf") if (model, detector) == ("mini", "yunet") else choice.longest_s or SYNCNET_LONGEST_S
    name = f"Lipgate {model} + {detector}"
    states = {item.name: item.state for item in available()}
    missing = [part for part in (model, detector) if states[part] == "missing" and not more.get("environment")]
    if missing:
        reason = f"The weights of {' and '.join(missing)} are not installed."
        return Contender(name, None, reason)
    return Contender(name, _worker("lipgate"), longest_s=limit, model=model, detector=detector, **more)


def _syncnet(choice: Choice) -> list[Contender]:
    installed = {item.name for item in available() if item.state != "missing"}
    if "syncnet" in installed:
        detectors = [choice.detector] if choice.detector else ["yunet", "s3fd"]
        return [_lipgate("syncnet", detector, choice) for detector in detectors]
    detector = choice.detector or "yunet"
    name = f"Lipgate syncnet + {detector}"
    if detector == "s3fd":
        return [Contender(name, None, "The weights of syncnet are not installed, and a random s3fd sees no face.")]
    if not torch_installed():
        return [Contender(name, None, "Its weights are not installed, and random ones take PyTorch to make.")]
    folder = choice.folder / "random"
    ended = run(python("bench.speed.random_weights"), limit_s=600, extra=_unverified(folder))
    if ended.status:
        return [Contender(name, None, f"Random weights could not be made: {_last_line(ended.log)}")]
    made = _lipgate("syncnet", detector, choice, environment=_unverified(folder))
    return [Contender(f"{name}, random weights", made.command, **_others(made))]


def _others(contender: Contender) -> dict[str, Any]:
    return {name: value for name, value in vars(contender).items() if name not in ("name", "command")}


def _unverified(folder: Path) -> dict[str, str]:
    return {"LIPGATE_WEIGHTS_DIR": str(folder), "LIPGATE_ALLOW_UNVERIFIED_WEIGHTS": "1"}


def _reference(choice: Choice) -> Contender:
    name = "reference's steps, random weights"
    if not torch_installed():
        return Contender(name, None, "PyTorch is not installed.")
    if find_spec("scenedetect") is None:
        return Contender(name, None, f"PySceneDetect is not installed. Run: {how_to_install('training')}")
    longest = choice.longest_s or SLOW_LONGEST_S
    return Contender(name, _worker("reference"), longest_s=longest, once=True, told_faces=True)


def _package(choice: Choice) -> Contender:
    name = "syncnet-python, random weights"
    look = "from syncnet_python import SyncNetPipeline; import importlib.metadata as m; print(m.version('syncnet-python'))"
    try:
        ended = run([choice.other_python, "-P", "-c", look], limit_s=120)
    except OSError as error:
        return Contender(name, None, f"{choice.other_python} cannot be started: {error.strerror}.")
    if ended.status:
        return Contender(name, None, f"{choice.other_python} does not have it: {_last_line(ended.log)}")
    script = str(Path(__file__).with_name("others.py"))

    def command(request: dict[str, Any]) -> list[str]:
        return [choice.other_python, "-P", script, json.dumps({**request, "ffmpeg": program()})]

    longest = choice.longest_s or PACKAGE_LONGEST_S
    version = ended.output.strip()
    return Contender(f"syncnet-python {version}, random weights", command, longest_s=longest, once=True, told_faces=True)


def _last_line(log: str) -> str:
    lines = log.strip().splitlines()
    return lines[-1][:300] if lines else "it said nothing"
