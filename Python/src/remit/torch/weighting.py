"""How much each token's loss counts. The same weightings and options as remit-server and remit-trainer have.

Shapes: all arguments of one call have one shape, [T] or [B, T]. A row is a sequence unless `sequences` says otherwise.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal, cast, get_args

import torch

from remit.torch.parallel import Parallel, gathered, largest, summed

Name = Literal["remit", "remit-static", "ntp", "rho1", "own"]
Centering = Literal["sequence", "document"]
Normalizer = Literal["tokens", "weights"]
Unscored = Literal["neutral", "drop"]


@dataclass(frozen=True)
class WeighedTokens:
    """What a rule of one's own weighs: all tensors of the shape of the labels."""

    #: Natural log-probs of the labels under the student at this step; anything where not scored.
    student: torch.Tensor
    #: Under the teacher, NaN where there is none; None in a run without one.
    teacher: torch.Tensor | None
    #: Entropy of the teacher's distribution that predicts each label, in nats; None where the loss was given none.
    teacher_entropy: torch.Tensor | None
    #: Positions that are weighed.
    scored: torch.Tensor
    #: Number of each position's document, and of its sequence (None: a row is one).
    documents: torch.Tensor | None
    sequences: torch.Tensor | None


Rule = Callable[[WeighedTokens], torch.Tensor]


@dataclass(frozen=True)
class Weighting:
    """A weighting and its options. Raises ValueError for what there is not."""

    #: remit; remit-static, against the frozen base; ntp, plain next-token prediction; rho1, the tokens with the largest excess; own, `rule`.
    name: Name = "remit"
    #: Half the width of the clip, 0 to 1. 0 makes every weight 1: the stock trainer's loss and gradient, bit for bit.
    epsilon: float = 0.2
    #: Scope of the mean difference: a sequence, or each of its documents.
    centering: Centering = "sequence"
    #: Share of a sequence's scored positions that rho1 keeps, above 0, at most 1.
    keep_fraction: float = 0.6
    #: Divisor of the loss: the positions that count (rho1: those kept), or the sum of the weights.
    normalizer: Normalizer = "tokens"
    #: Positions that have a label and no teacher log-prob: `neutral`, weight 1 and counted in N, as the stock trainer has them; `drop`,
    #: as if they had no label.
    unscored: Unscored = "neutral"
    #: A weighting of one's own: from log-probs to weights, 0 or more; what stands where nothing is scored is not read. With context
    #: parallelism it sees the positions of this rank.
    rule: Rule | None = None

    def __post_init__(self) -> None:
        choices = {"name": Name, "centering": Centering, "normalizer": Normalizer, "unscored": Unscored}
        for field, type in choices.items():
            if getattr(self, field) not in get_args(type):
                raise ValueError(f"{field}: expected one of {', '.join(get_args(type))}, got {getattr(self, field)!r}")
        if (self.name == "own") != (self.rule is not None):
            raise ValueError(f"rule: the weighting own, and no other, has one; got {self.name!r} with {self.rule!r}")
        if not 0 <= self.epsilon <= 1:
            raise ValueError(f"epsilon: expected a number from 0 to 1, got {self.epsilon}")
        if not 0 < self.keep_fraction <= 1:
            raise ValueError(f"keep_fraction: expected a number above 0 and up to 1, got {self.keep_fraction}")

    @classmethod
    def of(cls, weighting: Weighting | str) -> Weighting:
        """The weighting of a name, with the usual options; a weighting is itself."""
        return weighting if isinstance(weighting, Weighting) else cls(cast(Name, weighting))

    @property
    def is_plain(self) -> bool:
        """Whether every weight is 1, whatever the log-probs are."""
        return self.name == "ntp" or (self.epsilon == 0 and self.name not in ("rho1", "own"))


@dataclass(frozen=True)
class TokenWeights:
    """Weights of a batch; no gradient flows through them."""

    #: f32; 0 where a position does not count. Shape of the labels.
    weights: torch.Tensor
    #: Positions that count: scored ones, and with `neutral` those without a teacher. Shape of the labels.
    counted: torch.Tensor
    #: What N is increased by: positions that count, of rho1 those kept. Scalar, i64.
    tokens: torch.Tensor
    #: Weights below and above the clip before it. Scalars, i64.
    clipped_low: torch.Tensor
    clipped_high: torch.Tensor


