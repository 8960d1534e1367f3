"""Documents of many files in one: JSON, JSON Lines, CSV and Parquet. The last two have a row a file."""

import json
from collections.abc import Callable, Iterable, Iterator
from itertools import islice
from pathlib import Path
from typing import Any

from lipgate.core.errors import OutputError
from lipgate.desktop.exports.rows import as_csv
from lipgate.desktop.output import whole_file

FORMATS = ("json", "jsonl", "csv", "parquet")

STATES = ("in_sync", "late", "early", "no_fit", "not_judged")

COLUMNS: dict[str, str] = {
    **dict.fromkeys(("file", "decision", "reason", "reasons", "profile"), "string"),
    **dict.fromkeys(("score", "offset_frames", "lag_ms", "confidence", "min_dist", "worst_score"), "float64"),
    **dict.fromkeys(STATES, "float64"),
    "drift_ms_per_min": "float64",
    "offset_changes": "int64",
    **dict.fromkeys(("duration_s", "fps"), "float64"),
    **dict.fromkeys(("width", "height"), "int64"),
    **dict.fromkeys(("severity", "sha256", "model", "model_version", "version", "error_code", "error_message"), "string"),
}
"""Of a row, with the type Arrow has for it."""

_ROWS = 5000
"""Rows that Parquet takes at a time."""


def row(document: dict[str, Any]) -> dict[str, Any]:
    """A document on one line: what does not fit there, such as segments, is left out."""
    shares = document.get("summary", {}).get("shares", {})
    video, model, error = (document.get(name, {}) for name in ("video", "model", "error"))
    found = {
        **document,
        **{state: shares.get(state) for state in STATES},
        **{name: video.get(name) for name in ("duration_s", "fps", "width", "height", "sha256")},
        "reasons": " ".join(document.get("reasons", [])) or None,
        "worst_score": document.get("summary", {}).get("worst_score"),
        "offset_changes": len(document["offset_changes"]) if "offset_changes" in document else None,
        "severity": document.get("tolerance", {}).get("severity"),
        "model": model.get("name"),
        "model_version": model.get("version"),
        "error_code": error.get("code"),
        "error_message": error.get("message"),
    }
    return {name: found.get(name) for name in COLUMNS}


def text(documents: Iterable[dict[str, Any]], kind: str) -> Iterator[str]:
    """Documents as json, jsonl or csv, piece by piece."""
    if kind == "csv":
        yield as_csv([], tuple(COLUMNS))
        yield from (as_csv([row(document)], tuple(COLUMNS), header=False) for document in documents)
    elif kind == "jsonl":
        yield from (f"{json.dumps(document, allow_nan=False)}\n" for document in documents)
    else:
        opening = "["
        for document in documents:
            yield f"{opening}\n{json.dumps(document, indent=2, allow_nan=False)}"
            opening = ","
        yield "[]\n" if opening == "[" else "\n]\n"


def kind_of(target: Path) -> str | None:
    """The format that a file's name asks for."""
    suffix = target.suffix.lower().removeprefix(".")
    return suffix if suffix in FORMATS else None


def check_parquet() -> None:
    """Whether Parquet can be written here.

    Raises:
        OutputError: extra_missing.
    """
    try:
        import pyarrow  # noqa: F401
    except ImportError as error:
        said = "Parquet needs pyarrow: ./lipgate install parquet (pip install 'lipgate[parquet]')."
        raise OutputError("extra_missing", said) from error


def write(
    documents: Iterable[dict[str, Any]],
    target: Path,
    kind: str,
    as_row: Callable[[dict[str, Any]], dict[str, Any]] = row,
    columns: dict[str, str] | None = None,
) -> None:
    """Write documents to a file, which appears whole or not at all.

    Raises:
        OutputError: output_failed, extra_missing.
    """
    with whole_file(target) as part:
        if kind != "parquet":
            with part.open("w", encoding="utf-8", newline="") as file:
                file.writelines(text(documents, kind))
            return
        check_parquet()
        _write_parquet((as_row(document) for document in documents), part, columns or COLUMNS)


def _write_parquet(rows: Iterable[dict[str, Any]], part: Path, columns: dict[str, str]) -> None:
    import pyarrow
    import pyarrow.parquet

    schema = pyarrow.schema([(name, pyarrow.type_for_alias(kind)) for name, kind in columns.items()])
    rows = iter(rows)
    with pyarrow.parquet.ParquetWriter(part, schema) as writer:
        while some := [{name: _utf8(value) for name, value in one.items()} for one in islice(rows, _ROWS)]:
            writer.write_table(pyarrow.Table.from_pylist(some, schema))


def _utf8(value: Any) -> Any:
    """File names may hold bytes that are none."""
    return value.encode("utf-8", "backslashreplace").decode() if isinstance(value, str) else value
