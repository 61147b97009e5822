"""Files and folders of any known format as batches of rows."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterator
from typing import Any

from remit.read.compression import opened, split_name
from remit.read.errors import BadRow, ReadError
from remit.read.fields import columns_of
from remit.read.places import Place, places
from remit.read.records import Options
from remit.read.tables import MAX_ROWS, Batch, arrow, parquet

_TABLES = {".parquet": parquet, ".arrow": arrow, ".feather": arrow, ".ipc": arrow}
_LINES = (".jsonl", ".ndjson", ".json")
_TEXTS = (".txt", ".text", ".md")
#: Most bytes of a line, or of a plain text file: a longer one is taken for a file of another kind.
MAX_LINE_BYTES = 256 << 20


def sources(path: str, split: str | None) -> list[Place]:
    """The files that a path stands for, in the order in which they are read.

    A folder that `datasets` wrote (`save_to_disk`) is the files that its state names; any other folder, prefix or pattern is all
    files of a known format, those of the split alone where one is named.
    """
    if os.path.isfile(os.path.join(path, "dataset_dict.json")):
        return sources(os.path.join(path, _split_of(path, split)), None)
    if os.path.isfile(os.path.join(path, "state.json")) and os.path.isfile(os.path.join(path, "dataset_info.json")):
        return _dataset(path, split)
    found = places(path)
    if not found:
        raise ReadError(f"{path}: no such file, folder or prefix")
    if [place.path for place in found] == [path]:
        return found
    known = [place for place in found if _end(place) in (*_TABLES, *_LINES, *_TEXTS) and not _describes(place)]
    if split is not None:
        known = [place for place in known if _is_of(place, split)]
    if not known:
        of = f" of the split {split}" if split is not None else ""
        raise ReadError(f"{path}: none of its {len(found)} files{of} ends in {_ends()}")
    return known


def batches(place: Place, options: Options) -> Iterator[Batch | BadRow]:
    """The rows of a file, by the end of its name."""
    end = _end(place)
    if end in _TABLES:
        if split_name(place.name)[1]:
            raise ReadError(f"{place.path}: tables are compressed inside; unpack it first")
        return iter(_TABLES[end](place, options))
    if end in _LINES:
        return _lines(place, options)
    if end in _TEXTS:
        return _text(place, options)
    raise ReadError(f"{place.path}: expected a name that ends in {_ends()}")


def _lines(place: Place, options: Options) -> Iterator[Batch | BadRow]:
    rows: list[Any] = []
    numbers: list[int] = []
    size = number = 0
    with opened(place) as file:
        while line := file.readline(MAX_LINE_BYTES + 1):
            number += 1
            if len(line) > MAX_LINE_BYTES:
                raise ReadError(f"{place.path}: row {number} is longer than {MAX_LINE_BYTES} bytes")
            line = line.removeprefix(b"\xef\xbb\xbf") if number == 1 else line
            if not line.strip():
                continue
            try:
                rows.append(_object(line))
                numbers.append(number)
            except ValueError as error:
                yield BadRow(number, str(error))
            size += len(line)
            if size >= options.batch_bytes or len(rows) >= MAX_ROWS:
                yield columns_of(rows, options.paths), numbers
                rows, numbers, size = [], [], 0
    yield columns_of(rows, options.paths), numbers


def _object(line: bytes) -> dict[str, Any]:
    row = json.loads(line)
    if not isinstance(row, dict):
        raise ValueError(f"expected an object, got {type(row).__name__}")
    return row


def _text(place: Place, options: Options) -> Iterator[Batch | BadRow]:
    with opened(place) as file:
        data = file.read(MAX_LINE_BYTES + 1)
    if len(data) > MAX_LINE_BYTES:
        raise ReadError(f"{place.path}: a text of over {MAX_LINE_BYTES} bytes is no document")
    try:
        yield {options.columns.get("text", "text"): [data.removeprefix(b"\xef\xbb\xbf").decode()]}, [1]
    except UnicodeDecodeError as error:
        yield BadRow(1, str(error))


def _dataset(path: str, split: str | None) -> list[Place]:
    with open(os.path.join(path, "state.json"), encoding="utf-8") as file:
        state = json.load(file)
    if split is not None and state.get("_split") not in (None, split):
        raise ReadError(f"{path}: it is the split {state['_split']}, expected {split}")
    if state.get("_indices_files"):
        raise ReadError(f"{path}: its rows are chosen by indices that lie elsewhere; save it again with save_to_disk")
    names = [os.path.join(path, one["filename"]) for one in state["_data_files"]]
    for name in names:
        if not os.path.isfile(name):
            raise ReadError(f"{name}: no such file, though {path}/state.json names it")
    return [Place(name, local=name) for name in names]


def _split_of(path: str, split: str | None) -> str:
    with open(os.path.join(path, "dataset_dict.json"), encoding="utf-8") as file:
        splits: list[str] = json.load(file)["splits"]
    if split is None and len(splits) != 1:
        raise ReadError(f"{path}: it has the splits {', '.join(splits)}; say which (--split), or name a split's folder as the path")
    if split is not None and split not in splits:
        raise ReadError(f"{path}: it has no split {split}, but {', '.join(splits)}")
    return split if split is not None else splits[0]


def _end(place: Place) -> str:
    return os.path.splitext(split_name(place.name)[0])[1].lower()


def _ends() -> str:
    return ", ".join((*_TABLES, *_LINES, *_TEXTS)) + " (lines and texts also with .gz, .bz2, .xz or .zst)"


def _describes(place: Place) -> bool:
    """Files of JSON that stand beside data and are none."""
    return place.name in ("dataset_info.json", "dataset_infos.json", "dataset_dict.json", "state.json", "config.json", "metadata.json")


def _is_of(place: Place, split: str) -> bool:
    """By a word of the file's name or of a folder on the way: train-00000-of-00002.parquet, data/train/0.parquet."""
    return any(word == split for part in place.path.split("/")[-3:] for word in re.split(r"[^A-Za-z]+", part))
