"""Options that several commands share."""

import argparse
from pathlib import Path

from lipgate.core.constants import VSHIFT
from lipgate.handlers.commands.arguments import number


def add_models(parser: argparse.ArgumentParser) -> None:
    """`--model`, `--detector` and `--device`; what is not given comes from the settings."""
    parser.add_argument("--model", choices=["auto", "mini", "syncnet"], help="sync model (default: setting, mini)")
    parser.add_argument("--detector", choices=["auto", "yunet", "s3fd"], help="face detector (default: setting, yunet)")
    parser.add_argument("--device", choices=["auto", "cpu", "cuda"], help="where the networks run (default: setting, auto)")


def add_profile(parser: argparse.ArgumentParser) -> None:
    """`--profile`."""
    text = "person: one face, one shot; media: films; auto: person for a single shot of up to a minute (default: setting, auto)"
    parser.add_argument("--profile", choices=["auto", "person", "media"], help=text)


def add_calibration(parser: argparse.ArgumentParser) -> None:
    """`--calibration`."""
    text = "take score and thresholds from a file of `lipgate calibrate` (default: setting, none)"
    parser.add_argument("--calibration", type=Path, metavar="FILE", help=text)


def add_tolerance(parser: argparse.ArgumentParser) -> None:
    """`--tolerance`."""
    text = (
        "grade offsets as pass, issue or blocker: ebu-r37, ebu-r37-exchange, ebu-r37-production, itu-bt1359, atsc-is191, "
        "netflix-like, or EARLY/LATE[,EARLY/LATE] in ms (default: setting, none)"
    )
    parser.add_argument("--tolerance", metavar="NAME", help=text)


def add_offset_range(parser: argparse.ArgumentParser) -> None:
    """`--offset-range`."""
    text = f"search offsets of -N..N frames (default {VSHIFT}); confidence is always that of {2 * VSHIFT + 1} shifts"
    parser.add_argument("--offset-range", type=number(1, 100), default=VSHIFT, metavar="N", help=text)


def add_tracks(parser: argparse.ArgumentParser) -> None:
    """`--audio-track` and `--video-track`."""
    text = "number of the {} track to judge, from 0 (default: as a player chooses, and one that serves)"
    parser.add_argument("--audio-track", type=number(0, 999), metavar="N", help=text.format("sound"))
    parser.add_argument("--video-track", type=number(0, 999), metavar="N", help=text.format("picture"))
