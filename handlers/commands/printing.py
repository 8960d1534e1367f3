"""Tables of the command line: as wide as the terminal, and into a file or a pipe as wide as what they say."""

import io
import sys
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from rich.console import Console
    from rich.table import Table

PIPE_COLUMNS = 100_000
"""Nothing is folded to the width of a terminal that is not there."""


def plain_table(*columns: str) -> "Table":
    """A table without a frame, which leaves the width of a terminal to what it says."""
    from rich.table import Table

    table = Table(box=None, padding=(0, 2, 0, 0), header_style="dim")
    for name in columns:
        table.add_column(name, overflow="fold")
    return table


def show(what: Any, console: "Console | None" = None) -> None:
    """Print a table or a text on standard output.

    Args:
        what: whatever rich can print.
        console: another place; it decides on the width itself.
    """
    from rich.console import Console

    if console is not None or sys.stdout.isatty():
        (console or Console(highlight=False, markup=False)).print(what)
        return
    drawn = Console(file=io.StringIO(), width=PIPE_COLUMNS, highlight=False, markup=False)
    drawn.print(what)
    text = drawn.file.getvalue()  # type: ignore[attr-defined]
    sys.stdout.write("".join(f"{line.rstrip()}\n" for line in text.splitlines()))
