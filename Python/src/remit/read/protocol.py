"""What a program says and is asked that reads corpora for remit-trainer: lines of JSON on its standard streams.

Asked `{"read": PATH}`, with `text_field` and `tokenizer` beside it where there are such, it answers a line for each document, a line
`{"bad": {"row": N, "reason": ...}}` for each row that is none, and last `{"end": N}` with the number of lines before it. Asked
`{"prompts": PATH}` it does the same with prompts. Asked `{"key": PATH}` it answers `{"key": ...}`: another one where the bytes have changed. It ends when its standard input does. What it cannot
read it says on its standard error, and ends with a status that is not 0.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from typing import BinaryIO

from remit.read.errors import BadRow, ReadError
from remit.read.reader import Reader

_PIECE_BYTES = 1 << 18


def serve(reader: Reader, asked: Iterable[bytes], out: BinaryIO) -> None:
    """Answers requests until there are no more.

    Raises:
        ReadError: for the first request that cannot be answered.
    """
    for line in asked:
        if line.strip():
            _write(_answer(reader, line), out)


def write_documents(reader: Reader, path: str, out: BinaryIO) -> None:
    """Answers `{"read": path}`."""
    _write(_rows(reader.documents(path)), out)


def _answer(reader: Reader, line: bytes) -> Iterator[bytes]:
    try:
        request = json.loads(line)
        kind = next((one for one in ("key", "prompts") if one in request), "read")
        path = request[kind]
        text, tokenizer = request.get("text_field"), request.get("tokenizer")
        if not all(value is None or isinstance(value, str) for value in (text, tokenizer)) or not isinstance(path, str):
            raise ValueError("expected strings")
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise ReadError(f'a request is {line[:200]!r}, expected {{"read": PATH}}, {{"prompts": PATH}} or {{"key": PATH}}: {error}') from error
    if kind == "key":
        return iter([_line({"key": reader.key(path)})])
    if kind == "prompts":
        return _rows(reader.prompts(path, tokenizer=tokenizer))
    return _rows(reader.documents(path, text=text, tokenizer=tokenizer))


def _rows(found: Iterator[bytes | BadRow]) -> Iterator[bytes]:
    count = 0
    for one in found:
        yield _line({"bad": {"row": one.row, "reason": one.reason}}) if isinstance(one, BadRow) else one
        count += 1
    yield _line({"end": count})


def _line(value: object) -> bytes:
    return json.dumps(value).encode() + b"\n"


def _write(lines: Iterator[bytes], out: BinaryIO) -> None:
    """In large pieces; all of it before the next request is looked at."""
    pending: list[bytes] = []
    size = 0
    for line in lines:
        pending.append(line)
        size += len(line)
        if size >= _PIECE_BYTES:
            out.write(b"".join(pending))
            pending, size = [], 0
    out.write(b"".join(pending))
    out.flush()
