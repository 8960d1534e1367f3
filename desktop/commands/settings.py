"""`lipgate settings`: every setting with its value, default and meaning."""

import argparse
import json
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from rich.console import Group


def add_parser(commands: Any) -> None:
    """Add the command to the parser's sub-commands."""
    parser = commands.add_parser("settings", description="Settings from the environment and .env.")
    parser.add_argument("--json", action="store_true", help="print a JSON object")
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Print the settings of this process."""
    from lipgate.desktop.every_setting import PARTS, variable

    rows = [
        _row(variable(part, name), field, getattr(read(), name))
        for part, read in PARTS.values()
        for name, field in part.model_fields.items()
    ]
    if arguments.json:
        print(json.dumps({row["variable"]: {key: row[key] for key in ("value", "default", "meaning")} for row in rows}, indent=2))
        return 0
    from lipgate.handlers.commands.printing import show

    for row in rows:
        show(_said(row))
    return 0


def _said(row: dict[str, str]) -> "Group":
    """Name, value and default on a line, the meaning below: side by side they would not fit a terminal."""
    from rich.console import Group
    from rich.padding import Padding
    from rich.text import Text

    changed = row["value"] != row["default"]
    line = Text(f"{row['variable']} = {row['value']}", "bold" if changed else "")
    if changed:
        line.append(f"   (default: {row['default']})", "dim")
    return Group(line, Padding(Text(row["meaning"], "dim"), (0, 0, 0, 4)))


def _row(variable: str, field: Any, value: Any) -> dict[str, str]:
    default = field.get_default(call_default_factory=True)
    aliases = getattr(field.validation_alias, "choices", [])
    meaning = field.description or ""
    if aliases:
        meaning += f" Also read as {aliases[-1]}."
    shown = "(set)" if value and not field.repr else _text(value)
    return {"variable": variable, "value": shown, "default": _text(default), "meaning": meaning}


def _text(value: Any) -> str:
    return "" if value is None else str(value)
