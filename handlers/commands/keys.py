"""`lipgate keys add|list|revoke`: the API keys of `serve`, or of a stack on AWS."""

import argparse
import json
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from lipgate.handlers.ports import KeyStore, Ledger


def add_parser(commands: Any) -> None:
    """Add the command to the parser's sub-commands."""
    parser = commands.add_parser("keys", description="API keys of `serve`.")
    actions = parser.add_subparsers(required=True, metavar="add|list|revoke")
    adding = actions.add_parser("add", help="make a key and print it, once")
    adding.add_argument("name", help="whose it is")
    adding.add_argument("--quota", type=_count, metavar="N", help="videos a month (default: no limit)")
    adding.add_argument("--rate", type=_count, metavar="N", help="requests a minute (default: no limit)")
    adding.set_defaults(run=add)
    listing = actions.add_parser("list", help="all keys, without their secrets, and their use this month")
    listing.add_argument("--json", action="store_true", help="print JSON")
    listing.set_defaults(run=show)
    revoking = actions.add_parser("revoke", help="make a key invalid")
    revoking.add_argument("id", help="12 hexadecimal digits, from `keys list`")
    revoking.set_defaults(run=revoke)
    for action in (adding, listing, revoking):
        action.add_argument("--data-dir", type=Path, metavar="DIR", help="that of serve")


def add(arguments: argparse.Namespace) -> int:
    """Make a key. The key is the only thing on standard output.

    Raises:
        UnavailableError: storage_unavailable.
    """
    from lipgate.handlers.domain.keys import new_key

    key, text = new_key(arguments.name, time.time(), arguments.quota, arguments.rate)
    _stores(arguments)[0].add(key)
    print(text)
    print(f"Key {key.id} of {key.name}. It is shown this once.", file=sys.stderr)
    print(f"Its webhooks are signed with {key.webhook_secret}", file=sys.stderr)
    return 0


def show(arguments: argparse.Namespace) -> int:
    """List keys."""
    from lipgate.handlers.domain.usage import period_of

    (keys, ledger), period = _stores(arguments), period_of(time.time())
    rows = [
        {
            "id": key.id,
            "name": key.name,
            "monthly_quota": key.monthly_quota,
            "requests_per_minute": key.requests_per_minute,
            "videos": ledger.usage(key.id, period).videos,
            "revoked": key.revoked_at is not None,
        }
        for key in keys.all()
    ]
    if arguments.json:
        print(json.dumps(rows, indent=2))
        return 0
    from lipgate.handlers.commands.printing import plain_table
    from lipgate.handlers.commands.printing import show as print_table

    table = plain_table("id", "name", "quota", "per minute", f"videos {period}", "")
    for row in rows:
        limits = ["-" if row[name] is None else str(row[name]) for name in ("monthly_quota", "requests_per_minute")]
        table.add_row(str(row["id"]), str(row["name"]), *limits, str(row["videos"]), "revoked" if row["revoked"] else "")
    print_table(table)
    return 0


def revoke(arguments: argparse.Namespace) -> int:
    """Make a key invalid; 1 where there is none."""
    if _stores(arguments)[0].revoke(arguments.id, time.time()):
        return 0
    print(f"error [key_unknown]: there is no key {arguments.id}", file=sys.stderr)
    return 1


def _stores(arguments: argparse.Namespace) -> "tuple[KeyStore, Ledger]":
    """Those of `serve`; or of a stack on AWS, where LIPGATE_KEYS_TABLE names its table."""
    from lipgate.handlers.adapters.aws.settings import aws_settings

    if aws_settings().keys_table and arguments.data_dir is None:
        from lipgate.handlers.adapters.aws import operator_stores

        return operator_stores()
    from lipgate.handlers.adapters.local.assembly import database_file
    from lipgate.handlers.adapters.local.database import Database
    from lipgate.handlers.adapters.local.jobs import SqliteResults
    from lipgate.handlers.adapters.local.keys import SqliteKeys
    from lipgate.handlers.settings import service_settings

    settings = service_settings()
    database = Database(database_file(settings.model_copy(update={"data_dir": arguments.data_dir or settings.data_dir})))
    return SqliteKeys(database), SqliteResults(database)


def _count(text: str) -> int:
    value = int(text)
    if value < 1:
        raise argparse.ArgumentTypeError("must be at least 1")
    return value
