"""Cameras and microphones, as the kernel of Linux lists them, and whether this user may use them."""

import os
import re
import sys
from pathlib import Path

from lipgate.desktop.doctor.check import Check

_CAPTURE = re.compile(r"pcmC(\d+)D\d+c")
"""Node of a sound device that records."""


def checks(root: Path = Path("/")) -> list[Check]:
    """One line each; a score of a file needs neither.

    Args:
        root: where dev, sys and proc are.
    """
    if sys.platform != "linux":
        found = f"not looked at on {sys.platform}"
        return [
            Check(name, "ok", f"{found}; the kiosk's device page shows what the browser sees")
            for name in ("camera", "microphone")
        ]
    return [_camera(root), _microphone(root)]


def _camera(root: Path) -> Check:
    nodes = sorted((root / "dev").glob("video[0-9]*"), key=lambda node: int(node.name[5:]))
    # A camera has several nodes; all but the first carry no pictures.
    first = [node for node in nodes if _text(root / "sys/class/video4linux" / node.name / "index") in ("", "0")]
    named = {node: _text(root / "sys/class/video4linux" / node.name / "name") or "camera" for node in first}
    plug_in = "Plug a camera in (a kiosk needs one); in a virtual machine, pass it through."
    return _judged("camera", "video", [(f"{name} ({node.name})", node) for node, name in named.items()], plug_in)


def _microphone(root: Path) -> Check:
    nodes = sorted(node for node in (root / "dev/snd").glob("pcm*") if _CAPTURE.fullmatch(node.name))
    cards = [_CAPTURE.fullmatch(node.name).group(1) for node in nodes]  # type: ignore[union-attr]
    names = [_text(root / "proc/asound" / f"card{card}" / "id") or f"card {card}" for card in cards]
    plug_in = "Plug a microphone in (a kiosk needs one), or use the one of the camera."
    return _judged(
        "microphone", "audio", [(f"{name} ({node.name})", node) for name, node in zip(names, nodes, strict=True)], plug_in
    )


def _judged(name: str, group: str, devices: list[tuple[str, Path]], plug_in: str) -> Check:
    if not devices:
        return Check(name, "warn", "none", plug_in)
    found = ", ".join(label for label, _ in devices)
    if not any(os.access(node, os.R_OK | os.W_OK) for _, node in devices):
        advice = f"Let this user use it: sudo usermod -aG {group} USER, then log in again."
        return Check(name, "warn", f"{found}, but this user may not use it", advice)
    return Check(name, "ok", found)


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8", errors="replace").strip()
    except OSError:
        return ""
