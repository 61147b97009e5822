"""Whether an answer is one to its request: numbers of other tokens or of another model would go unnoticed into every weight."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from remit.batch import Batch, Bools, Floats
from remit.pins import Pins
from remit.tensors import Array

#: The service answers log-probs, weights and means in F32, counts in I64, ids in I32.
_DTYPES = {"teacher_logprobs": "<f4", "weights": "<f4", "student_logprobs": "<f4", "mean_weight": "<f4", "token_ids": "<i4",
           "sequence_starts": "<i8", "scored_tokens": "<i8", "clipped_low": "<i8", "clipped_high": "<i8",
           "topk_token_ids": "<i4", "topk_logprobs": "<f4", "teacher_entropy": "<f4", "logsumexp": "<f4",
           "tempered_entropy": "<f4"}  # fmt: skip


class Unanswered(ValueError):
    """What is wrong with an answer, in words."""


def tensor(tensors: Mapping[str, Array], name: str, shape: tuple[int, ...]) -> Array:
    """A tensor of the agreed dtype and shape."""
    value = tensors.get(name)
    if value is None or value.dtype != np.dtype(_DTYPES[name]) or value.shape != shape:
        got = "none" if value is None else f"{value.dtype} of shape {value.shape}"
        raise Unanswered(f"expected {name} {_DTYPES[name]} of shape {shape}, got {got}")
    return value


def logprobs(values: Floats, batch: Batch) -> None:
    """Finite numbers of at most 0, and NaN at each document's first token and nowhere else."""
    first = np.zeros(len(values), np.bool_)
    first[batch.document_starts] = True
    with np.errstate(invalid="ignore"):
        sound = np.where(first, np.isnan(values), (values <= 0) & np.isfinite(values))
    if not sound.all():
        at = int(np.argmin(sound))
        expected = "none (NaN), as nothing predicts a document's first token" if first[at] else "a finite number of at most 0"
        raise Unanswered(f"teacher_logprobs at flat position {at}: expected {expected}, got {values[at]}")


def distributions(tensors: Mapping[str, Array], name: str, shape: tuple[int, ...], teacher: Floats) -> Floats:
    """Numbers of the distributions that predict the tokens: finite where there is a log-prob, NaN elsewhere; no entropy below 0."""
    values = tensor(tensors, name, shape)
    with np.errstate(invalid="ignore"):
        sound = np.where(np.isnan(teacher), np.isnan(values), np.isfinite(values) & ((values >= 0) | (name == "logsumexp")))
    if not sound.all():
        at = np.unravel_index(int(np.argmin(sound)), values.shape)
        raise Unanswered(f"{name} at {[int(place) for place in at]}: expected a finite number, got {values[at]}")
    return values


def identity(batch: Batch, tensors: Mapping[str, Array], metadata: Mapping[str, str], pins: Pins) -> Pins:
    """The answer's fingerprints, where model and tokens are those of the request."""
    try:
        got = Pins.of(metadata)
    except ValueError as error:
        raise Unanswered(str(error)) from None
    difference = pins.difference(got)
    if difference:
        raise Unanswered(difference)
    if not np.array_equal(tensor(tensors, "sequence_starts", batch.sequence_starts.shape), batch.sequence_starts):
        raise Unanswered("expected sequence_starts as in the request, got others")
    digest = metadata.get("token_ids_sha256")
    if digest is not None and digest != batch.digest():
        raise Unanswered(f"expected numbers for the token ids that were sent, got those of other ids ({digest})")
    return got


def weights(values: Floats, scored: Bools, weighting: str, epsilon: float) -> None:
    """0 where not scored; elsewhere what the weighting can give."""
    low, high = np.float32(1 - epsilon), np.float32(1 + epsilon)
    allowed = {
        "ntp": values == 1,
        "rho1": (values == 0) | (values == 1),
    }.get(weighting, (values >= low) & (values <= high))
    sound = np.where(scored, allowed, values == 0)
    if not sound.all():
        at = int(np.argmin(sound))
        expected = f"a weight that {weighting} with epsilon {epsilon} can give" if scored[at] else "0 at an unscored position"
        raise Unanswered(f"weights at flat position {at}: expected {expected}, got {values[at]}")
