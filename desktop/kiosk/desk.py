"""The operator's desk: who is logged in, and what was changed there."""

import secrets
import threading
import time
from typing import Any

from lipgate.desktop.kiosk.pin import check_pin
from lipgate.desktop.kiosk.settings import CORE_OPTIONS, KIOSK_OPTIONS, checked
from lipgate.desktop.kiosk.station import Station
from lipgate.handlers.domain.errors import RefusedError

IDLE_S = 600.0
"""An operator who does nothing for so long is logged out."""


class Desk:
    """One operator at a time. May be used from several threads."""

    def __init__(self, station: Station) -> None:
        self._station = station
        self._lock = threading.Lock()
        self._cookie = ""
        self._seen = 0.0

    def enter(self, pin: str) -> str:
        """Log in; the value of a cookie.

        Raises:
            RefusedError: no_pin, wrong_pin, locked.
        """
        with self._lock:  # guesses come one after another, so that each of them counts
            check_pin(self._station.store, pin)
            self._cookie, self._seen = secrets.token_urlsafe(32), time.monotonic()
            return self._cookie

    def leave(self) -> None:
        """Log out."""
        with self._lock:
            self._cookie = ""

    def require(self, cookie: str) -> None:
        """Let the operator on.

        Raises:
            RefusedError: operator_only.
        """
        with self._lock:
            now = time.monotonic()
            if (
                not self._cookie
                or not secrets.compare_digest(cookie.encode(), self._cookie.encode())
                or now - self._seen > IDLE_S
            ):
                raise RefusedError("operator_only", "Log in with the operator's PIN.")
            self._seen = now

    def change(self, values: dict[str, Any]) -> None:
        """Change settings of the station; what is not named stays.

        Raises:
            RefusedError: invalid_request.
        """
        store, limits = self._station.store, self._station.usual_limits()
        with self._lock:
            # An option of an older version may stand there that is none any more.
            before = {name: value for name, value in store.options().items() if name in {*KIOSK_OPTIONS, *CORE_OPTIONS}}
            try:
                valid = checked(limits, {**before, **values})
            except ValueError as error:
                raise RefusedError("invalid_request", f"{_said(error)}.") from error
            changed = {name: value for name, value in valid.items() if name in values and before.get(name) != value}
            if changed:
                store.put_options(changed, time.time(), "settings_changed", changed=changed)


def _said(error: ValueError) -> str:
    """The first problem of an error, in a few words."""
    from pydantic import ValidationError

    if isinstance(error, ValidationError):
        problem = error.errors(include_input=False, include_url=False)[0]
        return f"{'.'.join(map(str, problem['loc']))}: {problem['msg']}"
    return str(error)
