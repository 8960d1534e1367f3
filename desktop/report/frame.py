"""The frame of every page: one file, no script, nothing fetched from anywhere."""

from collections.abc import Sequence
from datetime import UTC, datetime

from lipgate.core import __version__
from lipgate.desktop.report import words
from lipgate.desktop.report.style import CSS

_POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src data:"


_HEAD = (
    '<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8">'
    f'<meta http-equiv="Content-Security-Policy" content="{_POLICY}">'
)

HEAD_BYTES = len(_HEAD)


def is_page(head: bytes) -> bool:
    """Whether a file that begins so, `HEAD_BYTES` of it, is a page of this program: no other has that very head."""
    return head == _HEAD.encode()


def document(title: str, heading: str, parts: Sequence[str], style: str = "") -> str:
    """A whole page.

    Args:
        title: of the window, already escaped.
        heading: first line of the page, already escaped.
        parts: what stands in it.
        style: rules beyond those all pages share.
    """
    made = datetime.now(UTC).astimezone().strftime("%Y-%m-%d %H:%M %Z")
    return "".join(
        [
            _HEAD,
            '<meta name="viewport" content="width=device-width, initial-scale=1"><link rel="icon" href="data:,">',
            f"<title>{title}</title><style>{CSS}{style}</style></head><body>",
            f"<header><h1>{heading}</h1></header><main>",
            *parts,
            f"</main><footer><p>Written by Lipgate {words.text(__version__)} on {words.text(made)}.</p></footer></body></html>\n",
        ]
    )
