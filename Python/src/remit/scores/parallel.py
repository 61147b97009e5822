"""A float file beside a token file, one number an item; NaN where nothing was scored.

    part-000.npy              the token file
    part-000.npy.scores       f32 or f16, little-endian, no header: the number of items is its size by the item's
    part-000.npy.scores.json  what it is, with checksums

Static token weights (the teacher against a frozen base, each piece centred on its own) have the same form, under TOKENS.weights; the JSON
says which of the two it is, and for weights against which base and with which clip.

OLMo counts items by size, and Megatron reads it with the token file's .idx where the items are as wide (uint16 and f16, int32 and
f32). The checksums are of ranges, so that a loader that reads a part checks a part.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterable
from types import TracebackType
from typing import Any

import numpy as np
import numpy.typing as npt

from remit.batch import Floats
from remit.pins import NAMES, Pins
from remit.scores import manifests
from remit.scores.errors import DamagedScores, ScoresError
from remit.scores.tokens import TokenFile
from remit.scores.units import Unit

SUFFIX, JSON_SUFFIX = ".scores", ".scores.json"
#: What a file is called behind its token file's name, by what its numbers are.
SUFFIXES = {"logprobs": SUFFIX, "weights": ".weights"}
#: Items of a range that has a checksum of its own.
RANGE_ITEMS = 1 << 22
_FORM, _FORMAT = "remit-parallel-scores", 1
_EXPECTED = {"logprobs": "a number of at most 0", "weights": "a weight from 0 to 2"}
_DTYPES: dict[str, np.dtype[Any]] = {"float32": np.dtype("<f4"), "float16": np.dtype("<f2")}


class ParallelFile:
    """A parallel float file, mapped into memory. A range is compared with its checksum when an item of it is first read."""

    form = "parallel"

    def __init__(self, manifest: str) -> None:
        #: Path of the JSON.
        self.path = manifest
        members = manifests.read(manifest)
        if members.get("form") != _FORM or members.get("format") != _FORMAT:
            raise ScoresError(
                f"{manifest}: form {members.get('form')} {members.get('format')}, this program reads {_FORM} {_FORMAT}"
            )
        manifests.check(manifest, members, manifests.compact)
        try:
            scores, tokens = members["scores"], members["tokens"]
            self.unit = Unit(str(members["unit"]["kind"]), int(members["unit"]["tokens"]))
            self.pins, self.model = Pins.of(members), str(members["model"])
            self.precision = str(members["precision"])
            #: What the numbers are: logprobs, or weights.
            self.quantity = str(members["quantity"])
            if self.quantity not in SUFFIXES:
                raise ValueError(f"quantity {self.quantity}")
            self.dtype = _DTYPES[scores["dtype"]]
            #: Items of the token file, each with a number.
            self.items = int(tokens["items"])
            #: SHA-256 of the token file, in hex.
            self.tokens_sha256 = str(tokens["sha256"])
            self.range_items = int(scores["range_items"])
            self._checksums = [str(one) for one in scores["sha256"]]
            self.data = os.path.join(os.path.dirname(manifest), _beside(scores["file"]))
            self.tokens = os.path.join(os.path.dirname(manifest), _beside(tokens["file"]))
        except (KeyError, TypeError, ValueError) as error:
            raise DamagedScores(f"{manifest}: {error!r}") from None
        self.members = members
        if self.range_items < 1 or len(self._checksums) != -(-self.items // self.range_items):
            raise DamagedScores(f"{manifest}: {len(self._checksums)} checksums for {self.items} items")
        try:
            size = os.path.getsize(self.data)
        except OSError as error:
            raise ScoresError(f"{self.data}: {error.strerror}") from error
        if size != self.items * self.dtype.itemsize:
            raise DamagedScores(
                f"{self.data} has {size} bytes, {self.items} items of {self.dtype} take {self.items * self.dtype.itemsize}"
            )
        self._open()

    def _open(self) -> None:
        self._values: npt.NDArray[Any] = (
            np.memmap(self.data, self.dtype, "r", shape=(self.items,)) if self.items else np.empty(0, self.dtype)
        )
        self._checked = np.zeros(len(self._checksums), np.bool_)

    def __getstate__(self) -> dict[str, Any]:
        return {name: value for name, value in self.__dict__.items() if name != "_values"}

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__.update(state)
        self._open()

    def at(self, start: int, stop: int) -> Floats:
        """Log-probs of a range of items."""
        if not 0 <= start <= stop <= self.items:
            raise ScoresError(f"{self.data}: expected a range within 0..<{self.items}, got {start}..<{stop}")
        if start < stop:
            for number in range(start // self.range_items, (stop - 1) // self.range_items + 1):
                self._check(number)
        return self._values[start:stop].astype(np.float32)

    def verify(self) -> None:
        """Reads all of it: checksums, values that can be, and the token file where it is there."""
        self._checked[:] = False
        for first in range(0, self.items, self.range_items):
            values = self.at(first, min(first + self.range_items, self.items))
            with np.errstate(invalid="ignore"):
                wrong = ~np.isnan(values) & ~_is_possible(values, self.quantity)
            if wrong.any():
                at = int(np.argmax(wrong))
                raise DamagedScores(f"{self.data}, item {first + at}: expected {_EXPECTED[self.quantity]} or NaN, got {values[at]}")
        if os.path.exists(self.tokens):
            with open(self.tokens, "rb") as file:
                got = hashlib.file_digest(file, "sha256").hexdigest()
            if got != self.tokens_sha256:
                raise DamagedScores(
                    f"{self.tokens} is not the file that was scored: its SHA-256 is {got}, it was {self.tokens_sha256}"
                )

    def _check(self, number: int) -> None:
        if self._checked[number]:
            return
        part = self._values[number * self.range_items : (number + 1) * self.range_items]
        got = hashlib.sha256(part.data).hexdigest()
        if got != self._checksums[number]:
            raise DamagedScores(
                f"{self.data}: items from {number * self.range_items} have SHA-256 {got}, {self.path} says {self._checksums[number]}"
            )
        self._checked[number] = True


class ParallelWriter:
    """Writes the numbers of a token file from its first item to its last. The JSON comes last: without it there is nothing to open.

    Args:
        tokens: the token file; its number of items must come.
        unit: how the teacher saw them.
        pins: the teacher's fingerprints, all three.
        dtype: float32, or float16, which keeps 11 bits.
        digest: SHA-256 of the token file in hex, where it is known; by default it is read once more.
        weighting: for static weights, what made them: members `weighting` and `base` of the JSON. By default the numbers are log-probs.
    """

    def __init__(
        self, tokens: TokenFile, *, unit: Unit, pins: Pins, model: str, precision: str, dtype: str = "float32",
        digest: str | None = None, out: str | os.PathLike[str] | None = None, range_items: int = RANGE_ITEMS,
        weighting: dict[str, Any] | None = None,
    ) -> None:  # fmt: skip
        self._quantity = "logprobs" if weighting is None else "weights"
        missing = [name for name in NAMES if getattr(pins, name) is None]
        if missing or dtype not in _DTYPES:
            raise ValueError(f"pins: {missing[0]} is missing" if missing else f"dtype: expected float32 or float16, got {dtype!r}")
        self._tokens, self._digest, self._range_items = tokens, digest, range_items
        self._dtype = _DTYPES[dtype]
        self.path = os.fspath(out) if out is not None else tokens.path + SUFFIXES[self._quantity]
        self._members: dict[str, Any] = {
            "form": _FORM, "format": _FORMAT, "model": model, "precision": precision, "quantity": self._quantity, **(weighting or {}),
            "unit": {"kind": unit.kind, "tokens": unit.tokens}, **pins.members(),
        }  # fmt: skip
        self._file = open(self.path + ".tmp", "wb")
        self._hasher, self._in_range = hashlib.sha256(), 0
        self._checksums: list[str] = []
        #: Items so far.
        self.items = 0
        #: Items so far that have a number.
        self.scored = 0

    def append(self, values: npt.ArrayLike) -> None:
        """The next items' log-probs, NaN where there is none. Raises ValueError for what no log-prob can be."""
        wide = np.asarray(values, np.float32)
        with np.errstate(invalid="ignore", over="ignore"):
            narrow = np.ascontiguousarray(wide, self._dtype)
            wrong = ~np.isnan(wide) & ~(_is_possible(wide, self._quantity) & np.isfinite(narrow))
        if wrong.any():
            at = int(np.argmax(wrong))
            expected = _EXPECTED[self._quantity]
            raise ValueError(f"item {self.items + at}: expected {expected} that {self._dtype} holds, or NaN, got {wide[at]}")
        self.items += len(wide)
        self.scored += int((~np.isnan(wide)).sum())
        while len(narrow):
            part = narrow[: self._range_items - self._in_range]
            self._file.write(part.data)
            self._hasher.update(part.data)
            self._in_range += len(part)
            narrow = narrow[len(part) :]
            if self._in_range == self._range_items:
                self._close_range()

    def finish(self) -> str:
        """Closes the file and writes the JSON; its path. Raises `ScoresError` where items are missing."""
        if self.items != self._tokens.items:
            self.abandon()
            raise ScoresError(f"{self.path}: expected {self._tokens.items} items, those of {self._tokens.path}, got {self.items}")
        if self._in_range:
            self._close_range()
        self._file.flush()
        os.fsync(self._file.fileno())
        self._file.close()
        os.replace(self.path + ".tmp", self.path)
        members = {
            **self._members, "scored_items": self.scored,
            "tokens": {"file": os.path.basename(self._tokens.path), "items": self.items, "dtype": self._tokens.dtype.name,
                       "sha256": self._digest or self._tokens.sha256()},
            "scores": {"file": os.path.basename(self.path), "dtype": self._dtype.name, "range_items": self._range_items,
                       "sha256": self._checksums},
        }  # fmt: skip
        manifest = self.path + ".json"
        manifests.write(manifest, manifests.compact(manifests.signed(members, manifests.compact)) + b"\n")
        return manifest

    def abandon(self) -> None:
        """Removes what was written."""
        self._file.close()
        if os.path.exists(self.path + ".tmp"):
            os.remove(self.path + ".tmp")

    def __enter__(self) -> ParallelWriter:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        if kind is not None:
            self.abandon()
        elif not self._file.closed:
            self.finish()

    def _close_range(self) -> None:
        self._checksums.append(self._hasher.hexdigest())
        self._hasher, self._in_range = hashlib.sha256(), 0


def write_parallel(tokens: TokenFile, blocks: Iterable[npt.ArrayLike], **options: Any) -> str:
    """Writes blocks of log-probs beside a token file, with the options of `ParallelWriter`; the path of the JSON."""
    with ParallelWriter(tokens, **options) as writer:
        for block in blocks:
            writer.append(block)
        return writer.finish()


def _is_possible(values: npt.NDArray[Any], quantity: str) -> npt.NDArray[np.bool_]:
    """Which numbers can be what they are said to be. Weights lie up to 2, and a little above where f16 rounds them."""
    if quantity == "weights":
        return np.asarray((values >= 0) & (values <= 2.001))
    return np.asarray((values <= 0) & np.isfinite(values))


def _beside(name: Any) -> str:
    if not isinstance(name, str) or os.path.basename(name) != name or not name:
        raise ValueError(f"expected the name of a file beside it, got {str(name)[:80]!r}")
    return name
