"""Flat tensors with metadata, in the safetensors format.

`safetensors.numpy.load` drops `__metadata__`, where the fingerprints stand, so that the header is read here.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt
from safetensors.numpy import save

Array = npt.NDArray[Any]

_DTYPES: dict[str, npt.DTypeLike] = {
    "F32": "<f4", "F64": "<f8", "F16": "<f2", "I64": "<i8", "I32": "<i4", "U32": "<u4", "U8": "u1", "BOOL": "?",
}


def encode(tensors: Mapping[str, Array], metadata: Mapping[str, str]) -> bytes:
    """The bytes of a safetensors file."""
    return save({name: np.ascontiguousarray(value) for name, value in tensors.items()}, metadata=dict(metadata))


def decode(body: bytes) -> tuple[dict[str, Array], dict[str, str]]:
    """Tensors (views of `body`, not writable) and metadata. Raises ValueError for what is no safetensors."""
    header, start = read_header(body[:8], lambda length: body[8 : 8 + length], len(body))
    metadata = header.pop("__metadata__", {})
    tensors: dict[str, Array] = {}
    for name, entry in header.items():
        dtype, shape, (begin, end) = layout(name, entry, len(body) - start)
        tensors[name] = np.frombuffer(body, dtype, count=math.prod(shape), offset=start + begin).reshape(shape)
    return tensors, {str(key): str(value) for key, value in metadata.items()}


def read_header(first: bytes, rest: Any, size: int) -> tuple[dict[str, Any], int]:
    """The header of a file of `size` bytes, and where its data begins. `rest` gives the bytes behind the first eight."""
    if len(first) < 8:
        raise ValueError("expected safetensors, got fewer than 8 bytes")
    length = int.from_bytes(first, "little")
    if length > min(size - 8, 100 << 20):
        raise ValueError(f"the header of {length} bytes does not fit the {size} bytes there are")
    try:
        header = json.loads(rest(length))
    except ValueError as error:
        raise ValueError(f"the header is no JSON: {error}") from None
    if not isinstance(header, dict) or not isinstance(header.get("__metadata__", {}), dict):
        raise ValueError("the header is no JSON object of tensors")
    return header, 8 + length


def layout(name: str, entry: Any, room: int) -> tuple[np.dtype[Any], tuple[int, ...], tuple[int, int]]:
    """Dtype, shape and byte range of a tensor, proved to lie within `room` bytes. Raises ValueError."""
    try:
        dtype = np.dtype(_DTYPES[entry["dtype"]])
        shape = tuple(int(length) for length in entry["shape"])
        begin, end = (int(offset) for offset in entry["data_offsets"])
    except (KeyError, TypeError, ValueError) as error:
        raise ValueError(f"tensor {name[:80]!r} has no proper dtype, shape and data_offsets: {error!r}") from None
    sound = all(length >= 0 for length in shape) and 0 <= begin <= end <= room
    if not sound or end - begin != math.prod(shape) * dtype.itemsize:
        raise ValueError(f"tensor {name[:80]!r} of shape {shape} does not lie where its data_offsets say")
    return dtype, shape, (begin, end)
