"""What the doctor says of one thing."""

from dataclasses import dataclass
from typing import Literal

State = Literal["ok", "warn", "fail"]
"""`warn`: scoring works, something else does not or soon will not. `fail`: nothing can be scored."""


@dataclass(frozen=True)
class Check:
    """One line of `lipgate doctor`."""

    name: str

    state: State

    found: str
    """What is there, for a person."""

    advice: str | None = None
    """What to do about it; None where all is well."""
