"""Training sequences as the service takes them: one flat array of ids, and where sequences and documents begin.

Letters: N tokens, B sequences, D documents, T positions of a padded row.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float32]
Bools = npt.NDArray[np.bool_]


def digest_of_ids(token_ids: npt.ArrayLike) -> bytes:
    """SHA-256 of ids as little-endian 32-bit words: the name of a segment in stores and side-cars, and of an answer's tokens."""
    return hashlib.sha256(np.ascontiguousarray(token_ids, dtype="<i4").data).digest()


@dataclass(frozen=True)
class Batch:
    """Sequences laid one behind the other. Make one with `of`, `padded` or the constructor, which checks it and raises ValueError."""

    #: [N]
    token_ids: npt.NDArray[np.int32]
    #: The first 0, the last N. [B + 1]
    sequence_starts: Ints
    #: Flat positions, every sequence's start among them. [D]
    document_starts: Ints
    #: False: context only, not scored. [N], or None for all true.
    loss_mask: Bools | None = None
    #: Natural log-probs of the student, read at scored positions only. [N]
    student_logprobs: Floats | None = None

    def __post_init__(self) -> None:
        count = len(self.token_ids)
        starts, documents = self.sequence_starts, self.document_starts
        if len(starts) < 2 or starts[0] != 0 or starts[-1] != count or np.any(np.diff(starts) <= 0):
            raise ValueError(f"sequence_starts: expected numbers that increase from 0 to {count}, the number of tokens")
        if len(documents) == 0 or documents[0] != 0 or documents[-1] >= count or np.any(np.diff(documents) <= 0):
            raise ValueError(f"document_starts: expected flat positions that increase from 0 and stay below {count}")
        if not np.all(np.isin(starts[:-1], documents)):
            raise ValueError("document_starts: expected every sequence's start among them")
        for name in ("loss_mask", "student_logprobs"):
            side = getattr(self, name)
            if side is not None and side.shape != (count,):
                raise ValueError(f"{name}: expected shape ({count},), one a token, got {side.shape}")

    @classmethod
    def of(
        cls,
        sequences: Sequence[npt.ArrayLike] | npt.NDArray[Any],
        *,
        document_starts: Sequence[npt.ArrayLike | None] | None = None,
        loss_mask: Sequence[npt.ArrayLike] | None = None,
        student_logprobs: Sequence[npt.ArrayLike] | None = None,
    ) -> Batch:
        """Sequences of ids, each with its own side arrays. `document_starts` count from 0 within their sequence; None: one document."""
        ids = [_ids(sequence, index) for index, sequence in enumerate(sequences)]
        starts = np.concatenate([[0], np.cumsum([len(one) for one in ids])]).astype(np.int64)
        if not ids:
            raise ValueError("expected at least one sequence, got none")

        def joined(name: str, sides: Sequence[npt.ArrayLike] | None, dtype: npt.DTypeLike) -> npt.NDArray[Any] | None:
            if sides is None:
                return None
            _same_number(name, sides, ids)
            arrays = [np.asarray(side, dtype=dtype) for side in sides]
            for index, (side, one) in enumerate(zip(arrays, ids)):
                if side.shape != one.shape:
                    raise ValueError(f"{name}[{index}]: expected shape {one.shape}, one a token, got {side.shape}")
            return np.concatenate(arrays)

        documents = starts[:-1]
        if document_starts is not None:
            _same_number("document_starts", document_starts, ids)
            parts: list[Ints] = []
            for index, given in enumerate(document_starts):
                here = np.asarray([0] if given is None else given, dtype=np.int64)
                if here.ndim != 1 or len(here) == 0 or here[0] != 0 or np.any(np.diff(here) <= 0) or here[-1] >= len(ids[index]):
                    raise ValueError(
                        f"document_starts[{index}]: expected positions that increase from 0 and stay below {len(ids[index])}"
                    )
                parts.append(here + starts[index])
            documents = np.concatenate(parts)
        return cls(
            np.concatenate(ids), starts, documents,
            joined("loss_mask", loss_mask, np.bool_), joined("student_logprobs", student_logprobs, np.float32),
        )  # fmt: skip

    @classmethod
    def padded(
        cls,
        token_ids: npt.ArrayLike,
        attention_mask: npt.ArrayLike | None = None,
        *,
        position_ids: npt.ArrayLike | None = None,
    ) -> tuple[Batch, Bools]:
        """Rows of a padded batch [B, T], and which places of it are tokens [B, T].

        A document begins at each row's first token, and with `position_ids` wherever they are 0 (packed rows). Rows without a
        token are left out. `places` of the answer go back with `scatter`.
        """
        ids = np.asarray(token_ids)
        if ids.ndim != 2 or ids.dtype.kind not in "iu":
            raise ValueError(f"token_ids: expected integers of shape [B, T], got {ids.dtype} of shape {ids.shape}")
        places = np.ones(ids.shape, np.bool_) if attention_mask is None else np.asarray(attention_mask) != 0
        if places.shape != ids.shape:
            raise ValueError(f"attention_mask: expected shape {ids.shape}, got {places.shape}")
        counts = places.sum(axis=1)
        starts = np.concatenate([[0], np.cumsum(counts[counts > 0])]).astype(np.int64)
        documents = starts[:-1]
        if position_ids is not None:
            positions = np.broadcast_to(np.asarray(position_ids), ids.shape)[places]
            documents = np.union1d(documents, np.flatnonzero(positions == 0)).astype(np.int64)
        return cls(_checked(ids[places], "token_ids"), starts, documents), places

    @cached_property
    def scored(self) -> Bools:
        """Positions with a log-prob whose loss counts: no document's first, and not masked. [N]"""
        scored = np.ones(len(self.token_ids), np.bool_) if self.loss_mask is None else self.loss_mask.copy()
        scored[self.document_starts] = False
        return scored

    def digest(self) -> str:
        """SHA-256 of all ids, in hex; an answer says whose numbers it has by it."""
        return digest_of_ids(self.token_ids).hex()

    def parts(self, max_tokens: int, max_inputs: int) -> Iterator[Batch]:
        """The batch in pieces of whole sequences within both limits; a longer sequence is a piece of its own."""
        first, count = 0, len(self.sequence_starts) - 1
        while first < count:
            last = int(np.searchsorted(self.sequence_starts, self.sequence_starts[first] + max_tokens, side="right")) - 1
            last = max(first + 1, min(last, first + max_inputs, count))
            yield self if (first, last) == (0, count) else self._slice(first, last)
            first = last

    def _slice(self, first: int, last: int) -> Batch:
        begin, end = int(self.sequence_starts[first]), int(self.sequence_starts[last])
        low, high = np.searchsorted(self.document_starts, [begin, end])
        return Batch(
            self.token_ids[begin:end],
            self.sequence_starts[first : last + 1] - begin,
            self.document_starts[low:high] - begin,
            None if self.loss_mask is None else self.loss_mask[begin:end],
            None if self.student_logprobs is None else self.student_logprobs[begin:end],
        )


def scatter(values: Floats, places: Bools) -> Floats:
    """One value a token back into a padded batch; NaN at padding. [B, T]"""
    out = np.full(places.shape, np.nan, np.float32)
    out[places] = values
    return out


def _ids(sequence: npt.ArrayLike, index: int) -> npt.NDArray[np.int32]:
    ids = np.asarray(sequence)
    if ids.ndim != 1 or len(ids) == 0 or ids.dtype.kind not in "iu":
        raise ValueError(f"sequences[{index}]: expected one or more integers in a row, got {ids.dtype} of shape {ids.shape}")
    return _checked(ids, f"sequences[{index}]")


def _checked(ids: npt.NDArray[Any], name: str) -> npt.NDArray[np.int32]:
    if len(ids) and (ids.min() < 0 or ids.max() > np.iinfo(np.int32).max):
        raise ValueError(f"{name}: expected ids from 0 to 2147483647, got {ids.min()} to {ids.max()}")
    return ids.astype(np.int32)


def _same_number(name: str, sides: Sequence[Any], ids: Sequence[Any]) -> None:
    if len(sides) != len(ids):
        raise ValueError(f"{name}: expected {len(ids)} entries, one a sequence, got {len(sides)}")
