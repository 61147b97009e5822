"""Parquet, Arrow and Feather files, a batch of rows at a time."""

from __future__ import annotations

import importlib
from collections.abc import Iterator, Sequence
from typing import Any

from remit.read.errors import ReadError, needs
from remit.read.fields import ROW, Columns, columns_of
from remit.read.places import Place
from remit.read.records import Options

#: Most rows of a batch.
MAX_ROWS = 4096

#: Values by path, and the number of each row in its file, from 1.
Batch = tuple[Columns, Sequence[int]]


def parquet(place: Place, options: Options) -> Iterator[Batch]:
    """The rows of a Parquet file, of the columns that the paths need. Memory: pages of these columns and a batch, whatever the size of
    a row group."""
    module = _arrow("pyarrow.parquet", place)
    with place.open() as raw:
        try:
            # A buffered stream a column, in place of whole column chunks: a row group may be as large as the file.
            file = module.ParquetFile(raw if place.local is None else place.local, buffer_size=1 << 20, pre_buffer=False)
        except (ValueError, OSError) as error:
            raise ReadError(f"{place.path}: {error}") from error
        found = _found(file.schema_arrow, options, place)
        leaves = [file.schema.column(number).path for number in range(len(file.schema))]
        wanted = [leaf for leaf in leaves if options.prompts or any(leaf == one or leaf.startswith(one + ".") for one in found.values())]
        rows = _rows(file.metadata, set(wanted), options.batch_bytes)
        first = 1
        columns = None if options.prompts else list(dict.fromkeys(found.values()))
        for batch in file.iter_batches(batch_size=rows, columns=columns, use_threads=False):
            yield _columns(batch, found), range(first, first + batch.num_rows)
            first += batch.num_rows


def arrow(place: Place, options: Options) -> Iterator[Batch]:
    """The rows of an Arrow file or stream, Feather's second version and `datasets`' files among them. Memory: one of its own batches."""
    module = _arrow("pyarrow", place)
    with place.open() as raw:
        head = raw.read(6)
        if head == b"FEA1":
            raise ReadError(f"{place.path}: Feather's first version; write it again with pyarrow.feather.write_feather")
        raw.seek(0)
        # Not mapped into memory: pages of a map count as memory of ours.
        source = module.OSFile(place.local) if place.local is not None else module.PythonFile(raw, "r")
        try:
            reader = module.ipc.open_file(source) if head == b"ARROW1" else module.ipc.open_stream(source)
        except (ValueError, OSError) as error:
            raise ReadError(f"{place.path}: neither an Arrow file nor a stream: {error}") from error
        found = _found(reader.schema, options, place)
        whole = (reader.get_batch(number) for number in range(reader.num_record_batches)) if head == b"ARROW1" else iter(reader)
        first = 1
        for batch in whole:
            if not options.prompts:
                batch = batch.select(list(dict.fromkeys(_column(batch.schema, path) for path in found)))
            rows = max(1, min(MAX_ROWS, options.batch_bytes * max(1, batch.num_rows) // max(1, batch.nbytes)))
            for start in range(0, batch.num_rows, rows):
                part = batch.slice(start, rows)
                yield _columns(part, found), range(first, first + part.num_rows)
                first += part.num_rows


def _arrow(name: str, place: Place) -> Any:
    try:
        return importlib.import_module(name)
    except ImportError as error:
        raise needs("pyarrow", place.path) from error


def _found(schema: Any, options: Options, place: Place) -> dict[str, str]:
    """Of the paths those that the schema has, with what is read for them: the path itself, or the column that it goes into."""
    found: dict[str, str] = {}
    for path in sorted(options.paths):
        if path == ROW or path in schema.names:
            found[path] = path
            continue
        parts = path.split(".")
        if parts[0] not in schema.names:
            continue
        kind = schema.field(parts[0]).type
        read = parts[:1]
        for name in parts[1:]:
            names = [kind.field(number).name for number in range(kind.num_fields)] if str(kind).startswith("struct") else []
            if name not in names:
                break
            kind = kind.field(name).type
            read.append(name)
        if len(read) == len(parts) or str(kind).startswith(("list", "large_list", "fixed_size_list")):
            found[path] = ".".join(read)
    has = f"its columns are {', '.join(f'{field.name} ({field.type})' for field in schema)}"
    if not found.keys() & set(options.contents):
        raise ReadError(f"{place.path}: expected a column {' or '.join(options.contents)}; {has} (--text-field, --column)")
    for path in options.named:
        if path not in found:
            raise ReadError(f"{place.path}: it has no column {path}; {has}")
    return found


def _columns(batch: Any, found: dict[str, str]) -> dict[str, Sequence[Any]]:
    compute: Any = importlib.import_module("pyarrow.compute")
    columns: dict[str, Sequence[Any]] = {}
    for path, read in found.items():
        if path == ROW:
            columns[path] = batch.to_pylist()
            continue
        name = _column(batch.schema, path)
        # Down to where lists begin, without an object a row.
        inner = read.split(".")[1:] if read != name else []
        values = batch.column(name)
        values = (compute.struct_field(values, inner) if inner else values).to_pylist()
        rest = path[len(read) + 1 :]
        columns[path] = columns_of(values, [rest])[rest] if rest else values
    return columns


def _column(schema: Any, path: str) -> str:
    """The column that a path leads into."""
    return path if path in schema.names else path.split(".")[0]


def _rows(metadata: Any, wanted: set[str], batch_bytes: int) -> int:
    """Rows of a batch, by the average size of a row."""
    size = sum(
        metadata.row_group(group).column(number).total_uncompressed_size
        for group in range(min(metadata.num_row_groups, 16))
        for number in range(metadata.num_columns)
        if metadata.row_group(group).column(number).path_in_schema in wanted
    )
    rows = sum(metadata.row_group(group).num_rows for group in range(min(metadata.num_row_groups, 16)))
    return int(max(1, min(MAX_ROWS, batch_bytes * max(1, rows) // max(1, size))))
