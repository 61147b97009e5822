"""Values of rows by the paths of their fields: `raw.content`, `turns.0.text`."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

#: A batch of rows by columns: values of each row under the path that was asked for, None where a row has none.
Columns = Mapping[str, Sequence[Any]]

#: The path of a row itself: under it `Columns` has whole rows, where these are asked for.
ROW = ""


def value(row: Any, path: str) -> Any:
    """The value at a path: the row itself for `ROW`, else a field of that very name, else field by field, numbers into lists; None where there is none."""
    if path == ROW:
        return row
    if isinstance(row, Mapping) and path in row:
        return row[path]
    for name in path.split("."):
        if isinstance(row, Mapping):
            row = row.get(name)
        elif isinstance(row, list) and name.isdecimal():
            row = row[int(name)] if int(name) < len(row) else None
        else:
            return None
    return row


def columns_of(rows: Sequence[Any], paths: Iterable[str]) -> dict[str, list[Any]]:
    """Rows of dictionaries as columns."""
    return {path: [value(row, path) for row in rows] for path in paths}
