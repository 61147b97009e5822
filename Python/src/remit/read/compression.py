"""Compressed files as the bytes that they hold."""

from __future__ import annotations

import bz2
import contextlib
import gzip
import importlib
import io
import lzma
from collections.abc import Iterator
from typing import Any, BinaryIO, cast

from remit.read.errors import needs
from remit.read.places import Place

ENDS = (".gz", ".bz2", ".xz", ".zst")


def split_name(name: str) -> tuple[str, str]:
    """A name without the end that says its compression, and that end, in lower case; the end is empty for none."""
    for end in ENDS:
        if name.lower().endswith(end):
            return name[: -len(end)], end
    return name, ""


@contextlib.contextmanager
def opened(place: Place) -> Iterator[BinaryIO]:
    """The bytes of a file, decompressed."""
    with place.open() as raw, _unpacked(raw, split_name(place.name)[1]) as file:
        yield file


def _unpacked(raw: BinaryIO, end: str) -> BinaryIO:
    match end:
        case ".gz":
            return cast(BinaryIO, gzip.open(raw))
        case ".bz2":
            return cast(BinaryIO, bz2.open(raw))
        case ".xz":
            return cast(BinaryIO, lzma.open(raw))
        case ".zst":
            return _zstandard(raw)
        case _:
            return raw


def _zstandard(raw: BinaryIO) -> BinaryIO:
    for module in ("compression.zstd", "backports.zstd"):  # the first is of Python 3.14
        try:
            return cast(BinaryIO, importlib.import_module(module).open(raw))
        except ImportError:
            continue
    try:
        zstandard: Any = importlib.import_module("zstandard")
        return cast(BinaryIO, io.BufferedReader(zstandard.ZstdDecompressor().stream_reader(raw, read_across_frames=True), 1 << 20))
    except ImportError:
        pass
    try:
        arrow: Any = importlib.import_module("pyarrow")
    except ImportError as error:
        raise needs("zstandard", ".zst") from error
    return cast(BinaryIO, io.BufferedReader(arrow.CompressedInputStream(arrow.PythonFile(raw, "r"), "zstd"), 1 << 20))
