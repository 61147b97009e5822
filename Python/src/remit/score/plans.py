"""What is to be scored: contiguous ranges of token files, each of whole documents or whole chunks."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from remit.pins import Pins
from remit.score.fingerprints import MODEL_FILES
from remit.scores import manifests
from remit.scores.errors import DamagedScores, ScoresError
from remit.scores.tokens import TokenFile
from remit.scores.units import Unit

#: Tokens of a range: some minutes of one GPU, so that little is lost with a worker, and 100 B tokens are 1,600 ranges.
RANGE_TOKENS = 64 << 20
_FORM, _FORMAT = "remit-plan", 1


@dataclass(frozen=True)
class PlannedFile:
    """A token file of a plan."""

    #: As it was given; relative to the plan's folder where it is relative.
    path: str
    #: Element type of a bare array; None where the file says it.
    dtype: str | None
    #: Id that closes each document; None for chunks, and where an .idx knows.
    end: int | None
    items: int
    sha256: str
    #: Of a Megatron pair's .idx; None of other files.
    index_sha256: str | None = None


@dataclass(frozen=True)
class Range:
    """Contiguous items of a file."""

    number: int
    #: Index into the plan's files.
    file: int
    start: int
    count: int

    @property
    def name(self) -> str:
        """Stem of the names of what is written for it."""
        return f"range-{self.number:06}"

    def members(self) -> dict[str, int]:
        """As it stands in a manifest."""
        return {"number": self.number, "file": self.file, "start": self.start, "count": self.count}


@dataclass(frozen=True)
class Plan:
    """A plan, and where it lies."""

    path: str
    unit: Unit
    files: tuple[PlannedFile, ...]
    ranges: tuple[Range, ...]
    #: The teacher's model and tokenizer fingerprints, where they were known when planning.
    pins: Pins
    #: SHA-256 of the plan's members; every range's manifest repeats it.
    digest: str
    #: What `model_files_sha256` says of the model that is to be run, where the plan was made for one.
    model_files: str | None = None

    @property
    def tokens(self) -> int:
        """Items of all files."""
        return sum(file.items for file in self.files)

    def token_file(self, index: int) -> TokenFile:
        """A file of the plan, mapped. Raises `ScoresError` where it has another size than when it was planned."""
        planned = self.files[index]
        file = TokenFile(os.path.join(os.path.dirname(self.path), planned.path), dtype=planned.dtype, end=planned.end)
        if file.items != planned.items:
            raise ScoresError(f"{file.path} has {file.items} items, it had {planned.items} when it was planned")
        return file

    def require_model(self, model_files: str | None) -> None:
        """Raises `ScoresError` where the plan was made for other model files than these."""
        if self.model_files is not None and model_files != self.model_files:
            raise ScoresError(
                f"{self.path}: expected {MODEL_FILES} {self.model_files}, for which it was made, got {model_files}. Run the model of "
                f"then, or make a plan for this one"
            )

    def pieces(self, range: Range, file: TokenFile) -> Iterator[tuple[int, int]]:
        """First item of each part of a range that is scored on its own, and the item behind its last."""
        stop = range.start + range.count
        if self.unit.kind == "chunk":
            yield from self.unit.pieces(range.start, stop)
            return
        for start, end in file.documents_between(range.start, stop):
            yield from self.unit.pieces(start, end)

    @classmethod
    def read(cls, path: str | os.PathLike[str]) -> Plan:
        """Reads and checks a plan."""
        name = os.fspath(path)
        members = manifests.read(name)
        if members.get("form") != _FORM or members.get("format") != _FORMAT:
            raise ScoresError(f"{name}: expected {_FORM} {_FORMAT}, got {members.get('form')} {members.get('format')}")
        manifests.check(name, members, manifests.compact)
        try:
            unit = Unit(str(members["unit"]["kind"]), int(members["unit"]["tokens"]))
            files = tuple(PlannedFile(**one) for one in members["files"])
            ranges = tuple(Range(number, *map(int, one)) for number, one in enumerate(members["ranges"]))
            pins = Pins.of(members)
            model_files = members.get(MODEL_FILES)
            if model_files is not None and not re.fullmatch("[0-9a-f]{64}", model_files):
                raise ValueError(f"{MODEL_FILES}: expected 64 hexadecimal digits in lower case, got {model_files[:80]!r}")
        except (KeyError, TypeError, ValueError) as error:
            raise DamagedScores(f"{name}: {error!r}") from None
        at = [0] * len(files)
        for one in ranges:
            if not 0 <= one.file < len(files) or one.start != at[one.file] or one.count < 1:
                raise DamagedScores(f"{name}: range {one.number} does not begin where the one before it ends")
            at[one.file] += one.count
        if at != [file.items for file in files]:
            raise DamagedScores(f"{name}: its ranges do not cover its files")
        return cls(name, unit, files, ranges, pins, members["manifest_sha256"], model_files)


def make_plan(
    out: str | os.PathLike[str], tokens: Sequence[str | os.PathLike[str]], unit: Unit, *, dtype: str | None = None,
    end: int | None = None, pins: Pins = Pins(), model_files: str | None = None, range_tokens: int = RANGE_TOKENS,
) -> Plan:  # fmt: skip
    """Writes a plan. Every token file is read once: for its digest, and for where documents begin.

    Args:
        tokens: the token files, one or more.
        dtype: of bare arrays.
        end: the id that closes each document; needed for documents without an .idx.
        pins: the teacher's fingerprints where they are known.
        model_files: what `model_files_sha256` says of the model; workers with another are then refused.
        range_tokens: tokens of a range, about; documents and chunks are not cut.
    """
    path = os.fspath(out)
    files: list[dict[str, Any]] = []
    ranges: list[list[int]] = []
    if not tokens:
        raise ScoresError("expected at least one token file, got none")
    for index, name in enumerate(tokens):
        file = TokenFile(name, dtype=dtype, end=end)
        starts, at = _cuts(file, unit, range_tokens), 0
        for stop in [*starts, file.items]:
            if stop > at:
                ranges.append([index, at, stop - at])
                at = stop
        beside = os.path.relpath(file.path, os.path.dirname(path) or ".") if not os.path.isabs(file.path) else file.path
        documents = {} if file.index is None else {"index_sha256": file.index_sha256()}
        files.append({"path": beside, "dtype": dtype, "end": end, "items": file.items, "sha256": file.sha256(), **documents})
    members = {
        "form": _FORM, "format": _FORMAT, "unit": {"kind": unit.kind, "tokens": unit.tokens}, "files": files, "ranges": ranges,
        **pins.members(), **({} if model_files is None else {MODEL_FILES: model_files}),
    }  # fmt: skip
    manifests.write(path, manifests.compact(manifests.signed(members, manifests.compact)) + b"\n")
    return Plan.read(path)


def _cuts(file: TokenFile, unit: Unit, range_tokens: int) -> Iterator[int]:
    """Items where a new range begins: the first document or chunk behind each `range_tokens`."""
    if unit.kind == "chunk":
        step = max(1, range_tokens // unit.tokens) * unit.tokens
        yield from range(step, file.items, step)
        return
    first = 0
    for start, _ in file.documents():
        if start - first >= range_tokens:
            yield start
            first = start


def sample(plan: Plan, share: float, seed: int) -> Iterator[tuple[int, int, int]]:
    """File, first item and end of pieces that make up about `share` of the tokens, drawn by chance from all ranges."""
    random = np.random.default_rng([seed, int(plan.digest[:8], 16)])
    for one in plan.ranges:
        file = plan.token_file(one.file)
        pieces = list(plan.pieces(one, file))
        chosen = random.random(len(pieces)) < share
        yield from ((one.file, *piece) for piece, is_chosen in zip(pieces, chosen) if is_chosen)
