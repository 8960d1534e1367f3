"""Tables of the page of an evaluation."""

from collections.abc import Sequence

from lipgate.desktop.evaluation.wording import DASH
from lipgate.desktop.report import words

_OF_WORDS = {"Clip", "Verdict", "Label", "Why", "Error"}
"""Heads of columns that hold no numbers."""


def table(heads: Sequence[str], rows: Sequence[str]) -> str:
    """Heads after the first stand to the right where the columns hold numbers."""
    cells = [
        f'<th scope="col"{"" if head in _OF_WORDS or not number else " class=n"}>{head}</th>' for number, head in enumerate(heads)
    ]
    head = f"<thead><tr>{''.join(cells)}</tr></thead>"
    return f'<div class="scroll"><table class="small">{head}<tbody>{"".join(rows)}</tbody></table></div>'


def row(name: str, *cells: str) -> str:
    """A row whose name somebody else chose."""
    return f'<tr><th scope="row">{words.text(name)}</th>{"".join(cells)}</tr>'


def cell(shown: tuple[str, str]) -> str:
    """A figure above its interval."""
    value, interval = shown
    return f'<td class="n">{value if value != DASH else "&ndash;"}<div class="soft small">{interval}</div></td>'


def plain(value: object) -> str:
    """A count."""
    return f'<td class="n">{value}</td>'


def sha(sha256: str) -> str:
    """A hash, which may be broken anywhere."""
    return f'<span class="hash">{words.text(sha256)}</span>'
