"""`lipgate history export|verify`: what a station remembers, for archives and auditors."""

import argparse
import json
import sys
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lipgate.core.errors import InputError

if TYPE_CHECKING:
    from lipgate.desktop.kiosk.store import Store


def add_parser(commands: Any) -> None:
    """Add the command to the parser's sub-commands."""
    parser = commands.add_parser("history", description="History of a station.")
    actions = parser.add_subparsers(required=True, metavar="export|verify")
    exporting = actions.add_parser("export", help="sessions and attempts as CSV or JSON, on standard output")
    exporting.add_argument("--format", choices=["csv", "json"], default="csv", help="default csv")
    exporting.add_argument("--since", type=date.fromisoformat, metavar="YYYY-MM-DD", help="first day")
    exporting.add_argument("--until", type=date.fromisoformat, metavar="YYYY-MM-DD", help="last day")
    exporting.add_argument("--out", type=Path, metavar="FILE", help="write there instead")
    exporting.set_defaults(run=export)
    verifying = actions.add_parser("verify", help="check the chain of the audit log, and everything else against it")
    verifying.add_argument("--json", action="store_true", help="print JSON")
    verifying.add_argument("--head", metavar="HASH", help="a hash that was written down before: it must be in the log")
    verifying.set_defaults(run=verify)
    for action in (exporting, verifying):
        action.add_argument("--data-dir", type=Path, metavar="DIR", help="folder of the station (default: setting)")


def export(arguments: argparse.Namespace) -> int:
    """Write the history of some days, by this machine's clock.

    Raises:
        InputError: file_not_found.
        RefusedError: invalid_request.
        OutputError: output_failed.
    """
    from lipgate.desktop.kiosk.history import export_csv, export_json, span
    from lipgate.desktop.output import whole_file

    between = span(arguments.since, arguments.until)
    pieces = (export_csv if arguments.format == "csv" else export_json)(_store(arguments), *between)
    if arguments.out is None:
        for piece in pieces:
            sys.stdout.write(piece)
        return 0
    place = _place(arguments)
    beside = [place.with_name(place.name + suffix) for suffix in ("-wal", "-shm", "-journal")]
    with whole_file(arguments.out, place, *beside) as part, part.open("w", encoding="utf-8", newline="") as target:
        target.writelines(pieces)
    return 0


def verify(arguments: argparse.Namespace) -> int:
    """Look at the whole log; 1 where something was changed, put in or taken out.

    Raises:
        InputError: file_not_found.
    """
    from lipgate.desktop.kiosk.store import iterate_audit
    from lipgate.desktop.kiosk.verification import verify as look

    store = _store(arguments)
    found = look(store)
    cut_off = arguments.head is not None and arguments.head not in {entry.hash for entry in iterate_audit(store)}
    good = found.intact and not cut_off
    if arguments.json:
        document = {
            "intact": good,
            "head_found": not cut_off,
            **{name: getattr(found, name) for name in found.__dataclass_fields__},
        }
        print(json.dumps(document, indent=2))
        return 0 if good else 1
    if found.broken_at is not None:
        print(f"The chain breaks at entry {found.broken_at}: it was changed, or one before it was taken out.")
    for altered in found.altered:
        print(f"The {altered} is not what the log says of it.")
    if cut_off:
        print("The hash that was written down is not in the log: entries were cut off, or the log was made anew.")
    if good:
        print(f"Intact: {found.count} entries. Newest hash: {found.head}")
    return 0 if good else 1


def _place(arguments: argparse.Namespace) -> Path:
    from lipgate.desktop.kiosk.settings import kiosk_settings
    from lipgate.desktop.kiosk.store import DATABASE

    folder: Path = arguments.data_dir or kiosk_settings().dir
    return folder / DATABASE


def _store(arguments: argparse.Namespace) -> "Store":
    from lipgate.desktop.kiosk.store import Store

    path = _place(arguments)
    if not path.is_file():
        raise InputError("file_not_found", f"There is no history at {path}.")
    return Store(path, read_only=True)
