"""The settings of all parts of the program together: for who lists them, and for who says what is wrong with them."""

from collections.abc import Callable, Iterable

from pydantic import ValidationError
from pydantic_settings import BaseSettings

from lipgate.core.settings import Settings, settings
from lipgate.desktop.kiosk.settings import KioskSettings, kiosk_settings
from lipgate.handlers.adapters.aws.settings import AwsSettings, aws_settings
from lipgate.handlers.settings import ServiceSettings, service_settings

PARTS: dict[str, tuple[type[BaseSettings], Callable[[], BaseSettings]]] = {
    "core": (Settings, settings),
    "service": (ServiceSettings, service_settings),
    "aws": (AwsSettings, aws_settings),
    "kiosk": (KioskSettings, kiosk_settings),
}
"""Each part's class, and how its values are read: once per process."""


def variable(part: type[BaseSettings], name: str) -> str:
    """The environment variable of a field."""
    return f"{part.model_config.get('env_prefix', '')}{name}".upper()


def problems(names: Iterable[str]) -> list[str]:
    """What cannot be used of the environment and `.env`: each variable with the reason.

    Args:
        names: of the parts that are looked at.
    """
    found = []
    for part, read in (PARTS[name] for name in names):
        try:
            read()
        except ValidationError as error:
            for problem in error.errors():
                # None where several variables do not go together; the variable itself where it has several names.
                name = str(problem["loc"][0]) if problem["loc"] else None
                where = variable(part, name) if name in part.model_fields else name
                said = problem["msg"].removeprefix("Value error, ")
                found.append(f"{where}: {said}" if where else said)
    return found