@torch.no_grad()
def token_weights(
    student_logprobs: torch.Tensor | None,
    teacher_logprobs: torch.Tensor | None,
    labelled: torch.Tensor,
    *,
    weighting: Weighting = Weighting(),
    teacher_entropy: torch.Tensor | None = None,
    documents: torch.Tensor | None = None,
    sequences: torch.Tensor | None = None,
    parallel: Parallel = Parallel(),
) -> TokenWeights:
    """Weights of the tokens of a batch, computed in f64 and rounded once.

    Args:
        student_logprobs: natural log-probs of the labels under the student at this step, of remit-static under the frozen base; not
            read where nothing is scored. None for a plain weighting.
        teacher_logprobs: natural log-probs of the labels under the teacher; NaN where there is none. None for a plain weighting.
        labelled: positions that have a label.
        teacher_entropy: for a rule of one's own that reads it: `teacher_entropy` of `Client.logprobs(entropy=True)`.
        documents: number of each position's document, from 0, increasing along a row; needed for `centering` document.
        sequences: number of each position's sequence, from 0, where a row is not one.

    Raises:
        ValueError: log-probs that the weighting reads are missing, above 0 or infinite, or shapes differ.
    """
    _check_shapes(labelled.shape, student_logprobs=student_logprobs, teacher_logprobs=teacher_logprobs, teacher_entropy=teacher_entropy,
                  documents=documents, sequences=sequences)  # fmt: skip
    scored, counted = _counting(labelled, teacher_logprobs, student_logprobs, weighting)
    none = torch.zeros((), dtype=torch.int64, device=labelled.device)
    weights = counted.float()
    if weighting.is_plain:
        return TokenWeights(weights, counted, counted.sum(), none, none)
    if weighting.rule is not None:
        tokens = (student_logprobs, teacher_logprobs, teacher_entropy, scored, documents, sequences)
        own = _own(weighting.rule, *tokens)
        weights = torch.where(scored, own, weights)
        return TokenWeights(weights, counted, counted.sum(), none, none)
    if teacher_logprobs is None or student_logprobs is None:
        missing = "teacher" if teacher_logprobs is None else "base" if weighting.name == "remit-static" else "student"
        raise ValueError(f"weighting {weighting.name} needs the {missing}'s log-probs, got none")
    _check_logprobs("teacher_logprobs", teacher_logprobs, scored)
    if weighting.name == "remit-static":
        _check_logprobs("base_logprobs", student_logprobs, scored)
    flat = scored.flatten().nonzero().squeeze(1)
    teacher, student = (side.flatten()[flat].to(_wide(side)) for side in (teacher_logprobs, student_logprobs))
    by_document = weighting.centering == "document" and weighting.name != "rho1"
    if by_document and documents is None:
        raise ValueError("centering document needs documents: which document each position belongs to")
    group, groups = _groups(labelled, flat, documents if by_document else None, sequences, parallel)
    if weighting.name == "rho1":
        kept = _largest(teacher - student, group, groups, weighting.keep_fraction, parallel)
        weights.view(-1)[flat] = kept.float()
        return TokenWeights(weights, counted, kept.sum() + (counted & ~scored).sum(), none, none)
    raw = 2 * torch.sigmoid(_centred(teacher - student, group, groups, parallel))
    low, high = 1 - weighting.epsilon, 1 + weighting.epsilon
    weights.view(-1)[flat] = raw.clamp(low, high).float()
    return TokenWeights(weights, counted, counted.sum(), (raw < low).sum(), (raw > high).sum())


def count_tokens(
    labels: torch.Tensor,
    teacher_logprobs: torch.Tensor | None = None,
    *,
    weighting: Weighting = Weighting(),
    base_logprobs: torch.Tensor | None = None,
    sequences: torch.Tensor | None = None,
    shift: bool = False,
    ignore_index: int = -100,
    parallel: Parallel = Parallel(),
) -> torch.Tensor:
    """What one batch adds to N, on this rank. Scalar, i64.

    Sum it over the micro-batches of a step and the ranks before the first backward, and give that as `num_items`.

    Args:
        base_logprobs: of the frozen base: with remit-static a position that it lacks is not scored.
    """
    labelled = moved(labels, ignore_index, shift) != ignore_index
    teacher, base = (None if side is None else moved(side, torch.nan, shift) for side in (teacher_logprobs, base_logprobs))
    scored, counted = _counting(labelled, teacher, base, weighting)
    sequences = None if sequences is None else moved(sequences, 0, shift)
    if weighting.name != "rho1":
        return counted.sum()
    flat = scored.flatten().nonzero().squeeze(1)
    group, groups = _groups(labelled, flat, None, sequences, parallel)
    if parallel.context is not None:
        raise ValueError("rho1 ranks over whole sequences: with context parallelism N is known behind the forward only")
    kept = (_counts(group, groups) * weighting.keep_fraction).ceil().long().sum()
    return kept + (counted & ~scored).sum()


def moved(values: torch.Tensor, last: float, shift: bool) -> torch.Tensor:
    """Values at the position that predicts their token, as transformers moves labels; the last position then has `last`. [..., T]"""
    return torch.nn.functional.pad(values, (0, 1), value=last)[..., 1:] if shift else values


# MARK: -


