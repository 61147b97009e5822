"""Token files as loaders have them: a bare array (OLMo), a NumPy array, or a Megatron pair (.bin beside .idx)."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator
from typing import Any

import numpy as np
import numpy.typing as npt

from remit.scores.errors import ScoresError

_MEGATRON = {1: "u1", 2: "i1", 3: "<i2", 4: "<i4", 5: "<i8", 8: "<u2"}
_BLOCK = 1 << 22
_LARGEST = np.iinfo(np.int32).max


class TokenFile:
    """Ids end to end, mapped into memory.

    Args:
        path: of the array; of a Megatron pair the .bin, its .idx says dtype and documents.
        dtype: of a bare array, such as uint32. A NumPy array and a Megatron pair say it themselves.
        end: the end-of-sequence id that closes each document and belongs to it. Not needed where nothing asks for documents, nor
            with an .idx.
    """

    def __init__(self, path: str | os.PathLike[str], *, dtype: npt.DTypeLike | None = None, end: int | None = None) -> None:
        self.path = os.fspath(path)
        self.end = end
        #: Documents' first items, and behind them the number of items, where an .idx says them.
        self.document_starts: npt.NDArray[np.int64] | None = None
        #: Path of the .idx that says dtype and documents; None where there is none.
        self.index: str | None = None
        index = os.path.splitext(self.path)[0] + ".idx"
        #: Bytes before the first item.
        self.offset = 0
        try:
            with open(self.path, "rb") as file:
                head = file.read(6)
        except OSError as error:
            raise ScoresError(f"{self.path}: {error.strerror}") from error
        if head == b"\x93NUMPY":
            array = np.load(self.path, mmap_mode="r", allow_pickle=False)
            if array.ndim != 1 or array.dtype.kind not in "iu":
                raise ScoresError(f"{self.path}: expected integers in a row, got {array.dtype} of shape {array.shape}")
            self.offset, found = array.offset, array.dtype
            if (got := os.path.getsize(self.path) - array.offset) != array.nbytes:
                raise ScoresError(f"{self.path}: its header says {array.size} items of {array.dtype}, which {got} bytes are not")
        elif self.path.endswith(".bin") and os.path.exists(index):
            found, self.document_starts = _megatron(index)
            self.index = index
        elif dtype is None:
            raise ScoresError(f"{self.path} has no header that says its dtype: give dtype, such as uint32")
        else:
            found = np.dtype(dtype)
        if found.kind not in "iu" or found.newbyteorder("<") != found:
            raise ScoresError(f"{self.path}: expected a dtype of little-endian integers, got {found}")
        #: Element type of the ids.
        self.dtype: np.dtype[Any] = found
        size = os.path.getsize(self.path) - self.offset
        if size % self.dtype.itemsize:
            raise ScoresError(f"{self.path}: {size} bytes are no whole number of {self.dtype}")
        #: Number of ids.
        self.items = size // self.dtype.itemsize
        if self.document_starts is not None and self.document_starts[-1] != self.items:
            raise ScoresError(f"{index} ends at item {self.document_starts[-1]}, but {self.path} has {self.items}")

    def ids(self, start: int, stop: int) -> npt.NDArray[np.int32]:
        """Ids of a range of items. Raises `ScoresError` for what is below 0 or above 2147483647."""
        mapped = np.memmap(self.path, self.dtype, "r", self.offset, (self.items,)) if self.items else np.empty(0, self.dtype)
        ids = mapped[start:stop]
        if len(ids) and (ids.min() < 0 or ids.max() > _LARGEST):
            at = int(np.argmax((ids < 0) | (ids > _LARGEST)))
            raise ScoresError(f"{self.path}: {ids[at]} at item {start + at} is no id")
        return ids.astype(np.int32)

    def sha256(self) -> str:
        """SHA-256 of the file, in hex. Reads all of it."""
        return _sha256(self.path)

    def require(self, sha256: str, path: str) -> None:
        """Raises `ScoresError` where the file is not the one that the scores at a path are of. Reads all of it."""
        if (got := self.sha256()) != sha256:
            raise ScoresError(f"{self.path} is not the file that was scored: its SHA-256 is {got}, {path} is of {sha256}")

    def index_sha256(self) -> str | None:
        """SHA-256 of the .idx, in hex; None where there is none."""
        return None if self.index is None else _sha256(self.index)

    def documents(self) -> Iterator[tuple[int, int]]:
        """First item of each document and the item behind its last, in their order."""
        return self.documents_between(0, self.items)

    def documents_between(self, start: int, stop: int) -> Iterator[tuple[int, int]]:
        """Documents of a range of items that begins and ends with one."""
        if self.document_starts is not None:
            low, high = np.searchsorted(self.document_starts, [start, stop])
            bounds = self.document_starts[low : high + 1]
            yield from ((int(a), int(b)) for a, b in zip(bounds, bounds[1:]) if b > a)
            return
        if self.end is None:
            raise ScoresError(f"{self.path}: give end, the id that closes each document")
        at = start
        for first in range(start, stop, _BLOCK):
            for found in np.flatnonzero(self.ids(first, min(first + _BLOCK, stop)) == self.end):
                yield at, first + int(found) + 1
                at = first + int(found) + 1
        if at == 0 and self.items:
            raise ScoresError(f"{self.path}: id {self.end} closes no document in it: is it another array, or another id?")
        if at < stop:
            yield at, stop


def _sha256(path: str) -> str:
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _megatron(path: str) -> tuple[np.dtype[Any], npt.NDArray[np.int64]]:
    """Dtype of a Megatron index, and documents' first items with the number of items behind them.

    Raises `ScoresError` unless its sequences lie end to end and are text.
    """
    with open(path, "rb") as file:
        content = file.read()
    if len(content) < 34 or content[:9] != b"MMIDIDX\0\0" or int.from_bytes(content[9:17], "little") != 1:
        raise ScoresError(f"{path}: it does not begin as a Megatron index of version 1")
    code = content[17]
    sequences, entries = (int.from_bytes(content[at : at + 8], "little") for at in (18, 26))
    if code not in _MEGATRON:
        raise ScoresError(f"{path}: elements of type code {code}, expected a type of ids")
    if entries < 1 or len(content) not in (34 + 12 * sequences + 8 * entries, 34 + 13 * sequences + 8 * entries):
        raise ScoresError(f"{path}: {len(content)} bytes do not hold {sequences} sequences and {entries} document entries")
    dtype = np.dtype(_MEGATRON[code])
    lengths = np.frombuffer(content, "<i4", sequences, 34).astype(np.int64)
    pointers = np.frombuffer(content, "<i8", sequences, 34 + 4 * sequences)
    documents = np.frombuffer(content, "<i8", entries, 34 + 12 * sequences)
    if documents[0] != 0 or documents[-1] != sequences or np.any(np.diff(documents) < 0) or np.any(lengths < 0):
        raise ScoresError(f"{path}: its document index does not lead from sequence 0 to {sequences}")
    starts = np.concatenate([[0], np.cumsum(lengths)])
    if np.any(pointers != starts[:-1] * dtype.itemsize):
        at = int(np.argmax(pointers != starts[:-1] * dtype.itemsize))
        raise ScoresError(
            f"{path}: sequence {at} begins at byte {pointers[at]}, but the one before ends at byte {starts[at] * dtype.itemsize}"
        )
    if any(content[34 + 12 * sequences + 8 * entries :]):
        raise ScoresError(f"{path}: sequences of a mode other than 0: multimodal data, of which only the text could be read")
    return dtype, starts[documents]
