"""Logs as lines of JSON. Nothing of a video, a person, a key or a file name is given to them.

Of an exception they tell what kind it was and where it came from, but not its message: that may hold the name of a client's file.
"""

import json
import logging
import sys
import time
import traceback

_OWN = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "taskName", "color_message"}
"""Attributes that every record has; all others came as `extra`."""


_MOST_LINES = 60
"""Of an exception."""


class JsonFormatter(logging.Formatter):
    """One object a line."""

    def format(self, record: logging.LogRecord) -> str:
        """The line."""
        document = {
            "time": time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(record.created)) + f".{int(record.msecs):03d}Z",
            "level": record.levelname,
            "logger": record.name,
            "message": record.getMessage(),
            **{name: value for name, value in vars(record).items() if name not in _OWN and value is not None},
        }
        if record.exc_info:
            document["exception"] = _told(record.exc_info[1])
        return json.dumps(document, default=str)


def _told(error: BaseException | None) -> list[str]:
    """Kinds and places of an exception and of what led to it, the last first."""
    told: list[str] = []
    while error is not None and len(told) < _MOST_LINES:
        told.append(type(error).__name__)
        told += [f"{frame.filename}:{frame.lineno} {frame.name}" for frame in reversed(traceback.extract_tb(error.__traceback__))]
        error = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
    return told[:_MOST_LINES]


def log_json(level: str) -> None:
    """Have everything logged to standard error as JSON.

    Args:
        level: of Lipgate's own log; that of libraries is WARNING.
    """
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(JsonFormatter())
    logging.basicConfig(level=logging.WARNING, handlers=[handler], force=True)
    known = logging.getLevelNamesMapping()
    logging.getLogger("lipgate").setLevel(level.upper() if level.upper() in known else "INFO")
