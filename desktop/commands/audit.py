"""`lipgate audit`: licences of all that is installed with Lipgate, and known weaknesses."""

import argparse
import json
import sys
from dataclasses import asdict
from typing import Any


def add_parser(commands: Any) -> None:
    """Add the command to the parser's sub-commands."""
    parser = commands.add_parser(
        "audit",
        description="List the packages that are installed for Lipgate, and its ffmpeg, with their licences and what these ask of "
        "who passes them on. With --weaknesses, look up what is known against them; exit status 1 where something is.",
    )
    parser.add_argument("--weaknesses", action="store_true", help="ask the Internet, by pip-audit, which has to be installed")
    parser.add_argument("--json", action="store_true", help="print one JSON document")
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Tell; 1 where a weakness is known, or a package could not be looked up.

    Raises:
        OutputError: audit_failed.
        InputError: ffmpeg_missing.
    """
    from lipgate.desktop.audit import parts, weaknesses

    listed = parts()
    found, unknown = weaknesses() if arguments.weaknesses else ([], [])
    if arguments.json:
        document: dict[str, Any] = {"parts": [asdict(one) for one in listed]}
        if arguments.weaknesses:
            document |= {"weaknesses": [asdict(one) for one in found], "not_looked_up": unknown}
        print(json.dumps(document, indent=2))
        return 1 if found or unknown else 0
    from lipgate.handlers.commands.printing import plain_table, show

    table = plain_table("part", "version", "licence", "")
    for one in listed:
        table.add_row(one.name, one.version, one.licence, one.note)
    show(table)
    for weak in found:
        fixed = f"fixed in {', '.join(weak.fixed_in)}" if weak.fixed_in else "not fixed yet"
        print(f"{weak.package} {weak.version}: {weak.id}, {fixed}", file=sys.stderr)
    if unknown:
        print(f"Not looked up: {', '.join(unknown)}", file=sys.stderr)
    if arguments.weaknesses and not found and not unknown:
        print("Nothing is known against these versions.", file=sys.stderr)
    return 1 if found or unknown else 0
