"""python -m remit.read: documents of Parquet, Arrow, data sets, messages and far files as lines of JSON."""

from __future__ import annotations

import argparse
import os
import sys

from remit.read.errors import ReadError
from remit.read.filters import Filter
from remit.read.protocol import serve, write_documents
from remit.read.reader import Reader
from remit.read.records import ROLES, Options


def parser() -> argparse.ArgumentParser:
    """The command line."""
    top = argparse.ArgumentParser(prog="python -m remit.read", description=__doc__)
    top.add_argument("paths", nargs="*", metavar="PATH", help="files, folders, patterns, addresses; none: requests come on the standard input")
    top.add_argument("--text-field", metavar="FIELD", help="field that is the document; may be a path, such as raw.content")
    top.add_argument(
        "--column", action="append", default=[], metavar="ROLE=FIELD",
        help=f"field of another part of the document: {', '.join(ROLES)}; may be a path, may be repeated",
    )  # fmt: skip
    top.add_argument("--where", metavar="CONDITION", help="rows that are read, such as 'language == \"en\" and score >= 0.8'")
    top.add_argument("--split", metavar="NAME", help="split that is read of what has several")
    top.add_argument("--tokenizer", metavar="DIRECTORY", help="renders and encodes messages; by default the student's")
    top.add_argument("--chat-template", metavar="FILE", help="Jinja file in place of the tokenizer's chat template")
    top.add_argument("--batch-mib", type=int, default=8, metavar="MIB", help="size of a batch of rows, about (default 8)")
    top.add_argument("--key", action="store_true", help="write what the paths' bytes are told by, not the documents")
    return top


def options(given: argparse.Namespace) -> Options:
    """What the command line says.

    Raises:
        ReadError: a column or a condition that is none.
    """
    columns: dict[str, str] = {}
    for one in given.column:
        role, separator, field = one.partition("=")
        if not separator or not field:
            raise ReadError(f"--column {one}: expected ROLE=FIELD, such as prompt=question")
        columns[role] = field
    if given.text_field is not None:
        columns["text"] = given.text_field
    if given.batch_mib < 1:
        raise ReadError(f"--batch-mib {given.batch_mib}: expected 1 or more")
    return Options(
        columns, where=Filter(given.where) if given.where else None, split=given.split, tokenizer=given.tokenizer,
        chat_template=given.chat_template, batch_bytes=given.batch_mib << 20,
    )  # fmt: skip


def main(arguments: list[str] | None = None) -> int:
    """Runs the command; its exit status."""
    given = parser().parse_args(arguments)
    try:
        reader = Reader(options(given))
        for path in given.paths:
            if given.key:
                print(reader.key(path))
            else:
                write_documents(reader, path, sys.stdout.buffer)
        if not given.paths:
            serve(reader, sys.stdin.buffer, sys.stdout.buffer)
    except ReadError as error:
        print(f"remit.read: {error}", file=sys.stderr)
        return 1
    except BrokenPipeError:
        # Whoever read has gone; what is left in the buffer is nobody's.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    except KeyboardInterrupt:
        return 130
    return 0


if __name__ == "__main__":
    sys.exit(main())
