"""The operator's PIN: kept as a slow hash, and guessed only so fast, also across restarts."""

import hashlib
import hmac
import secrets
import time
from typing import Any

from lipgate.desktop.kiosk.store import Store
from lipgate.handlers.domain.errors import RefusedError

SHORTEST, LONGEST = 4, 12

FREE_FAILURES = 4
"""Wrong PINs before the first wait."""

FIRST_WAIT_S = 15.0
LONGEST_WAIT_S = 3600.0

_COST: dict[str, Any] = {"n": 1 << 14, "r": 8, "p": 1}
"""17 MB and 30 ms on one core of a server: a station has that to spare, and a thief of the file pays it for every PIN tried."""


def is_pin(text: str) -> bool:
    """Whether a text may be a PIN: 4 to 12 digits."""
    return SHORTEST <= len(text) <= LONGEST and text.isascii() and text.isdigit()


def set_pin(store: Store, pin: str, now: float) -> None:
    """Set or change the PIN.

    Raises:
        ValueError: it is not one.
    """
    if not is_pin(pin):
        raise ValueError(f"A PIN has {SHORTEST} to {LONGEST} digits.")
    salt = secrets.token_bytes(16)
    kept = {"salt": salt.hex(), "hash": _hash(pin, salt)}
    store.put_options({"pin": kept, "pin_failures": {"count": 0, "until": 0.0}}, now, "pin_set")


def check_pin(store: Store, pin: str, now: float | None = None) -> None:
    """Let an operator in.

    Raises:
        RefusedError: no_pin, wrong_pin; locked, after too many wrong ones, with the time to wait.
    """
    now = time.time() if now is None else now
    options = store.options()
    kept, failures = options.get("pin"), options.get("pin_failures", {"count": 0, "until": 0.0})
    if kept is None:
        raise RefusedError("no_pin", "No PIN is set. Set one at the station's console: lipgate kiosk --set-pin")
    until = min(failures["until"], now + LONGEST_WAIT_S)
    if until > now:
        if until < failures["until"]:  # the clock was ahead; kept, or each look would begin the wait anew
            store.put_options({"pin_failures": {**failures, "until": until}}, now, "operator_refused", failures=failures["count"])
        raise RefusedError("locked", "Too many wrong PINs.", retry_after=until - now)
    if hmac.compare_digest(_hash(pin, bytes.fromhex(kept["salt"])), kept["hash"]):
        store.put_options({"pin_failures": {"count": 0, "until": 0.0}}, now, "operator_in")
        return
    count = failures["count"] + 1
    over = count - FREE_FAILURES
    until = now + min(LONGEST_WAIT_S, FIRST_WAIT_S * 2.0 ** (over - 1)) if over > 0 else 0.0
    store.put_options({"pin_failures": {"count": count, "until": until}}, now, "operator_refused", failures=count)
    raise RefusedError("wrong_pin", "This is not the PIN.")


def _hash(pin: str, salt: bytes) -> str:
    return hashlib.scrypt(pin.encode(), salt=salt, **_COST).hex()
