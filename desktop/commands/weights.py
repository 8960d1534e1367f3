"""`lipgate weights list|fetch|import|verify`."""

import argparse
import json
import sys
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from lipgate.core.weights.installed import Installed
    from lipgate.core.weights.store import Availability, Check

OFFICIAL = ("syncnet", "s3fd")
"""Models that can be installed."""


def add_parser(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add `weights` and its own sub-commands to the command line."""
    parser = subparsers.add_parser("weights", description="List, fetch, import and verify network weights.")
    commands = parser.add_subparsers(dest="weights_command", required=True, metavar="list|fetch|import|verify")

    listing = commands.add_parser("list", help="all models and whether they can be used")
    listing.add_argument("--json", action="store_true", help="print JSON")

    fetching = commands.add_parser("fetch", help="download official weights from their authors and install them")
    fetching.add_argument("name", choices=OFFICIAL, metavar="NAME", help=" or ".join(OFFICIAL))
    fetching.add_argument("--accept-licence", action="store_true", help="you have read and accept the terms of their authors")

    importing = commands.add_parser("import", help="install official weights from a file")
    importing.add_argument("file", type=Path, metavar="FILE")
    importing.add_argument("--as", dest="name", choices=OFFICIAL, required=True, metavar="NAME", help=" or ".join(OFFICIAL))

    verifying = commands.add_parser("verify", help="check every embedded and installed file against its hash")
    verifying.add_argument("--json", action="store_true", help="print JSON")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Run the sub-command.

    Returns:
        Exit status; 1 when `verify` found something wrong.

    Raises:
        LipgateError: as `lipgate.core.weights` does; the caller prints it.
    """
    from lipgate.core.weights.install import import_file
    from lipgate.core.weights.store import available, verify

    match args.weights_command:
        case "list":
            _print_list(available(), as_json=args.json)
        case "fetch":
            _print_installed(_fetch(args.name, accepted=args.accept_licence))
        case "import":
            _print_installed(import_file(args.file, args.name))
        case "verify":
            checks = verify()
            _print_checks(checks, as_json=args.json)
            return 1 if any(check.problem for check in checks) else 0
    return 0


def _fetch(name: str, *, accepted: bool) -> "Installed":
    from rich.console import Console
    from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeRemainingColumn, TransferSpeedColumn

    from lipgate.core.weights.install import LICENCE_NOTE, fetch

    if not accepted and sys.stdin.isatty():
        print(LICENCE_NOTE, file=sys.stderr)
        print("Do you accept? [y/N] ", end="", file=sys.stderr, flush=True)
        accepted = sys.stdin.readline().strip().lower() in ("y", "yes")
    columns = (TextColumn("{task.description}"), BarColumn(), DownloadColumn(), TransferSpeedColumn(), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True)) as bar:
        task = bar.add_task(name, total=None)

        def show(done: int, total: int) -> None:
            bar.update(task, completed=done, total=total, description=f"{name}, converting" if done == total else name)

        return fetch(name, accept_licence=accepted, progress=show)


def _print_installed(installed: "Installed") -> None:
    from lipgate.core.weights.manifest import load_manifest

    manifest = load_manifest()
    official = manifest.files[manifest.models[installed.name].source or ""]
    kind = "official" if installed.sha256 == official.sha256 else "not the official file: reports will say verified: false"
    print(f"Installed {installed.name} in {installed.folder} ({kind}).")


def _print_list(rows: "list[Availability]", *, as_json: bool) -> None:
    if as_json:
        print(json.dumps([asdict(row) for row in rows], indent=2))
        return
    from lipgate.handlers.commands.printing import plain_table, show

    table = plain_table("name", "for", "state", "verified", "size", "SHA-256", "version", "licence")
    for column in table.columns[:6]:
        column.no_wrap = True
    for row in rows:
        verified = {True: "yes", False: "no", None: "-"}[row.verified]
        size = f"{row.bytes / 1e6:.1f} MB" if row.bytes else "-"
        table.add_row(row.name, row.kind, row.state, verified, size, (row.sha256 or "-")[:8], row.version, row.licence or "-")
    show(table)


def _print_checks(checks: "list[Check]", *, as_json: bool) -> None:
    if as_json:
        print(json.dumps([asdict(check) for check in checks], indent=2))
        return
    from lipgate.handlers.commands.printing import plain_table, show

    table = plain_table("model", "file", "result")
    for check in checks:
        table.add_row(check.name, check.file, check.problem or "ok")
    show(table)
