"""Static token weights of a corpus: the teacher against a frozen base, from the log-probs of both."""

from __future__ import annotations

import os

import numpy as np

from remit.batch import Floats
from remit.scores.errors import OtherUnit, ScoresError
from remit.scores.files import Scores
from remit.scores.parallel import SUFFIXES, ParallelFile, ParallelWriter
from remit.scores.tokens import TokenFile


def static_weights(
    teacher: Scores, base: Scores, tokens: TokenFile, *, epsilon: float = 0.2, dtype: str = "float32",
    out: str | os.PathLike[str] | None = None,
) -> str:  # fmt: skip
    """Writes clip(2 sigmoid(delta - mean of delta), 1 - epsilon, 1 + epsilon) beside a token file, delta being the teacher's log-prob less
    the base's and the mean that of each piece which was scored on its own; the path of the JSON. NaN where nothing is scored.

    Args:
        teacher: a parallel file of the teacher's log-probs.
        base: one of the base's, of the same token file and unit.
        tokens: the token file that was scored, which is read for its digest; with its documents (an .idx, or `end`) where the unit is
            the document.
        out: by default TOKENS.weights.

    Raises:
        OtherUnit: the documents begin elsewhere than when they were scored.
        ScoresError: the token file is another, or the two files do not belong together.
    """
    ours, theirs = _parallel(teacher), _parallel(base)
    if ours.tokens_sha256 != theirs.tokens_sha256:
        raise ScoresError(f"{teacher.path} and {base.path} are of different token files")
    if tokens.items != ours.items:
        raise ScoresError(f"{tokens.path} has {tokens.items} items, {teacher.path} has numbers for {ours.items}")
    if ours.unit != theirs.unit:
        raise OtherUnit(f"{teacher.path} was scored by {ours.unit}, {base.path} by {theirs.unit}: score one again by the other's unit")
    if ours.pins.tokenizer_fingerprint != theirs.pins.tokenizer_fingerprint:
        raise ScoresError(f"{teacher.path} and {base.path} have different tokenizers: take a base of the teacher's lineage")
    if not 0 <= epsilon <= 1:
        raise ValueError(f"epsilon: expected a number from 0 to 1, got {epsilon}")
    tokens.require(ours.tokens_sha256, teacher.path)
    made = {
        "weighting": {"name": "remit-static", "epsilon": str(float(epsilon))},
        "base": {"model": theirs.model, "model_fingerprint": theirs.pins.model_fingerprint,
                 "scores_fingerprint": theirs.pins.scores_fingerprint},
    }  # fmt: skip
    with ParallelWriter(
        tokens, unit=ours.unit, pins=ours.pins, model=ours.model, precision=ours.precision, dtype=dtype, digest=ours.tokens_sha256,
        out=out if out is not None else tokens.path + SUFFIXES["weights"], weighting=made,
    ) as writer:  # fmt: skip
        bounds = iter([(0, tokens.items)]) if ours.unit.kind == "chunk" else tokens.documents()
        for start, stop in bounds:
            for first, last in ours.unit.pieces(start, stop):
                of_teacher, of_base = ours.at(first, last), theirs.at(first, last)
                ours.unit.require_piece(of_teacher, first, teacher.path)
                ours.unit.require_piece(of_base, first, base.path)
                writer.append(_weights(of_teacher, of_base, epsilon))
        return writer.finish()


def _weights(teacher: Floats, base: Floats, epsilon: float) -> Floats:
    delta = teacher.astype(np.float64) - base
    scored = ~np.isnan(delta)
    weights = np.full(len(delta), np.nan, np.float32)
    if scored.any():
        centred = delta[scored] - delta[scored].mean()
        weights[scored] = np.clip(2 / (1 + np.exp(-centred)), 1 - epsilon, 1 + epsilon)
    return weights


def _parallel(scores: Scores) -> ParallelFile:
    file = scores.file
    if not isinstance(file, ParallelFile) or file.quantity != "logprobs":
        raise ScoresError(f"{scores.path}: expected a parallel file of log-probs, TOKENS.scores")
    return file