def _counting(
    labelled: torch.Tensor, teacher: torch.Tensor | None, base: torch.Tensor | None, weighting: Weighting
) -> tuple[torch.Tensor, torch.Tensor]:
    """Positions that are scored, and those that count: weights and their divisor go by the same ones. remit-static alone reads `base`."""
    scored = labelled if teacher is None else labelled & ~teacher.isnan()
    if weighting.name == "remit-static" and base is not None:
        scored = scored & ~base.isnan()
    return scored, labelled if weighting.unscored == "neutral" else scored


def _own(
    rule: Rule, student: torch.Tensor | None, teacher: torch.Tensor | None, entropy: torch.Tensor | None, scored: torch.Tensor,
    documents: torch.Tensor | None, sequences: torch.Tensor | None,
) -> torch.Tensor:  # fmt: skip
    """What a rule says, once it is weights."""
    if student is None:
        raise ValueError("weighting own needs the student's log-probs, got none")
    _check_logprobs("student_logprobs", student, scored)
    if teacher is not None:
        _check_logprobs("teacher_logprobs", teacher, scored)
    if entropy is not None and bool((scored & ~((entropy >= 0) & entropy.isfinite())).any()):
        raise ValueError("teacher_entropy: expected finite numbers of 0 or more wherever the teacher has a log-prob")
    weights = rule(WeighedTokens(student, teacher, entropy, scored, documents, sequences))
    _check_shapes(scored.shape, **{"what the rule gave": weights})
    wrong = scored & ~((weights >= 0) & weights.isfinite())
    if bool(wrong.any()):
        raise ValueError(f"what the rule gave: expected finite weights of 0 or more, got {float(weights[wrong][0])}")
    return weights.float()


def _wide(like: torch.Tensor) -> torch.dtype:
    return torch.float32 if like.device.type == "mps" else torch.float64


def _check_shapes(shape: torch.Size, **sides: torch.Tensor | None) -> None:
    for name, side in sides.items():
        if side is not None and side.shape != shape:
            raise ValueError(f"{name}: expected shape {tuple(shape)}, that of the labels, got {tuple(side.shape)}")


def _check_logprobs(name: str, values: torch.Tensor, scored: torch.Tensor) -> None:
    """Waits for the device: a loss posted as a log-prob would weigh every token wrongly, and nobody would see it."""
    wrong = scored & ((values > 0) | values.isinf())
    if bool(wrong.any()):
        raise ValueError(
            f"{name}: expected finite numbers of at most 0, got {float(values[wrong][0])}: log-probs, not losses (their negatives)"
        )


def _groups(
    labelled: torch.Tensor, flat: torch.Tensor, documents: torch.Tensor | None, sequences: torch.Tensor | None, parallel: Parallel
) -> tuple[torch.Tensor, int]:
    """The group of each scored position, and how many groups there are (on all ranks of the context group)."""
    if sequences is not None:
        keys = sequences.flatten()[flat]
    elif labelled.ndim > 1:
        keys = flat // labelled.shape[-1]
    else:
        keys = torch.zeros_like(flat)
    if documents is not None:
        numbers = documents.flatten()[flat]
        keys = keys * (largest(_top(numbers), parallel.context) + 1) + numbers
    return keys, int(largest(_top(keys), parallel.context)) + 1


def _top(values: torch.Tensor) -> torch.Tensor:
    return values.max() if len(values) else torch.zeros((), dtype=values.dtype, device=values.device)


def _counts(group: torch.Tensor, groups: int) -> torch.Tensor:
    ones = torch.ones(len(group), dtype=torch.float64 if group.device.type != "mps" else torch.float32, device=group.device)
    return torch.zeros(groups, dtype=ones.dtype, device=group.device).index_add_(0, group, ones)


def _centred(delta: torch.Tensor, group: torch.Tensor, groups: int, parallel: Parallel) -> torch.Tensor:
    """delta less the mean of its group. [n]"""
    sums = torch.zeros(groups, dtype=delta.dtype, device=delta.device).index_add_(0, group, delta)
    sums, counts = summed(torch.stack([sums, _counts(group, groups)]), parallel.context)
    means: torch.Tensor = sums / counts
    return delta - means[group]


def _largest(
    delta: torch.Tensor, group: torch.Tensor, groups: int, keep_fraction: float, parallel: Parallel
) -> torch.Tensor:
    """Whether each is among the ceil(keep_fraction n) largest of its group of n; of equal ones the earlier. [n]"""
    everywhere, first = gathered(torch.stack([delta, group.to(delta.dtype)], dim=1), parallel.context)
    deltas, keys = everywhere[:, 0], everywhere[:, 1].long()
    order = torch.sort(deltas, descending=True, stable=True).indices
    order = order[torch.sort(keys[order], stable=True).indices]
    counts = _counts(keys, groups)
    starts = counts.cumsum(0) - counts
    places = torch.arange(len(order), device=order.device) - starts[keys[order]]
    kept = torch.zeros(len(order), dtype=torch.bool, device=order.device)
    kept[order] = places < (counts * keep_fraction).ceil()[keys[order]]
    return kept[first : first + len(delta)]
