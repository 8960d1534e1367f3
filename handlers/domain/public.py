"""What clients get to see of reports and errors."""

import re
from pathlib import Path
from typing import Any

from lipgate.core.errors import CalibrationError, DeviceError, LipgateError, OutputError, WeightsError

INTERNAL = "The video could not be scored because of a fault in Lipgate."

_OPERATORS = (WeightsError, CalibrationError, DeviceError, OutputError)
"""Errors whose message is for the operator: it may name files of the server."""


def with_session(report: dict[str, Any], session_id: str | None) -> dict[str, Any]:
    """The report, with the client's own name for it where one was given."""
    return report if session_id is None else {**report, "session_id": session_id}


def public_message(error: LipgateError, path: Path | None = None) -> str:
    """The message of an error without names of the server's files.

    Args:
        error: what happened.
        path: of the video, which the message may hold.
    """
    if isinstance(error, _OPERATORS):
        return "This server is not set up to score videos; its log says why."
    message = error.message
    for name in (str(path), path.name) if path else ():
        # The first whole word only: a file may be called `a`.
        message = re.sub(rf"(?<![\w/]){re.escape(name)}(?!\w)", "the video", message, count=1)
    return message[:1].upper() + message[1:]
