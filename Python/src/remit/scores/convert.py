"""From one form of scores into the other, and into a column of a data set. The numbers keep their bits (f16 apart)."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from remit.batch import Floats, digest_of_ids
from remit.pins import Pins
from remit.scores.errors import MissingScores, OtherUnit, ScoresError
from remit.scores.files import Scores
from remit.scores.parallel import ParallelFile, write_parallel
from remit.scores.segments import Segments, SegmentsWriter
from remit.scores.tokens import TokenFile


def segments_to_parallel(
    scores: Scores, tokens: TokenFile, *, out: str | os.PathLike[str] | None = None, dtype: str = "float32",
    allow_missing: bool = False, **options: Any,
) -> str:  # fmt: skip
    """Writes a side-car's numbers beside a token file of the same corpus; the path of the JSON.

    Args:
        tokens: with its documents (an .idx, or `end`). A document that its end-of-sequence does not close is looked up with it, as
            remit-server scores it.
        allow_missing: NaN for documents that were not scored, in place of `MissingScores`.
    """
    file = scores.file
    if not isinstance(file, Segments):
        raise ScoresError(f"{scores.path} is of the form {file.form} already")
    return write_parallel(
        tokens, _documents(file, tokens, allow_missing), out=out, dtype=dtype, unit=file.unit, pins=file.pins, model=file.model,
        precision=file.precision, **options,
    )  # fmt: skip


def _documents(file: Segments, tokens: TokenFile, allow_missing: bool) -> Iterator[Floats]:
    for start, stop in tokens.documents():
        ids = tokens.ids(start, stop)
        closed = ids if tokens.end is None or ids[-1] == tokens.end else np.append(ids, np.int32(tokens.end))
        for first, last in file.unit.pieces(0, len(closed)):
            piece = closed[first:last]
            found = file.find(digest_of_ids(piece)) if len(piece) > 1 else None
            if found is None and len(piece) > 1 and not allow_missing:
                error = file.missing(piece)
                raise MissingScores(f"items {start + first}..<{start + last} of {tokens.path}: {error}")
            values = np.full(len(piece), np.nan, np.float32) if found is None else found
            yield values[: len(ids) - first]


def parallel_to_segments(
    scores: Scores, tokens: TokenFile, out: str | os.PathLike[str], *, allow_missing: bool = False, **options: Any
) -> str:
    """Writes the numbers beside a token file as a side-car that remit-trainer reads; its path.

    Args:
        tokens: the token file that was scored, which is read for its digest, with its documents (an .idx, or `end`).
        allow_missing: leaves out documents that were not scored, in place of `MissingScores`.

    Raises:
        OtherUnit: the documents begin elsewhere than when they were scored.
        ScoresError: the token file is another.
    """
    file = scores.file
    if not isinstance(file, ParallelFile):
        raise ScoresError(f"{scores.path} is of the form {file.form} already")
    if file.quantity != "logprobs":
        raise ScoresError(f"{scores.path} holds {file.quantity}; a side-car holds log-probs: give the file TOKENS.scores")
    if file.unit.kind != "document":
        raise OtherUnit(f"{scores.path}: scored by {file.unit}; side-cars hold documents, whose context is another")
    if tokens.items != file.items:
        raise ScoresError(f"{tokens.path} has {tokens.items} items, {scores.path} has numbers for {file.items}")
    tokens.require(file.tokens_sha256, scores.path)
    writer = SegmentsWriter(
        out, sequence_length=file.unit.tokens, pins=file.pins, model=file.model, precision=file.precision, **options
    )
    for start, stop in tokens.documents():
        for first, last in file.unit.pieces(start, stop):
            values = file.at(first, last)
            file.unit.require_piece(values, first, scores.path)
            if last - first == 1:
                continue
            if np.isnan(values[1:]).any():
                if allow_missing:
                    continue
                raise MissingScores(f"{scores.path}: items {first}..<{last} have no log-probs")
            writer.append(tokens.ids(first, last), values)
    return writer.finish()


def column_to_segments(
    rows: Iterable[tuple[npt.ArrayLike, npt.ArrayLike]], out: str | os.PathLike[str], *, sequence_length: int, pins: Pins,
    model: str, precision: str, **options: Any,
) -> str:  # fmt: skip
    """Writes rows of ids and log-probs, a document each, as a side-car; its path. Rows are cut at multiples of `sequence_length`, where
    their log-probs must be NaN."""
    writer = SegmentsWriter(out, sequence_length=sequence_length, pins=pins, model=model, precision=precision, **options)
    for ids, logprobs in rows:
        tokens, values = np.asarray(ids), np.asarray(logprobs, np.float32)
        for first in range(0, len(tokens), sequence_length):
            if len(tokens) - first > 1:
                writer.append(tokens[first : first + sequence_length], values[first : first + sequence_length])
    return writer.finish()


def add_column(
    dataset: Any, scores: Scores, *, ids: str = "input_ids", column: str = "teacher_logprobs",
    document_starts: str | None = None, **options: Any,
) -> Any:  # fmt: skip
    """A Hugging Face data set (anything with `map`) with a column of log-probs beside its ids, from a side-car.

    Args:
        document_starts: name of a column with the positions where documents begin, for rows that are packed.
        options: of the data set's `map`.
    """

    def add(row: dict[str, Any]) -> dict[str, Any]:
        starts: Sequence[int] = (0,) if document_starts is None else row[document_starts]
        return {column: scores.row(row[ids], starts)}

    return dataset.map(add, **options)
