"""The context under which a teacher scored: what it saw before each token."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from remit.batch import Floats
from remit.scores.errors import OtherUnit


@dataclass(frozen=True)
class Unit:
    """What is scored on its own.

    `document`: each document, cut at multiples of `tokens` from its own start; positions and attention start anew at each piece.
    `chunk`: each window of `tokens` items at multiples of it from the file's start, with attention across the documents in it.
    Nothing predicts the first token of a piece or chunk: it has no log-prob.
    """

    kind: str
    tokens: int

    def __post_init__(self) -> None:
        if self.kind not in ("document", "chunk"):
            raise ValueError(f"unit: expected document or chunk, got {self.kind!r}")
        if self.tokens < 2:
            raise ValueError(f"unit: expected at least 2 tokens, got {self.tokens}")

    def __str__(self) -> str:
        return f"{self.kind} of {'at most ' if self.kind == 'document' else ''}{self.tokens} tokens"

    def require(self, wanted: Unit, path: str) -> None:
        """Raises `OtherUnit` where a loader's unit is another."""
        if self != wanted:
            raise OtherUnit(
                f"{path}: the teacher scored by {self}, the loader feeds its student by {wanted}: the teacher had another context. "
                f"Score again by the loader's unit"
            )

    def pieces(self, start: int, stop: int) -> Iterator[tuple[int, int]]:
        """The parts of a document (or, of `chunk`, of a file) that are scored on their own."""
        return ((first, min(first + self.tokens, stop)) for first in range(start, stop, self.tokens))

    def require_piece(self, values: Floats, first: int, path: str) -> None:
        """Raises `OtherUnit` where numbers are not of one document's piece: none at its first item; behind it one at every item, or none.

        Documents that begin elsewhere than when they were scored are found so, whatever said where they begin.
        """
        if self.kind != "document" or len(values) == 0:
            return  # chunks lie where the unit says
        none = np.isnan(values)
        if none[0] and (none[1:] == none[1:2]).all():
            return
        at = first if not none[0] else first + 1 + int(np.argmax(none[1:] != none[1]))
        raise OtherUnit(
            f"{path}: documents began elsewhere when the teacher scored them (item {at}): give the end of sequence, or the .idx, of then"
        )
