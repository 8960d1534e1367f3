"""`lipgate settings`: every setting with its value, default and meaning."""

import argparse
import json
from typing import Any


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
    from rich.console import Console
    from rich.table import Table

    table = Table(box=None, padding=(0, 2, 0, 0), header_style="dim")
    for column in ("variable", "value", "default", "meaning"):
        table.add_column(column, overflow="fold", no_wrap=column == "variable")
    for row in rows:
        changed = row["value"] != row["default"]
        table.add_row(row["variable"], row["value"], row["default"], row["meaning"], style="bold" if changed else None)
    Console(highlight=False).print(table)
    return 0


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
