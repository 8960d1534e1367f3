"""Lipgate: does the face in a video really speak the words we hear?

    import lipgate

    report = lipgate.score("clip.mp4")
    print(report.decision, report.to_dict()["lag_ms"])

Importing it is cheap: what a name needs is loaded when the name is first used. `lipgate.core` has the parts.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from lipgate.core import __version__

if TYPE_CHECKING:
    from lipgate.core.errors import LipgateError
    from lipgate.core.limits import Limits
    from lipgate.core.models import Models
    from lipgate.core.pipeline import Options, score
    from lipgate.core.reasons import Reason
    from lipgate.core.report import Report
    from lipgate.core.scorer import Scorer
    from lipgate.core.verdict import Decision

__all__ = ["Decision", "Limits", "LipgateError", "Models", "Options", "Reason", "Report", "Scorer", "__version__", "score"]

_HOMES = {
    "Decision": "verdict",
    "Limits": "limits",
    "LipgateError": "errors",
    "Models": "models",
    "Options": "pipeline",
    "Reason": "reasons",
    "Report": "report",
    "Scorer": "scorer",
    "score": "pipeline",
}
"""Module of `lipgate.core` by name."""


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(import_module(f"lipgate.core.{_HOMES[name]}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return [*__all__]
